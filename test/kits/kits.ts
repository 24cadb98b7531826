import { PROVIDER_NAMES, type ProviderName } from '../../src/providers/registry.ts';
import { bland } from './bland.ts';
import type { Kit } from './kit.ts';
import { retell } from './retell.ts';

/** One kit for each provider of the registry: the compiler asks for that of a new one. */
export const KITS: Readonly<Record<ProviderName, Kit>> = { retell, bland };

/** Each provider with its kit, for `test.each`. */
export const EACH_KIT: readonly (readonly [ProviderName, Kit])[] = PROVIDER_NAMES.map((name) => [
  name,
  KITS[name],
]);
