/**
 * What becomes of one batch, and how its provider's answers disagree about it, in our own words; each kit tells it in its
 * provider's. `disagreeing-answers.test.ts` makes such worlds.
 */
import type { ProviderName } from '../../src/providers/registry.ts';
import type { Body, Json } from './mutations.ts';

export const BATCH_ID = 'batch-a';
/** When the provider calls the batch ended. */
export const ENDS_AT = 60_000;

/** Where runs are shown: in the batch itself, or in a list of runs. Where there is only one place, it is the list. */
export type Place = 'embedded' | 'listed';

export interface RunPlan {
  readonly outcome: 'passed' | 'failed' | 'errored';
  /** How long after the batch's end this run's status comes, in the batch's own runs and in the list. */
  readonly lagMs: Readonly<Record<Place, number>>;
  /** How long after its status the results come that go with it. */
  readonly resultsLagMs: number;
  /** How long after the batch's end the run is shown at all. */
  readonly hiddenMs: Readonly<Record<Place, number>>;
  /** What stands in its status before. */
  readonly before: 'word' | 'null' | 'absent';
}

/** What is wrong in the answers, for good or until some time after the end. */
export type Lie = { readonly untilMs: number } & (
  | { readonly kind: 'counter'; readonly counter: number; readonly value: Json }
  | { readonly kind: 'list total'; readonly value: Json }
  | { readonly kind: 'repeats'; readonly value: Json }
  | { readonly kind: 'cancelled'; readonly value: Json }
  | { readonly kind: 'batch status'; readonly word: Json }
  | { readonly kind: 'status'; readonly run: number; readonly where: Place; readonly word: Json }
  | { readonly kind: 'repeated'; readonly run: number; readonly where: Place; readonly word: Json }
  | { readonly kind: 'capitals'; readonly run: number; readonly where: Place }
  /** Neither the batch nor the list shows the run. */
  | { readonly kind: 'missing'; readonly run: number }
  | { readonly kind: 'batch of run'; readonly run: number; readonly where: Place; readonly value: Json }
  | { readonly kind: 'result'; readonly run: number; readonly value: Json }
  /** So many of the run's evaluations are said to be skipped, and the others to have run. */
  | { readonly kind: 'evaluations'; readonly run: number; readonly skipped: number; readonly ran: number }
  /** The batch says that it runs so many test cases more than there are. */
  | { readonly kind: 'plan'; readonly more: number }
  /** The batch, or one of its runs, says that it tested something else. */
  | { readonly kind: 'tested'; readonly run: number | undefined }
  | { readonly kind: 'beside'; readonly field: string; readonly value: Json }
);

export interface World {
  readonly provider: ProviderName;
  readonly runs: readonly RunPlan[];
  /** How many runs the batch embeds, where it does. */
  readonly embeds: number;
  readonly counters: { readonly lagMs: number; readonly before: 'number' | 'null' | 'absent' };
  /** Whether lists say how long they are, where they may do so or not. */
  readonly listsCount: boolean;
  /** When lists of runs fail, and whether that is worth a retry. */
  readonly listFails:
    | { readonly fromMs: number; readonly forMs: number; readonly isRefusal: boolean }
    | undefined;
  readonly latencyMs: number;
  readonly pollIntervalMs: number;
  readonly lies: readonly Lie[];
}

/** All answers of one look, as they arrived. */
export interface Answers {
  readonly batch: Body;
  readonly pages: readonly Json[];
  /** What was answered about runs one by one, in this look and all before it. */
  readonly singles: readonly Body[];
}

/** How a provider tells a world. */
export interface Telling {
  /** What can be wrong in its answers. */
  readonly lies: readonly Lie['kind'][];
  /** Whether the batch shows runs that the list shows as well. Default: they are in one place. */
  readonly showsTwice?: boolean;
  batch(world: World, nowMs: number): Body;
  /** The first page of its runs; absent where the batch has them all. */
  readonly page?: (world: World, nowMs: number) => Json;
  /** A run by itself; absent where no run is asked for by itself. */
  readonly single?: (world: World, nowMs: number, runId: string) => Json;
  /** Whether the answers prove a pass, from the provider's documentation alone; the list of runs as it is in them. */
  isProof(answers: Answers): boolean;
  /** Whether something in them says how many runs there must be: otherwise the list must be the same in two looks. */
  saysHowMany(answers: Answers): boolean;
  /** Ids and statuses of the runs, as one text. */
  list(answers: Answers): string;
  /** Who says in an answer that was read what was tested, and what. Whoever says two things contradicts himself. */
  said(answer: Json): readonly (readonly [speaker: string, words: Json])[];
  /** The same world, told so that a patient reader finds the truth. Default: it is. */
  readonly honest?: (world: World) => World;
}

export const isToldAt = (lie: Lie, nowMs: number): boolean => nowMs < ENDS_AT + lie.untilMs;

/** The lie of this kind that is told at this moment. */
export function lieOf<Kind extends Lie['kind']>(
  { lies }: World,
  kind: Kind,
  nowMs: number,
): Extract<Lie, { kind: Kind }> | undefined {
  return lies.find(
    (each): each is Extract<Lie, { kind: Kind }> => each.kind === kind && isToldAt(each, nowMs),
  );
}

/** What the batch, or a run of it, says that it tested, at a moment. */
export const testedAt = ({ lies }: World, nowMs: number, run: number | undefined): string =>
  lies.some((each) => each.kind === 'tested' && each.run === run && isToldAt(each, nowMs))
    ? 'other'
    : 'asked';

/** How many runs there are, and how many have each outcome. */
export function countsOf({ runs }: World) {
  const count = (outcome: RunPlan['outcome']) => runs.filter((each) => each.outcome === outcome).length;
  return { total: runs.length, passed: count('passed'), failed: count('failed'), errored: count('errored') };
}

/** The counters at a moment, in the order of `names`. The total is known or not, and never another number but by a lie. */
export function countersAt(
  world: World,
  nowMs: number,
  { names, right }: { names: readonly string[]; right: readonly number[] },
): Record<string, Json> {
  const isCounted = nowMs >= ENDS_AT + world.counters.lagMs;
  const before = { number: 0, null: null, absent: undefined }[world.counters.before];
  const counters: Record<string, Json> = {};
  for (const [index, name] of names.entries()) {
    const unknown = index === 0 && before === 0 ? right[0] : before;
    counters[name] = isCounted ? right[index] : unknown;
  }
  for (const each of world.lies) {
    const name = each.kind === 'counter' ? names[each.counter] : undefined;
    if (each.kind === 'counter' && name !== undefined && isToldAt(each, nowMs)) counters[name] = each.value;
  }
  return counters;
}

/** How a provider writes a row of its runs. */
export interface Row {
  readonly id: string;
  /** The field that says to which batch a run belongs; absent where none does. */
  readonly ofBatch?: string;
  readonly words: Readonly<Record<RunPlan['outcome'] | 'pending', string>>;
  /** The fields that say what was tested. */
  readonly tested?: (words: string) => Body;
  /** What else stands in the row. */
  readonly more?: (plan: RunPlan, about: { index: number; hasEnded: boolean; endedMs: number }) => Body;
}

/** The runs as the provider shows them in one place at a moment. */
export function rowsAt(world: World, nowMs: number, where: Place, row: Row): Body[] {
  return world.runs.flatMap((plan, index) => {
    const isMissing = world.lies.some(
      (each) => each.kind === 'missing' && each.run === index && isToldAt(each, nowMs),
    );
    if (isMissing || nowMs < ENDS_AT + plan.hiddenMs[where]) return [];
    const endedMs = nowMs - (ENDS_AT + plan.lagMs[where]);
    const hasEnded = endedMs >= 0;
    const unfinished = { word: row.words.pending, null: null, absent: undefined }[plan.before];
    let body: Body = {
      [row.id]: `run-${index}`,
      status: hasEnded ? row.words[plan.outcome] : unfinished,
      ...row.tested?.(testedAt(world, nowMs, index)),
      ...row.more?.(plan, { index, hasEnded, endedMs }),
    };
    const repeated: Body[] = [];
    for (const each of world.lies) {
      if (!('where' in each) || each.run !== index || each.where !== where || !isToldAt(each, nowMs))
        continue;
      if (each.kind === 'status') body = { ...body, status: each.word };
      if (each.kind === 'repeated') repeated.push({ ...body, status: each.word });
      if (each.kind === 'capitals') body = { ...body, [row.id]: `RUN-${index}` };
      if (each.kind === 'batch of run' && row.ofBatch !== undefined) {
        body = { ...body, [row.ofBatch]: each.value };
      }
    }
    return [body, ...repeated];
  });
}

/** The same runs in another order, with as many answers, are the same list. */
export const listText = (rows: readonly Body[], id: string): string =>
  rows
    .map((row) => JSON.stringify([row[id], row['status']]))
    .toSorted()
    .join();
