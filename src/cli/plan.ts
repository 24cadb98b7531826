import { countFinishedRuns, formatRunCount } from '../domain/batch.ts';
import { firstRoundRunsPerCase, maxRunsPerCase, ruleOf } from '../domain/pass-rule.ts';
import { attachQuarantine, decideQuarantine, quarantineNotes } from '../domain/quarantine.ts';
import { type Refused, refusalIn, refused } from '../domain/result.ts';
import { formatCaseCount } from '../domain/test-case.ts';
import { maxRunsOfStep } from '../execution/planning.ts';
import { type Prepared, prepare } from '../execution/prepare.ts';
import { describeReuse, findReusableBatch, type ReuseResult } from '../execution/reuse.ts';
import type { ParsedInputs } from '../inputs/parse-inputs.ts';
import type { Provider } from '../providers/provider.ts';
import type { ProviderName } from '../providers/registry.ts';
import type { Deadline } from '../runtime/clock.ts';
import { KeyRefused, ProviderError } from '../runtime/errors.ts';
import { cleanLine } from '../text/clean.ts';
import type { Options } from './args.ts';
import type { Environment } from './environment.ts';
import { CommandError, EXIT } from './exit.ts';
import { connectProvider, keyHint, readInputsAndConfig } from './gate-inputs.ts';
import { layOut } from './layout.ts';
import { readQuarantineFiles } from './quarantine.ts';
import type { Style } from './style.ts';

/** `plan`: what `run` would do with the same options. Starts nothing. Resolves to the exit code. */
export async function plan(options: Options, environment: Environment): Promise<number> {
  const { clock, signal, liveLine, out } = environment;
  const parsed = await readInputsAndConfig(options, environment, 'plan');
  const { inputs, batchSource } = parsed;
  const provider = connectProvider(parsed, environment);
  const deadline = { until: clock.now() + inputs.timeoutMinutes * 60_000, signal };
  liveLine.set(`asking ${provider.title}`);
  if (batchSource.kind === 'given') {
    return planGiven(batchSource.batchIds, { provider, deadline, inputs }, environment);
  }
  const { starter } = provider;
  const { maxRuns, failOn, reuseHours, maxBatchAgeMinutes } = inputs;
  const prepared = await prepare(batchSource, { starter, rule: ruleOf(inputs), deadline, maxRuns, failOn });
  if (prepared.kind === 'refused') throw refusalError(prepared, inputs.provider);
  const reuse = await findReusableBatch({
    ...{ prepared, provider, clock, deadline, reuseHours, maxBatchAgeMinutes },
  });
  liveLine.stop();
  const quarantine = await quarantineLines(prepared, inputs.quarantine, clock.epoch());
  const blocks = describePlan({ inputs, prepared, reuse, quarantine }, out.style);
  await out.write(layOut(blocks, out.width()));
  return EXIT.passed;
}

/** The end of a plan that the provider or a rule refuses. */
function refusalError(why: Refused, provider: ProviderName): CommandError {
  const refusal = refusalIn(why);
  return new CommandError(
    [why.problem, ...(refusal === 'key' ? [keyHint(provider)] : [])],
    refusal === undefined ? EXIT.notPassed : EXIT.refused,
  );
}

interface Plan {
  readonly inputs: Pick<ParsedInputs['inputs'], 'reruns' | 'repeat' | 'maxRuns' | 'compareWith'>;
  readonly prepared: Prepared;
  /** Batch that `reuse-hours` finds now; absent where it is off. */
  readonly reuse: ReuseResult | undefined;
  /** Lines about the quarantine file. */
  readonly quarantine: readonly string[];
}

/** The plan as blocks of lines: pure. */
function describePlan({ prepared, inputs, reuse, quarantine }: Plan, style: Style): string[][] {
  const { subject, testCases, names, excluded, outOf, warnings } = prepared;
  const named = (id: string, name: string) =>
    name === id ? `  ${clean(id)}` : `  ${clean(name)} ${style('dim', clean(id))}`;
  const notes = [subject.note ?? '', ...warnings].filter((note) => note !== '');
  const count = formatCaseCount(testCases.length);
  return [
    [`${style('bold', 'Tests')} ${clean(subject.title)}`, ...notes.map((note) => `  ${clean(note)}`)],
    [
      `${style('bold', count)}${outOf === testCases.length ? '' : ` of ${outOf}`}`,
      ...testCases.map((id) => named(id, names.get(id) ?? id)),
    ],
    excluded.length === 0
      ? []
      : [
          `${style('bold', `${excluded.length} excluded`)} by a line with "!"`,
          ...excluded.map(({ id, name }) => named(id, name)),
        ],
    [
      `${style('bold', 'Starts')} ${describeRunCount(testCases.length, inputs, reuse)}. Nothing is started now.`,
    ],
    reuse === undefined ? [] : [clean(describeReuse(reuse))],
    [...quarantine],
  ];
}

/** "8 runs at least, 40 at most" */
function describeRunCount(testCases: number, inputs: Plan['inputs'], reuse: Plan['reuse']): string {
  const rule = ruleOf(inputs);
  const firstRound = testCases * firstRoundRunsPerCase(rule);
  const reusedRuns = reuse?.kind === 'found' ? firstRound : 0;
  const compares = inputs.compareWith !== undefined;
  const most = maxRunsOfStep(testCases, { rule, compares }) - reusedRuns;
  const { maxRuns = most } = inputs;
  const limit = maxRuns < most ? ` (max-runs; the rule could need ${most})` : '';
  const compared = compares ? ', comparison included' : '';
  return `${formatRunCount(firstRound - reusedRuns)} at least, ${Math.min(most, maxRuns)} at most${limit}${compared}`;
}

const clean = (text: string): string => cleanLine(text, 300);

/** Lines about the effect of the quarantine file on the selected test cases. */
async function quarantineLines(
  { testCases, names }: Prepared,
  path: string | undefined,
  now: number,
): Promise<string[]> {
  if (path === undefined) return [];
  const files = await readQuarantineFiles(path, now);
  const cases = testCases.map((id) => ({ testCase: { id } }));
  const decision = decideQuarantine(files, cases, now);
  const entries = attachQuarantine(cases, decision).flatMap(({ testCase, quarantine }) => {
    if (quarantine === undefined) return [];
    const { until, owner } = quarantine.entry;
    const name = clean(names.get(testCase.id) ?? testCase.id);
    return quarantine.state === 'in-force'
      ? [`Quarantined to ${until}, ${clean(owner)}: ${name}`]
      : [`The quarantine has expired (${until}, ${clean(owner)}): ${name}`];
  });
  return [...entries, ...quarantineNotes(decision).map(clean)];
}

/** Plan for batches that something else started: those that `run` would judge. */
async function planGiven(
  batchIds: readonly string[],
  { provider, deadline, inputs }: { provider: Provider; deadline: Deadline; inputs: ParsedInputs['inputs'] },
  environment: Environment,
): Promise<number> {
  const rule = ruleOf(inputs);
  const lines: string[] = [];
  try {
    for (const id of batchIds) {
      const batch = await provider.fetchBatch(id, deadline);
      const { finished, total } = countFinishedRuns(batch);
      const state = batch.settled ? 'has ended' : `${finished} of ${total} runs have ended`;
      const tested = batch.subject === undefined ? '' : `, tests ${batch.subject}`;
      lines.push(`Batch ${id}: ${formatRunCount(total)}, ${state}${tested}.`);
    }
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const cause = error instanceof KeyRefused ? 'key' : 'provider';
    throw refusalError({ ...refused(error.message), cause }, inputs.provider);
  }
  environment.liveLine.stop();
  for (const line of lines) environment.out.line(line);
  const more = maxRunsPerCase(rule) - 1;
  environment.out.line(
    more === 0
      ? 'Judges these batches and starts nothing.'
      : `Judges these batches, and starts at most ${more} more ${more === 1 ? 'run' : 'runs'} of each test case. Nothing is started now.`,
  );
  return EXIT.passed;
}
