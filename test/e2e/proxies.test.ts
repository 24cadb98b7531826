import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createProxy } from 'proxy';
import { describe, expect, test } from 'vitest';
import { startRetell } from '../emulators/retell.ts';
import { KITS } from '../kits/kits.ts';
import { endingOf, gateOn, green, red, startEventGitHub } from './bad-day.ts';
import { type Certificate, makeCertificate } from './certificates.ts';
import { forwardTo } from './forwarding.ts';
import { prepareStep, runStep } from './runner.ts';

interface Proxy extends AsyncDisposable {
  readonly host: string;
  /** `http://HOST`. */
  readonly url: string;
  /** The host and port of each tunnel or request, in order. */
  readonly targets: readonly string[];
  /** The credentials of each, decoded; empty where there were none. */
  readonly credentials: readonly string[];
  /** Everything that came in readable form: request lines and headers. */
  readonly heard: readonly string[];
}

/** A real proxy on loopback that takes notes. With `password` it lets nobody else in. */
async function startProxy({
  password,
  tunnels = true,
}: {
  password?: string;
  tunnels?: boolean;
} = {}): Promise<Proxy> {
  const targets: string[] = [];
  const credentials: string[] = [];
  const heard: string[] = [];
  const note = (request: IncomingMessage): void => {
    const { method, url = '', headers, rawHeaders } = request;
    targets.push(method === 'CONNECT' ? url : new URL(url).host);
    const encoded = headers['proxy-authorization']?.replace(/^Basic /, '') ?? '';
    credentials.push(Buffer.from(encoded, 'base64').toString());
    heard.push(`${method} ${url}`, ...rawHeaders);
  };
  const server = createServer().on('request', note).on('connect', note);
  const proxy = createProxy(server);
  if (password !== undefined) proxy.authenticate = () => credentials.at(-1) === password;
  if (!tunnels) {
    server.removeAllListeners('connect');
    server.on('connect', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
  }
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    url: `http://${host}`,
    targets,
    credentials,
    heard,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const hostOf = (url: string): string => new URL(url).host;
/** A port is used again: what a process of another test still sends to its GitHub there is not about our batch. */
const askedForBatch = ({ requests }: { requests: readonly { path: string }[] }) =>
  requests.filter(({ path }) => path.includes('b1'));

const batches = [{ id: 'b1', runs: [{}] }];

/** A step behind TLS: its certificate is trusted. */
function trusting(certificate: Certificate, options: Parameters<typeof prepareStep>[0]) {
  const step = prepareStep({ ...options, env: { ...options.env, NODE_EXTRA_CA_CERTS: 'ca.pem' } });
  writeFileSync(join(step.workspace, 'ca.pem'), certificate.cert);
  return step;
}

describe.concurrent('the provider', () => {
  test.each([{ provider: 'retell', variable: 'http_proxy' }] as const)(
    '$provider over http through $variable',
    async ({ provider, variable }) => {
      await using emulator = await KITS[provider].start({ batches });
      await using proxy = await startProxy();
      const ended = await runStep({ inputs: gateOn(provider, emulator), env: { [variable]: proxy.url } });
      expect(endingOf(ended)).toEqual(green);
      expect([...new Set(proxy.targets)]).toEqual([hostOf(emulator.url)]);
    },
  );

  test.each([{ provider: 'vapi', variable: 'HTTPS_PROXY' }] as const)(
    '$provider over https through $variable, which cannot read along',
    async ({ provider, variable }) => {
      const certificate = makeCertificate();
      await using emulator = await KITS[provider].start({ batches });
      await using tls = await forwardTo(emulator.url, { certificate });
      await using proxy = await startProxy();
      using step = trusting(certificate, { inputs: gateOn(provider, tls), env: { [variable]: proxy.url } });
      expect(endingOf(await step.main().ended)).toEqual(green);
      expect([...new Set(proxy.targets)]).toEqual([hostOf(tls.url)]);
      expect(proxy.heard.join('\n')).not.toMatch(/test-key|\bb1\b/);
    },
  );

  test.each([
    ['http', 'HTTP_PROXY'],
    ['https', 'HTTPS_PROXY'],
  ])(
    'over %s to a port that the proxy does not tunnel to: red, and says what helps',
    async (scheme, name) => {
      await using retell = await startRetell({ batches });
      await using proxy = await startProxy({ tunnels: false });
      const url = retell.url.replace('http:', `${scheme}:`);
      const ended = await runStep({
        inputs: gateOn('retell', { url }, { 'timeout-minutes': '0.05' }),
        env: { [name]: proxy.url.replace('http://', 'http://gate:s3cret@') },
      });
      expect(endingOf(ended)).toEqual(red('timed-out'));
      expect(ended.outputs['reason']).toMatch(
        /Proxy response \(403\).+The proxy does not let us through: check api-url \(many proxies allow https only\), or name the host in NO_PROXY\.$/,
      );
      expect(ended.log + ended.summary).not.toContain('s3cret');
      expect(askedForBatch(retell)).toEqual([]);
    },
  );

  test('the variable of the other scheme is not for it', async () => {
    await using retell = await startRetell({ batches });
    await using proxy = await startProxy();
    const ended = await runStep({ inputs: gateOn('retell', retell), env: { HTTPS_PROXY: proxy.url } });
    expect(endingOf(ended)).toEqual(green);
    expect(proxy.targets).toEqual([]);
  });

  test.each([
    ['no_proxy', '127.0.0.1'],
    ['NO_PROXY', '*'],
  ])('goes around the proxy with %s=%s', async (name, value) => {
    await using retell = await startRetell({ batches });
    await using proxy = await startProxy();
    const ended = await runStep({
      inputs: gateOn('retell', retell),
      env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, [name]: value },
    });
    expect(endingOf(ended)).toEqual(green);
    expect(proxy.targets).toEqual([]);
  });
});

describe.concurrent('a proxy with a password', () => {
  const password = 'gate:s3cret pass/word';
  const withPassword = (proxy: Proxy, words = password): string => {
    const [user = '', secret = ''] = words.split(':');
    return `http://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@${proxy.host}`;
  };

  test.each(['http', 'https'])('lets %s through, and nobody gets to see it', async (scheme) => {
    const certificate = makeCertificate();
    await using retell = await startRetell({ batches });
    await using tls = await forwardTo(retell.url, { certificate });
    await using proxy = await startProxy({ password });
    const url = withPassword(proxy);
    using step = trusting(certificate, {
      inputs: gateOn('retell', scheme === 'https' ? tls : retell),
      env: { HTTP_PROXY: url, HTTPS_PROXY: url, RUNNER_DEBUG: '1' },
    });
    const ended = await step.main().ended;
    expect(endingOf(ended)).toEqual(green);
    expect([...new Set(proxy.credentials)]).toEqual([password]);
    expect(ended.log + ended.summary).not.toMatch(/s3cret/);
    expect(retell.requests.flatMap(({ headers }) => Object.keys(headers))).not.toContain(
      'proxy-authorization',
    );
  });

  test.each(['http', 'https'])(
    'that is wrong, for %s: red, and the log says that the proxy refuses',
    async (scheme) => {
      await using retell = await startRetell({ batches });
      await using proxy = await startProxy({ password });
      const url = withPassword(proxy, 'gate:wr0ng');
      const ended = await runStep({
        inputs: gateOn(
          'retell',
          { url: retell.url.replace('http:', `${scheme}:`) },
          { 'timeout-minutes': '0.05' },
        ),
        env: { HTTP_PROXY: url, HTTPS_PROXY: url, RUNNER_DEBUG: '1' },
      });
      expect(ended.exitCode).toBe(1);
      expect(ended.outputs['reason']).toMatch(/proxy/i);
      expect(ended.outputs['reason']).toMatch(/407/);
      expect(ended.log + ended.summary).not.toMatch(/wr0ng/);
      expect(askedForBatch(retell)).toEqual([]);
    },
  );
});

describe.concurrent('a proxy variable', () => {
  test.each([
    ['HTTPS_PROXY', 'http://'],
    ['http_proxy', 'ftp://gate:s3cret@proxy.example.com'],
  ])('that is no address, %s=%s: red, named, and without the password', async (name, value) => {
    await using retell = await startRetell({ batches });
    const url = retell.url.replace('http:', /https/i.test(name) ? 'https:' : 'http:');
    const ended = await runStep({ inputs: gateOn('retell', { url }), env: { [name]: value } });
    expect(endingOf(ended)).toEqual(red('inconclusive'));
    expect(ended.outputs['reason']).toContain(name);
    expect(ended.outputs['reason']).not.toContain('The action itself failed');
    expect(ended.log + ended.summary).not.toContain('s3cret');
    expect(askedForBatch(retell)).toEqual([]);
  });
});

describe.concurrent('GitHub', () => {
  test('through HTTP_PROXY, with the provider', async () => {
    await using retell = await startRetell({ batches });
    await using github = await startEventGitHub();
    await using proxy = await startProxy();
    using step = prepareStep({
      inputs: gateOn('retell', retell, { comment: 'always' }),
      env: { GITHUB_API_URL: github.url, HTTP_PROXY: proxy.url },
    });
    expect(endingOf(await step.main().ended)).toEqual(green);
    expect(github.comments(7).length).toBe(1);
    expect(new Set(proxy.targets)).toEqual(new Set([hostOf(retell.url), hostOf(github.url)]));

    const before = proxy.targets.length;
    expect((await step.post().ended).exitCode).toBe(0);
    expect(new Set(proxy.targets.slice(before))).toEqual(new Set([hostOf(github.url)]));
  });

  test('over https without a proxy of its own: not through that of http', async () => {
    const certificate = makeCertificate();
    await using retell = await startRetell({ batches });
    await using github = await startEventGitHub();
    await using tls = await forwardTo(github.url, { certificate });
    await using proxy = await startProxy();
    using step = trusting(certificate, {
      inputs: gateOn('retell', retell, { comment: 'always' }),
      env: { GITHUB_API_URL: tls.url, HTTP_PROXY: proxy.url },
    });
    expect(endingOf(await step.main().ended)).toEqual(green);
    expect(github.comments(7).length).toBe(1);
    expect([...new Set(proxy.targets)]).toEqual([hostOf(retell.url)]);
  });

  test('around the proxy, while the provider goes through it', async () => {
    await using retell = await startRetell({ batches });
    await using github = await startEventGitHub();
    await using proxy = await startProxy();
    const ended = await runStep({
      inputs: gateOn('retell', retell, { comment: 'always' }),
      env: {
        GITHUB_API_URL: github.url.replace('127.0.0.1', 'localhost'),
        HTTP_PROXY: proxy.url,
        NO_PROXY: 'localhost',
      },
    });
    expect(endingOf(ended)).toEqual(green);
    expect(github.comments(7).length).toBe(1);
    expect([...new Set(proxy.targets)]).toEqual([hostOf(retell.url)]);
  });
});
