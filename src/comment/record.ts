/**
 * The record of a gate as one hidden line: compressed JSON in base64, which cannot end an HTML comment. What is read of
 * it may be anybody's: it is bounded, checked, and at worst no record. Pure.
 */
import { hash } from 'node:crypto';
import * as z from 'zod/mini';
import type { BaseCase, HashedIds } from '../domain/comparison.ts';
import { type GateRecord, MAX_PUSHES, type PushRecord } from '../domain/record.ts';
import { hasPassed } from '../domain/test-case.ts';
import { VERDICTS } from '../domain/verdict.ts';
import { cleanLine, clip } from '../text/clean.ts';
import { PACKED, packJson, unpackJson } from './packed-json.ts';

/** Characters of the encoded record. */
export const MAX_RECORD = 8_000;
/** Bytes after decompression: more than any record of ours, and little enough to be harmless. */
const MAX_BYTES = 256 * 1024;
const MAX_NAME = 120;
const MAX_ID = 300;
const MAX_VERSION = 200;
/** Bytes that stand for the id of a test case where there is no room for it: one in 16 million is mistaken. */
const HASH_BYTES = 3;
const VERSION = 1;

const OUTCOMES = ['passed', 'flaky', 'failed', 'errored'] as const;

const count = z.int().check(z.nonnegative(), z.maximum(1_000_000));
/** Seconds since the epoch. */
const second = z.int().check(z.nonnegative(), z.maximum(2 ** 32));
const text = (max: number) => z.string().check(z.maxLength(max));
const caseId = text(MAX_ID).check(z.minLength(1));
const isRate = (passes: number, runs: number): boolean => passes <= runs;
const outcome = z.int().check(z.nonnegative(), z.maximum(OUTCOMES.length - 1));

/** Short names, since each character counts. */
const payload = z.strictObject({
  v: z.literal(VERSION),
  target: z.optional(text(MAX_ID)),
  /** Earlier versions of this action wrote it; nothing reads it. */
  version: z.optional(text(MAX_VERSION)),
  branch: z.optional(text(MAX_ID)),
  /** First runs: passes, total. */
  first: z.tuple([count, count]).check(z.refine(([passes, total]) => isRate(passes, total))),
  /** Id, outcome, passes, runs, name: empty where there was no room. */
  cases: z
    .array(
      z
        .tuple([caseId, outcome, count, count, text(2 * MAX_NAME)])
        .check(z.refine(([, , passes, runs]) => isRate(passes, runs))),
    )
    .check(z.maxLength(20_000)),
  /** Revisions of `cases` in the same order, in seconds since the epoch; `null` where none is known. */
  revisions: z.optional(z.array(z.nullable(second)).check(z.maxLength(20_000))),
  /** Hashes of the ids of other test cases that passed. */
  others: z.optional(text(MAX_RECORD).check(z.regex(PACKED))),
  partial: z.optional(z.literal(true)),
  /** Commit, attempt, verdict, bad, total, and the bad test cases: the place in `cases`, or the id. */
  pushes: z
    .array(
      z.tuple([
        text(64),
        count,
        z.int().check(z.nonnegative(), z.maximum(VERDICTS.length - 1)),
        count,
        count,
        z.nullable(z.array(z.union([count, caseId])).check(z.maxLength(20_000))),
      ]),
    )
    .check(z.maxLength(MAX_PUSHES)),
});

type Payload = z.infer<typeof payload>;

/** Detail in which a record is written. */
interface RecordDetail {
  /** The last pushes, and for how many of them it is said which test cases were bad. */
  readonly pushes: number;
  readonly detailedPushes: number;
  /** Code points of the names of test cases that passed, and of the bad ones. */
  readonly names: { readonly passed: number; readonly bad: number };
  /** Test cases that passed are written in full, as a hash of the id, or not at all. */
  readonly passed: 'full' | 'hashes' | 'none';
  /** Most of so many other test cases. */
  readonly maxBad: number;
  readonly revisions: boolean;
}

const FULL: RecordDetail = {
  pushes: MAX_PUSHES,
  detailedPushes: MAX_PUSHES,
  names: { passed: MAX_NAME, bad: MAX_NAME },
  passed: 'full',
  maxBad: Number.POSITIVE_INFINITY,
  revisions: true,
};
/** Details that are left out where there is not enough room, the least important first. */
const SHRINK_STEPS: readonly Partial<RecordDetail>[] = [
  {},
  { detailedPushes: 10 },
  { detailedPushes: 5 },
  { names: { passed: 60, bad: 60 } },
  { names: { passed: 0, bad: 60 } },
  { detailedPushes: 2 },
  { revisions: false },
  { names: { passed: 0, bad: 0 } },
  { passed: 'hashes' },
  { detailedPushes: 0, pushes: 10 },
  { passed: 'none' },
  { pushes: 5 },
  { maxBad: 100 },
  { maxBad: 10 },
  { maxBad: 0, pushes: 2 },
];

/** The record in at most `max` characters, with less in it if need be; `undefined` if not even the least fits. */
export function encodeRecord(record: GateRecord, max = MAX_RECORD): string | undefined {
  let detail = FULL;
  for (const step of SHRINK_STEPS) {
    detail = { ...detail, ...step };
    const encoded = packJson(payloadOf(record, detail), { maxBytes: MAX_BYTES });
    if (encoded !== undefined && encoded.length <= Math.min(max, MAX_RECORD)) return encoded;
  }
  return undefined;
}

/** The same record in at most `max` characters; `undefined` if it is none, or does not fit. */
export function fitRecord(encoded: string, max: number): string | undefined {
  if (encoded.length <= max) return encoded;
  const record = decodeRecord(encoded);
  return record && encodeRecord(record, max);
}

function payloadOf(record: GateRecord, detail: RecordDetail): Payload {
  const { target, branch, firstRuns } = record;
  const known = [...record.cases].filter(([id]) => id !== '' && id.length <= MAX_ID);
  const passed = known.filter(([, testCase]) => hasPassed(testCase));
  const bad = known.filter(([, testCase]) => !hasPassed(testCase));
  const kept = [...bad.slice(0, detail.maxBad), ...(detail.passed === 'full' ? passed : [])];
  const places = new Map(kept.map(([id], place) => [id, place]));
  const isWhole = bad.length <= detail.maxBad && (detail.passed !== 'none' || passed.length === 0);
  const leavesOutHashes = detail.passed === 'none' && record.passedHashes !== undefined;
  const isPartial = !isWhole || leavesOutHashes || record.isPartial === true;
  return {
    v: VERSION,
    target: target === undefined ? undefined : clip(target, MAX_ID),
    branch: branch === undefined ? undefined : clip(branch, MAX_ID),
    first: [firstRuns.passes, firstRuns.total],
    cases: kept.map(([id, { name, outcome: became, passes, runs }]) => [
      id,
      Math.max(0, OUTCOMES.indexOf(became as (typeof OUTCOMES)[number])),
      passes,
      runs,
      nameWithin(
        name === id ? '' : name,
        hasPassed({ outcome: became }) ? detail.names.passed : detail.names.bad,
      ),
    ]),
    revisions: detail.revisions ? revisionsIn(kept.map(([, { revision }]) => revision)) : undefined,
    others: hashesOf(record, passed, detail),
    partial: isPartial ? true : undefined,
    pushes: pushesOf(record.pushes, detail, places),
  };
}

function revisionsIn(revisions: readonly (number | undefined)[]): Payload['revisions'] {
  if (revisions.every((revision) => revision === undefined)) return undefined;
  return revisions.map((revision) => {
    const seconds = second.safeParse(Math.floor((revision ?? Number.NaN) / 1_000));
    return seconds.success ? seconds.data : null;
  });
}

const nameWithin = (name: string, max: number): string => (max === 0 ? '' : cleanLine(name, max));

function pushesOf(
  pushes: readonly PushRecord[],
  { detailedPushes, pushes: max }: RecordDetail,
  places: ReadonlyMap<string, number>,
): Payload['pushes'] {
  const kept = pushes.slice(-max);
  return kept.map(({ commit, attempt, verdict, failureCount, total, failedCaseIds }, index) => [
    commit.slice(0, 64),
    attempt,
    Math.max(0, (VERDICTS as readonly string[]).indexOf(verdict)),
    failureCount,
    total,
    failedCaseIds === undefined || index < kept.length - detailedPushes
      ? null
      : failedCaseIds.filter((id) => id !== '' && id.length <= MAX_ID).map((id) => places.get(id) ?? id),
  ]);
}

/** The record that was encoded; `undefined` for anything else. Never throws. */
export function decodeRecord(encoded: string): GateRecord | undefined {
  if (encoded.length > MAX_RECORD) return undefined;
  const read = payload.safeParse(unpackJson(encoded, { maxBytes: MAX_BYTES })).data;
  if (read === undefined) return undefined;
  const cases = new Map<string, BaseCase>();
  for (const [index, [id, became, passes, runs, name]] of read.cases.entries()) {
    if (cases.has(id)) return undefined;
    const seconds = read.revisions?.[index] ?? undefined;
    const revision = seconds === undefined ? undefined : seconds * 1_000;
    cases.set(id, { name: name || id, outcome: OUTCOMES[became] ?? 'failed', passes, runs, revision });
  }
  const [passes, total] = read.first;
  return {
    ...{ target: read.target, branch: read.branch, cases },
    passedHashes: read.others === undefined ? undefined : readHashes(read.others),
    isPartial: read.partial,
    firstRuns: { passes, total },
    pushes: read.pushes.map(([commit, attempt, verdict, failureCount, all, places]) => ({
      ...{ commit, attempt, failureCount, total: all },
      verdict: VERDICTS[verdict] ?? 'inconclusive',
      failedCaseIds: places?.flatMap((place) =>
        typeof place === 'number' ? (read.cases[place]?.[0] ?? []) : place,
      ),
    })),
  };
}

/** Test cases that passed and are not written in full, as hashes in base64: those of this record, and those it had as hashes. */
function hashesOf(
  { passedHashes }: GateRecord,
  passed: readonly (readonly [id: string, BaseCase])[],
  detail: RecordDetail,
): string | undefined {
  if (detail.passed === 'none') return undefined;
  const known = Buffer.from(passedHashes?.hashes ?? '', 'base64');
  const added = detail.passed === 'hashes' ? passed.map(([id]) => hashOf(id)) : [];
  return Buffer.concat([known, ...added]).toString('base64') || undefined;
}

/** A plain object, since reports are copied. */
function readHashes(hashes: string): HashedIds {
  const bytes = Buffer.from(hashes, 'base64');
  const count = Math.floor(bytes.length / HASH_BYTES);
  const known = new Set(Array.from({ length: count }, (_, index) => numberAt(bytes, index * HASH_BYTES)));
  return { hashes, has: (id) => known.has(numberAt(hashOf(id), 0)) };
}

const numberAt = (bytes: Buffer, offset: number): number => bytes.readUIntBE(offset, HASH_BYTES);

const hashOf = (id: string): Buffer => hash('sha256', id, 'buffer').subarray(0, HASH_BYTES);
