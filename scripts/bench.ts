/** `npm run bench` measures pass rules, re-runs, speed and size of action and HTML report, prints the figures, and fails if one misses its limit. */
import { benchEarly } from './bench/early.ts';
import type { Measurements } from './bench/figures.ts';
import { benchHtml } from './bench/html.ts';
import { ruleTableText } from './bench/rules.ts';
import { benchScale } from './bench/scale.ts';

const BENCHES: Readonly<Record<string, () => Measurements | Promise<Measurements>>> = {
  'What the pass rules let through and stop, exactly': () => ({ lines: [ruleTableText()], failures: [] }),
  'The built action on a finished batch': benchScale,
  'Time to the verdict with re-runs that start early, at 5 % noise': benchEarly,
  'The HTML report of 10,000 test cases, of which 500 did not pass': benchHtml,
};

const missed: string[] = [];
for (const [title, bench] of Object.entries(BENCHES)) {
  console.log(`${title}\n`);
  const { lines, failures } = await bench();
  console.log(`${lines.join('\n')}\n`);
  missed.push(...failures);
}
console.log(
  missed.length === 0
    ? 'Every figure is reached.'
    : `Missed:\n${missed.map((line) => `- ${line}`).join('\n')}`,
);
process.exitCode = missed.length === 0 ? 0 : 1;
