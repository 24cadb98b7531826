import { once } from 'node:events';
import * as http from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EnvHttpProxyAgent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../src/runtime/errors.ts';
import { useProxies } from '../../src/runtime/proxies.ts';

type Env = Readonly<Record<string, string>>;

/** What Node.js is told, or why nothing is. */
function told(env: Env, ...urls: readonly string[]): unknown {
  let proxies: unknown;
  try {
    useProxies({ ...env }, urls, (given) => {
      proxies = given;
    });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
  return proxies;
}

const RETELL = 'https://api.retellai.com';
const GITHUB = 'http://github.test/api/v3';
const proxies = (http_proxy: string, https_proxy: string, no_proxy = '') => ({
  http_proxy,
  https_proxy,
  no_proxy,
});

test.each<[string, Env, readonly string[], unknown]>([
  ['no variable: nothing', {}, [RETELL], undefined],
  ['empty variables: nothing', { HTTP_PROXY: '', HTTPS_PROXY: '', NO_PROXY: '' }, [RETELL], undefined],
  ['no address: nothing', { HTTPS_PROXY: 'socks5://p:1' }, ['nonsense'], undefined],
  [
    'one variable: that proxy for all',
    { HTTPS_PROXY: 'http://p:1' },
    [RETELL],
    proxies('http://p:1', 'http://p:1'),
  ],
  [
    'both cases of a variable: lower case wins',
    { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:1' },
    [RETELL],
    proxies('http://q:1', 'http://q:1'),
  ],
  ['no scheme: http', { HTTPS_PROXY: 'p:1' }, [RETELL], proxies('http://p:1', 'http://p:1')],
  [
    'one variable for each scheme: both',
    { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://q:1', NO_PROXY: 'x' },
    [RETELL, GITHUB],
    proxies('http://q:1', 'http://p:1', 'x,.x'),
  ],
  [
    'a variable for one of two schemes: the other address is exempt',
    { HTTP_PROXY: 'http://q:1', NO_PROXY: 'x' },
    [RETELL, GITHUB],
    proxies('http://q:1', 'http://q:1', 'x,.x,api.retellai.com:443'),
  ],
  [
    'a wrong variable for a scheme that is not requested: not judged',
    { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'socks5://q:1' },
    [RETELL],
    proxies('http://p:1', 'http://p:1'),
  ],
  [
    'a wrong variable: named',
    { HTTPS_PROXY: 'socks5://p:1' },
    [RETELL],
    'The variable HTTPS_PROXY must be the address of a proxy, like http://proxy.example.com:3128.',
  ],
])('%s', (_, env, urls, expected) => {
  expect(told(env, ...urls)).toEqual(expected);
});

describe('a Node.js that is too old to be told', () => {
  const env = { https_proxy: 'http://p:1', no_proxy: 'x' };

  test('is an error that says what to set', () => {
    expect(() => useProxies(env, [RETELL], undefined)).toThrow(
      'The variable https_proxy names a proxy, and the Node.js of this runner is too old to use it unasked. Set NODE_USE_ENV_PROXY=1 in the env of the job, or update the runner.',
    );
  });

  test('has read the proxies itself with NODE_USE_ENV_PROXY=1, and reads no_proxy again', () => {
    const own = { ...env, NODE_USE_ENV_PROXY: '1' };
    useProxies(own, [RETELL], undefined);
    expect(own.no_proxy).toBe('x,.x');
  });

  test('is no error without a proxy for what is requested', () => {
    expect(() => useProxies({ http_proxy: 'http://p:1' }, [RETELL], undefined)).not.toThrow();
  });
});

describe('NO_PROXY=NAME exempts NAME and all hosts in it', () => {
  /** The hosts that the proxy was asked for. */
  let asked: string[] = [];
  const proxy = createServer().on('connect', ({ url = '' }, socket) => {
    asked.push(url.replace(/:80$/, ''));
    socket.end('HTTP/1.1 502 No\r\n\r\n');
  });
  beforeAll(() => once(proxy.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => void proxy.close());

  /** Requests one page of a host in the way of a Node.js. */
  type Requester = (env: Record<string, string | undefined>, url: string) => Promise<unknown>;
  // Node.js 24.14, the first that can be told of proxies, has this version of undici inside.
  const oldest: Requester = async ({ http_proxy: httpProxy, no_proxy: noProxy }, url) => {
    const agent = new EnvHttpProxyAgent({ httpProxy: httpProxy ?? '', noProxy: noProxy ?? '' });
    try {
      return await request(url, { dispatcher: agent });
    } finally {
      await agent.destroy();
    }
  };
  const own: Requester = async (env, url) => {
    const restore = http.setGlobalProxyFromEnv(env) as () => void;
    try {
      return await fetch(url);
    } finally {
      restore();
    }
  };

  const rules: [noProxy: string, host: string, isExempt: boolean][] = [
    ['internal.invalid', 'internal.invalid', true],
    ['internal.invalid', 'api.voice.internal.invalid', true],
    ['INTERNAL.invalid', 'api.internal.invalid', true],
    ['.internal.invalid', 'api.internal.invalid', true],
    ['*.internal.invalid', 'api.internal.invalid', true],
    ['a.invalid internal.invalid', 'api.internal.invalid', true],
    ['a.invalid,*', 'api.internal.invalid', true],
    ['internal.invalid:80', 'api.internal.invalid', true],
    ['internal.invalid:81', 'api.internal.invalid', false],
    ['internal.invalid', 'notinternal.invalid', false],
    ['voice.internal.invalid', 'internal.invalid', false],
    ['', 'internal.invalid', false],
  ];
  const nodes: [string, Requester][] = [
    ['Node.js 24.14', oldest],
    ['this Node.js', own],
  ];

  describe.each(nodes)('in %s', (_, requester) => {
    test.each(rules)('NO_PROXY=%s, %s: %s', async (noProxy, host, isExempt) => {
      asked = [];
      const url = `http://${host}/`;
      let env: Readonly<Record<string, string | undefined>> = {};
      const given = {
        HTTP_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
        NO_PROXY: noProxy,
      };
      useProxies(given, [url], (handed) => {
        env = handed;
      });
      // Names under .invalid never resolve, and the proxy lets nobody through.
      await expect(requester(env, url)).rejects.toThrow();
      expect(asked).toEqual(isExempt ? [] : [host]);
    });
  });
});
