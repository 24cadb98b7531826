import { createHttpClient, type HttpClient, type HttpOptions } from '../http/json-client.ts';
import { USER_AGENT } from '../runtime/version.ts';
import { bland } from './bland/read.ts';
import { elevenlabs } from './elevenlabs/read.ts';
import type {
  AdapterOptions,
  BatchStarterOptions,
  BrowsableProvider,
  ProviderDescriptor,
} from './provider.ts';
import { retell } from './retell/read.ts';
import { contentsFrom } from './starting.ts';
import { vapi } from './vapi/read.ts';

/** Every provider that the action knows. `docs/provider-template/` has the steps to a new one. */
const registry = { retell, bland, vapi, elevenlabs } satisfies Record<string, ProviderDescriptor>;

/** A value of the input `provider`. */
export type ProviderName = keyof typeof registry;

/** The registry, by name. */
export const PROVIDERS: Readonly<Record<ProviderName, ProviderDescriptor>> = registry;

/** The values of the input `provider`, in the order in which texts list them. */
export const PROVIDER_NAMES = Object.keys(registry) as [ProviderName, ...ProviderName[]];

/** The provider that the input `provider` names; `undefined` where it names none. */
export function providerNamed(input: string | undefined): ProviderName | undefined {
  return PROVIDER_NAMES.find((name) => name === input?.trim());
}

/** The adapter of one provider, ready to ask. `apiUrl` is the provider's public address if it is not given. */
export function createProvider(
  {
    name,
    apiKey,
    apiUrl,
    ...options
  }: AdapterOptions &
    BatchStarterOptions & { name: ProviderName; apiKey: string; apiUrl: string | undefined },
  dependencies: Pick<HttpOptions, 'fetch' | 'clock' | 'random' | 'redact' | 'log' | 'trace'>,
): BrowsableProvider {
  const { url, headers, advice } = PROVIDERS[name];
  const http = createHttpClient({
    ...dependencies,
    baseUrl: apiUrl ?? url,
    headers: { ...headers(apiKey), accept: 'application/json', 'user-agent': USER_AGENT },
    advice,
  });
  return connect(name, http, options);
}

/** The provider, asked through this transport. */
export function connect(
  name: ProviderName,
  http: HttpClient,
  options: BatchStarterOptions & AdapterOptions = {},
): BrowsableProvider {
  const { title, idKey, createAdapter, createBatchStarter, listTargets } = PROVIDERS[name];
  const withoutConversations = createAdapter(http, { showsConversations: false });
  return {
    ...{ title, idKey },
    ...createAdapter(http, options),
    withoutConversations,
    starter: {
      ...{ title, ...createBatchStarter(http, options) },
      readBatchContents: contentsFrom(withoutConversations),
    },
    listTargets: (deadline) => listTargets(http, deadline),
  };
}
