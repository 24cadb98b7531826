import * as z from 'zod/mini';
import { BASELINE, type Base, type BaseCase } from '../../domain/comparison.ts';
import { RUN_STATUSES } from '../../domain/run.ts';
import { CASE_OUTCOMES } from '../../domain/test-case.ts';
import { isConclusive } from '../../domain/verdict.ts';
import { lenient, parseJson } from '../../json.ts';
import { parseTime } from '../../text/format.ts';

/** Of the JSON report (`json-schema.ts`) only what a comparison needs, with one form for all versions of format 2. */
const earlierReport = z.object({
  formatVersion: z.literal(2),
  verdict: lenient(z.string()),
  testCases: z.array(
    z.object({
      id: lenient(z.string()),
      name: z.string(),
      revision: lenient(z.string()),
      outcome: z.enum(CASE_OUTCOMES),
      runs: z.array(z.object({ status: z.enum(RUN_STATUSES) })),
    }),
  ),
  origin: lenient(z.object({ commit: lenient(z.string()) })),
});

/** To the second, as revisions are compared. */
function momentOf(text: string): number | undefined {
  const ms = parseTime(text);
  return ms === undefined ? undefined : Math.floor(ms / 1_000) * 1_000;
}

/** Reads the outcome of each test case from an earlier JSON report; `undefined` if the text is none, or has no test cases. */
export function baselineOf(text: string): Base | undefined {
  const report = earlierReport.safeParse(parseJson(text)).data;
  if (report === undefined) return undefined;
  const cases = new Map<string, BaseCase>();
  let passes = 0;
  let total = 0;
  for (const { id, name, revision, outcome, runs } of report.testCases) {
    // What never ended says nothing of the test case.
    if (outcome === 'unfinished' || outcome === 'cancelled') continue;
    const ended = runs.map(({ status }) => status).filter((status) => status !== 'pending');
    const passed = ended.filter((status) => status === 'passed').length;
    total += 1;
    if (ended[0] === 'passed') passes += 1;
    if (id !== undefined)
      cases.set(id, {
        ...{ name, outcome, passes: passed, runs: ended.length },
        revision: revision === undefined ? undefined : momentOf(revision),
      });
  }
  if (cases.size === 0) return undefined;
  return {
    branch: BASELINE,
    commit: report.origin?.commit,
    cases,
    // A gate that was cut short may not have seen all of them.
    isPartial: isConclusive(report.verdict) ? undefined : true,
    firstRuns: { passes, total },
  };
}
