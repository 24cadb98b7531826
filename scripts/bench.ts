/** `npm run bench` measures pass rules, re-runs, speed and size of action and HTML report, prints the figures, and fails if one misses its limit. */
import { benchEarly, earlyTable } from './bench/early.ts';
import { benchHtml } from './bench/html.ts';
import { ruleTableText } from './bench/rules.ts';
import { benchScale } from './bench/scale.ts';

console.log('What the pass rules let through and stop, exactly\n');
console.log(ruleTableText());

console.log('\nThe built action on a finished batch\n');
const scale = await benchScale();
console.log(scale.lines.join('\n'));

console.log('\nTime to the verdict with re-runs that start early, at 5 % noise\n');
const early = await benchEarly();
console.log(earlyTable(early.rows));

console.log('\nThe HTML report of 10,000 test cases, of which 500 did not pass\n');
const html = await benchHtml();
console.log(html.lines.join('\n'));

const failures = [...early.failures, ...scale.failures, ...html.failures];
console.log(
  failures.length === 0
    ? '\nEvery figure is reached.'
    : `\nMissed:\n${failures.map((line) => `- ${line}`).join('\n')}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
