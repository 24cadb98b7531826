import { InputError } from '../runtime/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Node's own `setGlobalProxyFromEnv`, since Node.js 24.14: makes requests use the proxies that an environment names. */
type SetProxies = (env: Env) => unknown;

/**
 * Makes requests use the proxies of the environment; Node does that only when it is told to. Only a proxy that would be
 * used for one of `urls` is judged: an `InputError` says if it is no address of an http proxy, or if this Node.js cannot
 * use it (then it has no `setProxies`).
 */
export function useProxies(env: Env, urls: readonly string[], setProxies: SetProxies | undefined): void {
  const names = new Set(urls.map((url) => variableFor(url, env)).filter((name) => name !== ''));
  if (names.size === 0) return;
  // Node splits at commas only.
  const proxies: Record<string, string | undefined> = { no_proxy: entriesOf(noProxyOf(env)).join(',') };
  for (const name of names) proxies[name] = addressIn(name, env);
  // With this variable Node.js has done it when it started.
  if (env['NODE_USE_ENV_PROXY'] === '1') return;
  if (setProxies === undefined) {
    throw new InputError(
      `The variable ${[...names].join(' and ')} names a proxy, and the Node.js of this runner is too old to use it unasked. Set NODE_USE_ENV_PROXY=1 in the env of the job, or update the runner.`,
    );
  }
  setProxies(proxies);
}

/** The variable that names the proxy for an address; empty where there is none. In lower case it wins, as for curl. */
function variableFor(address: string, env: Env): string {
  const url = URL.parse(address);
  if (url === null || isExempt(url, noProxyOf(env))) return '';
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  return [name, name.toUpperCase()].find((one) => env[one]) ?? '';
}

const noProxyOf = (env: Env): string => env['no_proxy'] || env['NO_PROXY'] || '';

function addressIn(name: string, env: Env): string {
  const given = env[name] ?? '';
  // Many tools take `host:port` as well.
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(given) ? given : `http://${given}`;
  if (/^https?:$/.test(URL.parse(address)?.protocol ?? '')) return address;
  throw new InputError(
    `The variable ${name} must be the address of a proxy, like http://proxy.example.com:3128.`,
  );
}

/** Whether `NO_PROXY` names the host, as Node reads it: `HOST`, `HOST:PORT`, `.DOMAIN`, `*.DOMAIN`, `*`. */
function isExempt({ protocol, hostname, port }: URL, noProxy: string): boolean {
  const ownPort = Number(port) || (protocol === 'https:' ? 443 : 80);
  return entriesOf(noProxy.toLowerCase()).some((entry) => {
    const [, name = entry, entryPort = ownPort] = /^(.+):(\d+)$/.exec(entry) ?? [];
    if (Number(entryPort) !== ownPort) return false;
    if (name === '*' || name === hostname || name === `.${hostname}`) return true;
    return /^\*?\./.test(name) && hostname.endsWith(name.replace('*', ''));
  });
}

const entriesOf = (noProxy: string): string[] => noProxy.split(/[,\s]+/).filter((entry) => entry !== '');
