import * as http from 'node:http';
import { InputError } from './errors.ts';

type Env = Record<string, string | undefined>;

/** Makes requests use the proxies that an environment names. */
type SetProxies = (env: Readonly<Env>) => unknown;

/** Node's own function for that; absent before Node.js 24.14. */
export const setProxies = http.setGlobalProxyFromEnv as SetProxies | undefined;

/**
 * Makes requests to `urls` use the proxies that the environment names; Node does that only when it is told to. An
 * `InputError` says if one is no address of an http proxy, or if this Node.js cannot use it (then there is no
 * `set`).
 */
export function useProxies(env: Env, urls: readonly string[], set: SetProxies | undefined): void {
  const requested = urls.map((url) => URL.parse(url)).filter((url) => url !== null);
  const proxies = new Map<string, string>();
  /** Node would ask the proxy of the other scheme for these. */
  const direct: string[] = [];
  for (const url of requested) {
    const variable = variableFor(url.protocol, env);
    if (variable === undefined) direct.push(`${url.hostname}:${portOf(url)}`);
    else proxies.set(url.protocol, proxyAddress(variable, env));
  }
  const [anyProxy] = proxies.values();
  if (anyProxy === undefined) return;
  const noProxy = exemptions(env['no_proxy'] || env['NO_PROXY'] || '', direct);
  if (set !== undefined) {
    set({
      http_proxy: proxies.get('http:') ?? anyProxy,
      https_proxy: proxies.get('https:') ?? anyProxy,
      no_proxy: noProxy,
    });
  } else if (env['NODE_USE_ENV_PROXY'] === '1') {
    // Node read the other variables when it started, and reads this one before each request.
    env['no_proxy'] = noProxy;
  } else {
    const names = requested.flatMap(({ protocol }) => variableFor(protocol, env) ?? []);
    throw new InputError(
      `The variable ${[...new Set(names)].join(' and ')} names a proxy, and the Node.js of this runner is too old to use it unasked. Set NODE_USE_ENV_PROXY=1 in the env of the job, or update the runner.`,
    );
  }
}

/** The variable that names the proxy for a scheme; in lower case it wins, as for curl. */
function variableFor(protocol: string, env: Env): string | undefined {
  const name = protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  return [name, name.toUpperCase()].find((variable) => env[variable]);
}

function proxyAddress(variable: string, env: Env): string {
  const given = env[variable] ?? '';
  // Many tools take `host:port` as well.
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(given) ? given : `http://${given}`;
  if (/^https?:$/.test(URL.parse(address)?.protocol ?? '')) return address;
  throw new InputError(
    `The variable ${variable} must be the address of a proxy, like http://proxy.example.com:3128.`,
  );
}

/**
 * `NO_PROXY` with these addresses, in a form in which every Node.js 24 takes a name for that host and all hosts in it, as
 * the runner does: in older ones `NAME` is the host alone, and `.NAME` the hosts in it alone.
 */
function exemptions(noProxy: string, direct: readonly string[]): string {
  const entries = noProxy.split(/[,\s]+/).filter((entry) => entry !== '');
  // Beside others some versions take it for a name.
  if (entries.includes('*')) return '*';
  const names = entries.map((entry) => entry.replace(/^\*?\./, ''));
  return [...names.flatMap((name) => [name, `.${name}`]), ...direct].join(',');
}

const portOf = ({ protocol, port }: URL): string => port || (protocol === 'https:' ? '443' : '80');
