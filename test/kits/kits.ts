import { PROVIDER_NAMES, type ProviderName } from '../../src/providers/registry.ts';
import { bland } from './bland.ts';
import { elevenlabs } from './elevenlabs.ts';
import type { Kit } from './kit.ts';
import { retell } from './retell.ts';
import { vapi } from './vapi.ts';

/** One kit for each provider of the registry: the compiler asks for that of a new one. */
export const KITS: Readonly<Record<ProviderName, Kit>> = { retell, bland, vapi, elevenlabs };

/** Each provider with its kit, for `test.each`. */
export const EACH_KIT: readonly (readonly [ProviderName, Kit])[] = PROVIDER_NAMES.map((name) => [
  name,
  KITS[name],
]);
