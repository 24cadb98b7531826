import { describe, expect, test } from 'vitest';
import { useProxies } from '../../src/action/proxies.ts';
import { InputError } from '../../src/runtime/errors.ts';

type Env = Readonly<Record<string, string>>;

/** What Node.js is told, or why nothing is. */
function told(env: Env, ...urls: readonly string[]): unknown {
  let proxies: unknown;
  try {
    useProxies(env, urls, (given) => {
      proxies = given;
    });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
  return proxies;
}

const RETELL = 'https://api.retellai.com';

test.each<[string, Env, readonly string[], unknown]>([
  ['no variable', {}, [RETELL], undefined],
  ['an address that is none', { HTTPS_PROXY: 'socks5://p:1' }, ['nonsense'], undefined],
  ['one', { HTTPS_PROXY: 'http://p:1' }, [RETELL], { HTTPS_PROXY: 'http://p:1', no_proxy: '' }],
  [
    'lower case wins',
    { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:1' },
    [RETELL],
    { https_proxy: 'http://q:1', no_proxy: '' },
  ],
  ['without a scheme', { HTTPS_PROXY: 'p:1' }, [RETELL], { HTTPS_PROXY: 'http://p:1', no_proxy: '' }],
  [
    'one for each scheme',
    { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://q:1', NO_PROXY: 'x' },
    [RETELL, 'http://github.test/api/v3'],
    { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'http://q:1', no_proxy: 'x' },
  ],
  [
    'one that cannot be used, for another scheme',
    { HTTPS_PROXY: 'http://p:1', HTTP_PROXY: 'socks5://q:1' },
    [RETELL],
    { HTTPS_PROXY: 'http://p:1', no_proxy: '' },
  ],
  [
    'one that cannot be used',
    { HTTPS_PROXY: 'socks5://p:1' },
    [RETELL],
    'The variable HTTPS_PROXY must be the address of a proxy, like http://proxy.example.com:3128.',
  ],
  [
    'one that cannot be used for GitHub',
    { HTTPS_PROXY: 'socks5://p:1', NO_PROXY: 'api.retellai.com' },
    [RETELL, 'https://api.github.com'],
    'The variable HTTPS_PROXY must be the address of a proxy, like http://proxy.example.com:3128.',
  ],
])('%s', (_, env, urls, expected) => {
  expect(told(env, ...urls)).toEqual(expected);
});

describe('a proxy that cannot be used is not judged with', () => {
  test.each([
    'api.retellai.com',
    'API.RetellAI.com',
    'localhost, api.retellai.com',
    'localhost api.retellai.com',
    '.retellai.com',
    '.api.retellai.com',
    '*.retellai.com',
    '*',
    'api.retellai.com:443',
  ])('NO_PROXY=%s', (noProxy) => {
    expect(told({ HTTPS_PROXY: 'socks5://p', NO_PROXY: noProxy }, RETELL)).toBeUndefined();
  });
});

test.each(['retellai.com', 'api.retellai.com:80', '.eu.retellai.com', ''])(
  'but it is with NO_PROXY=%s',
  (noProxy) => {
    expect(told({ HTTPS_PROXY: 'socks5://p', NO_PROXY: noProxy }, RETELL)).toContain('HTTPS_PROXY');
  },
);

describe('where Node.js is too old to be told', () => {
  test('an error says what to set', () => {
    expect(() => useProxies({ https_proxy: 'http://p:1' }, [RETELL], undefined)).toThrow(
      'The variable https_proxy names a proxy, and the Node.js of this runner is too old to use it unasked. Set NODE_USE_ENV_PROXY=1 in the env of the job, or update the runner.',
    );
  });

  test.each<Env>([
    { https_proxy: 'http://p:1', NODE_USE_ENV_PROXY: '1' },
    { https_proxy: 'http://p:1', no_proxy: '*' },
    { http_proxy: 'http://p:1' },
  ])('none with %j', (env) => {
    expect(() => useProxies(env, [RETELL], undefined)).not.toThrow();
  });
});
