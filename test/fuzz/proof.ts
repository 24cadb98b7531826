import type { Scene } from '../kits/kit.ts';
import { KITS } from '../kits/kits.ts';

/** Whether the answers prove that every run of the batch passed, by the provider's own kit. */
export function isProof(scene: Scene): boolean {
  return KITS[scene.provider].isProof(scene);
}
