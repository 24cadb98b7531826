import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createProxy } from 'proxy';
import { describe, expect, test } from 'vitest';
import { startRetell } from '../emulators/retell.ts';
import { startVapi } from '../emulators/vapi.ts';
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
  test('over http through http_proxy', async () => {
    await using retell = await startRetell({ batches });
    await using proxy = await startProxy();
    const ended = await runStep({ inputs: gateOn('retell', retell), env: { http_proxy: proxy.url } });
    expect(endingOf(ended)).toEqual(green);
    expect([...new Set(proxy.targets)]).toEqual([hostOf(retell.url)]);
  });

  test('over https through HTTPS_PROXY, which cannot read along', async () => {
    const certificate = makeCertificate();
    await using vapi = await startVapi({ batches });
    await using tls = await forwardTo(vapi.url, { certificate });
    await using proxy = await startProxy();
    using step = trusting(certificate, { inputs: gateOn('vapi', tls), env: { HTTPS_PROXY: proxy.url } });
    expect(endingOf(await step.main().ended)).toEqual(green);
    expect([...new Set(proxy.targets)]).toEqual([hostOf(tls.url)]);
    expect(proxy.heard.join('\n')).not.toMatch(/test-key|\bb1\b/);
  });

  test('over http to a port that the proxy does not tunnel to: red, and says what helps', async () => {
    await using retell = await startRetell({ batches });
    await using proxy = await startProxy({ tunnels: false });
    const ended = await runStep({
      inputs: gateOn('retell', retell, { 'timeout-minutes': '0.05' }),
      env: { HTTP_PROXY: proxy.url.replace('http://', 'http://gate:s3cret@') },
    });
    expect(endingOf(ended)).toEqual(red('timed-out'));
    expect(ended.outputs['reason']).toMatch(
      /Proxy response \(403\).+The proxy does not let us through: check api-url \(many proxies allow https only\), or name the host in NO_PROXY\.$/,
    );
    expect(ended.log + ended.summary).not.toContain('s3cret');
    expect(askedForBatch(retell)).toEqual([]);
  });

  test('goes around the proxy with NO_PROXY', async () => {
    await using retell = await startRetell({ batches });
    await using proxy = await startProxy();
    const ended = await runStep({
      inputs: gateOn('retell', retell),
      env: { HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: '127.0.0.1' },
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

  test('lets https through, and nobody gets to see it', async () => {
    const certificate = makeCertificate();
    await using retell = await startRetell({ batches });
    await using tls = await forwardTo(retell.url, { certificate });
    await using proxy = await startProxy({ password });
    const url = withPassword(proxy);
    using step = trusting(certificate, {
      inputs: gateOn('retell', tls),
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

  test('that is wrong: red, and the log says that the proxy refuses', async () => {
    await using retell = await startRetell({ batches });
    await using proxy = await startProxy({ password });
    const url = withPassword(proxy, 'gate:wr0ng');
    const ended = await runStep({
      inputs: gateOn('retell', retell, { 'timeout-minutes': '0.05' }),
      env: { HTTP_PROXY: url, HTTPS_PROXY: url, RUNNER_DEBUG: '1' },
    });
    expect(ended.exitCode).toBe(1);
    expect(ended.outputs['reason']).toMatch(/proxy/i);
    expect(ended.outputs['reason']).toMatch(/407/);
    expect(ended.log + ended.summary).not.toMatch(/wr0ng/);
    expect(askedForBatch(retell)).toEqual([]);
  });
});

test.concurrent('a proxy variable that is no address: red, named, and without the password', async () => {
  await using retell = await startRetell({ batches });
  const ended = await runStep({
    inputs: gateOn('retell', retell),
    env: { http_proxy: 'ftp://gate:s3cret@proxy.example.com' },
  });
  expect(endingOf(ended)).toEqual(red('inconclusive'));
  expect(ended.outputs['reason']).toContain('http_proxy');
  expect(ended.outputs['reason']).not.toContain('The action itself failed');
  expect(ended.log + ended.summary).not.toContain('s3cret');
  expect(askedForBatch(retell)).toEqual([]);
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

  test('with a proxy that is none: the post step warns with the sentence alone', async () => {
    await using retell = await startRetell({ batches });
    using step = prepareStep({
      inputs: gateOn('retell', retell, { comment: 'always' }),
      env: { HTTP_PROXY: 'socks5://p:1' },
    });
    expect((await step.main().ended).exitCode).toBe(1);
    expect((await step.post().ended).log).toContain(
      '::warning::The comment could not be brought up to date after the job: The variable HTTP_PROXY must be',
    );
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
