/** What the tests that every provider must pass need of one provider. `kits.ts` lists the kits. */
import { readdirSync } from 'node:fs';
import type { Target, Version } from '../../src/domain/target.ts';
import type { ProviderName } from '../../src/providers/registry.ts';
import type { BatchEmulator, BatchOptions } from '../emulators/playback.ts';
import { readSample } from '../emulators/samples.ts';
import type { Fields } from '../emulators/timeline.ts';
import type { Body, Json } from '../fuzz/mutations.ts';
import type { Telling } from '../fuzz/worlds.ts';

export interface Kit {
  /** Starts the provider's emulator, which has at least two test cases. */
  start(options: BatchOptions): Promise<BatchEmulator>;
  /** Ids of test cases that the emulator has: at least two. */
  readonly testCaseIds: readonly string[];
  /** A target that the emulator has, and a version of it where there are any. */
  readonly wish: { readonly target: string; readonly version?: string };
  /** Fields of a batch of that target that somebody else started; absent where a script alone has them. */
  readonly fieldsOfStranger?: Fields;
  /** An entry of a conversation in which the agent speaks, as the provider writes it. */
  speech(text: string): object;
  /** How many requests it takes to read a finished batch of a few runs that passed. */
  readonly requests: number;
  /** How many looks a pass needs: 2 where nothing says how many runs there must be. Default 1. */
  readonly looksForGreen?: number;
  /** The recorded answers that the action reads, and some that are made of them. At least one proves a pass. */
  readonly scenes: readonly Scene[];
  /** What a request with this path asks for; `beside` is what the batch can do without. */
  partOf(path: readonly string[]): 'batch' | 'page' | 'detail' | 'beside';
  /** What the provider answers when a page after the last one is asked for. */
  afterLast(page: Json): Json;
  /**
   * Whether the answers prove that every run of the batch passed: written a second time, straight from the provider's
   * documentation, and much less patient than the adapter. What this says no to must never be green.
   */
  isProof(scene: Scene): boolean;
  /** Paths (`runs.0.scenario.name`) of fields that are shown and never judged by: whatever is there, a pass stays one. */
  readonly shownOnly: RegExp;
  /** How the provider tells a batch about which its answers disagree. */
  readonly disagreeing: Telling;
  /** What a start asks for, and is answered. */
  readonly starting: StartWorld;
}

/** The right answers to everything that a start asks for. */
export interface StartWorld {
  readonly target: Target;
  readonly version: Version | undefined;
  /** The input `test-cases`: chooses at least two, by everything that can be asked for. */
  readonly testCases: string;
  /** By the beginning of `METHOD path`; the first that fits. */
  readonly answers: Readonly<Record<string, Json>>;
  /** The id of the batch that the right answer names. */
  readonly batchId: string;
  /** Whether what is sent beside the test cases names what is to be tested, and nothing else. */
  isResolved(request: unknown): boolean;
}

/** What a provider answers in one go. */
export interface Scene {
  readonly name: string;
  readonly provider: ProviderName;
  readonly batchId: string;
  /** The batch; then the pages of its runs; then, where runs have one, a run's own page. */
  readonly bodies: readonly Json[];
  /** How many of the bodies are pages of runs. */
  readonly pages: number;
}

/** A recorded body of `test/fixtures/`. */
export const sampleOf = (name: string): Body => readSample<Body>(name);

/** The names of all recordings that begin so, without that beginning. */
export const recorded = (prefix: string): string[] =>
  readdirSync(new URL('../fixtures', import.meta.url))
    .filter((file) => file.startsWith(`${prefix}__`) && file.endsWith('.json'))
    .map((file) => file.slice(prefix.length + 2, -'.json'.length));

/** As many different runs as announced, at least one, each with the one good word. */
export function areAll(
  runs: readonly Json[],
  { count, idField, word }: { count: Json; idField: string; word: string },
): boolean {
  const ids = runs.map((run) => field(run, idField));
  return (
    runs.length > 0 &&
    new Set(ids).size === count &&
    ids.every((id) => typeof id === 'string') &&
    runs.every((run) => field(run, 'status') === word)
  );
}

/** A field of an object; `undefined` where there is none. */
export function field(json: Json, name: string): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  return Object.hasOwn(json, name) ? (json as Record<string, Json>)[name] : undefined;
}

/** A field that is a list; empty where it is none. */
export function listIn(json: Json, name: string): readonly Json[] {
  const list = field(json, name);
  return Array.isArray(list) ? list : [];
}
