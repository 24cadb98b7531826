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
import { connectProvider, readInputsAndConfig } from './gate-inputs.ts';
import { guard, wrap } from './layout.ts';
import { readQuarantineFiles } from './quarantine-source.ts';
import { EXIT, explainKey } from './run.ts';
import type { Style } from './style.ts';

/** `plan`: what `run` would do with the same options. Starts nothing. Resolves to the exit code. */
export async function plan(options: Options, environment: Environment): Promise<number> {
  const { clock, signal, live } = environment;
  const parsed = await readInputsAndConfig(options, environment, 'plan');
  const { inputs, batchSource } = parsed;
  const provider = connectProvider(parsed, environment);
  const deadline = { until: clock.now() + inputs.timeoutMinutes * 60_000, signal };
  live.set(`asking ${provider.title}`);
  if (batchSource.kind === 'given') {
    return planGiven(batchSource.batchIds, { provider, deadline, inputs }, environment);
  }
  const { starter } = provider;
  if (starter === undefined) {
    return refuse(refused('Batches cannot be started at this provider.'), environment, inputs.provider);
  }
  const rule = ruleOf(inputs);
  const prepared = await prepare(batchSource, {
    ...{ starter, rule, deadline },
    maxRuns: inputs.maxRuns,
    failOn: inputs.failOn,
  });
  if (prepared.kind === 'refused') {
    return refuse(prepared, environment, inputs.provider);
  }
  const { reuseHours, maxBatchAgeMinutes } = inputs;
  const reuse = await findReusableBatch({
    ...{ prepared, reuseHours, maxBatchAgeMinutes, provider, starter, clock, deadline },
  });
  live.stop();
  const quarantine = await quarantineLines(prepared, inputs.quarantine, clock.epoch());
  const { out } = environment;
  const text = renderPlan(prepared, {
    inputs,
    reuse,
    quarantine,
    style: out.style,
    width: out.width(),
  });
  await out.write(text);
  return EXIT.passed;
}

function refuse(why: Refused, environment: Environment, provider: ProviderName): number {
  const refusal = refusalIn(why);
  environment.live.stop();
  environment.err.line(why.problem);
  if (refusal === 'key') explainKey(provider, environment);
  return refusal === undefined ? EXIT.notPassed : EXIT.refused;
}

/** The plan as text: pure. */
function renderPlan(
  { subject, testCases, names, excluded, outOf, warnings }: Prepared,
  {
    inputs,
    reuse,
    quarantine,
    style,
    width,
  }: {
    inputs: Pick<ParsedInputs['inputs'], 'reruns' | 'repeat' | 'maxRuns' | 'compareWith'>;
    /** Batch that `reuse-hours` finds now; absent where it is off. */
    reuse?: ReuseResult | undefined;
    quarantine: readonly string[];
    style: Style;
    width: number;
  },
): string {
  const rule = ruleOf(inputs);
  const firstRound = testCases.length * firstRoundRunsPerCase(rule);
  const reusedRuns = reuse?.kind === 'found' ? firstRound : 0;
  const first = firstRound - reusedRuns;
  const compares = inputs.compareWith !== undefined;
  const most = maxRunsOfStep(testCases.length, { rule, compares }) - reusedRuns;
  const compared = compares ? ', comparison included' : '';
  const limit =
    inputs.maxRuns !== undefined && inputs.maxRuns < most ? ` (max-runs; the rule could need ${most})` : '';
  const atMost = Math.min(most, inputs.maxRuns ?? most);
  const named = (id: string, name: string) =>
    name === id ? clean(id) : `${clean(name)} ${style('dim', clean(id))}`;
  const lines = (text: string, indent = 0) => wrap(text, width, indent);
  const blocks = [
    [
      ...lines(`${style('bold', 'Tests')} ${clean(subject.title)}`),
      ...[subject.note ?? '', ...warnings]
        .filter((note) => note !== '')
        .flatMap((note) => lines(clean(note), 2)),
    ],
    [
      ...lines(
        `${style('bold', formatCaseCount(testCases.length))}${outOf === testCases.length ? '' : ` of ${outOf}`}`,
      ),
      ...testCases.flatMap((id) => lines(named(id, names.get(id) ?? id), 2)),
    ],
    excluded.length === 0
      ? []
      : [
          ...lines(`${style('bold', `${excluded.length} excluded`)} by a line with "!"`),
          ...excluded.flatMap(({ id, name }) => lines(named(id, name), 2)),
        ],
    lines(
      `${style('bold', 'Starts')} ${formatRunCount(first)} at least, ${atMost} at most${limit}${compared}. Nothing is started now.`,
    ),
    reuse === undefined ? [] : lines(clean(describeReuse(reuse))),
    quarantine.flatMap((text) => lines(text)),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.map(guard).join('\n'))
    .join('\n\n')}\n`;
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
    return refuse({ ...refused(error.message), cause }, environment, inputs.provider);
  }
  environment.live.stop();
  for (const line of lines) environment.out.line(line);
  const more = maxRunsPerCase(rule) - 1;
  environment.out.line(
    more === 0
      ? 'Judges these batches and starts nothing.'
      : `Judges these batches, and starts at most ${more} more ${more === 1 ? 'run' : 'runs'} of each test case. Nothing is started now.`,
  );
  return EXIT.passed;
}
