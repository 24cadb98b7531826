import { createHttp, type HttpOptions } from '../http/json-client.ts';
import { BLAND_URL, blandAdvice, blandHeaders, createBland } from './bland.ts';
import type { Provider, ProviderName } from './provider.ts';
import { createRetell, RETELL_URL, retellAdvice, retellHeaders } from './retell.ts';

interface Vendor {
  readonly title: string;
  /** Where the API is, unless `api-url` says otherwise. */
  readonly url: string;
  readonly headers: (apiKey: string) => Record<string, string>;
  readonly advice: (status: number) => string;
  readonly create: (http: ReturnType<typeof createHttp>) => Provider;
}

/** Every provider that the action knows. A new one is one file and one line here. */
export const VENDORS: Record<ProviderName, Vendor> = {
  retell: {
    title: 'Retell',
    url: RETELL_URL,
    headers: retellHeaders,
    advice: retellAdvice,
    create: createRetell,
  },
  bland: { title: 'Bland', url: BLAND_URL, headers: blandHeaders, advice: blandAdvice, create: createBland },
};

/** The adapter of one provider, ready to ask. `apiUrl` is the provider's public address if it is not given. */
export function createProvider(
  {
    name,
    apiKey,
    apiUrl,
    userAgent,
  }: { name: ProviderName; apiKey: string; apiUrl: string | undefined; userAgent: string },
  edges: Pick<HttpOptions, 'fetch' | 'clock' | 'random' | 'redact' | 'log' | 'trace' | 'timing'>,
): Provider {
  const vendor = VENDORS[name];
  const http = createHttp({
    ...edges,
    baseUrl: apiUrl ?? vendor.url,
    headers: { ...vendor.headers(apiKey), accept: 'application/json', 'user-agent': userAgent },
    advice: vendor.advice,
  });
  return vendor.create(http);
}
