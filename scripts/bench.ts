/** `npm run bench` measures schedule, pass rules, speed and size of action and HTML report, prints the figures, and fails if one misses its limit. */
import { benchEarly, earlyTable } from './bench/early.ts';
import { benchHtml } from './bench/html.ts';
import { ruleTableText } from './bench/rules.ts';
import { benchScale } from './bench/scale.ts';
import { benchSchedule, scheduleTable } from './bench/schedule.ts';

const schedule = benchSchedule();
console.log(
  'When to look again: requests per batch, their share of a fixed 5 s on batches over 5 minutes, delay\n',
);
console.log(scheduleTable(schedule.rows));

console.log('\nWhat the pass rules let through and stop, exactly\n');
console.log(ruleTableText());

console.log('\nThe built action on a finished batch, beside a shell script with curl and jq\n');
const scale = await benchScale();
console.log(scale.lines.join('\n'));

console.log('\nTime to the verdict with re-runs that start early, at 5 % noise\n');
const early = await benchEarly();
console.log(earlyTable(early.rows));

console.log('\nThe HTML report of 10,000 test cases, of which 500 did not pass\n');
const html = await benchHtml();
console.log(html.lines.join('\n'));

const failures = [...schedule.failures, ...early.failures, ...scale.failures, ...html.failures];
console.log(
  failures.length === 0
    ? '\nEvery figure is reached.'
    : `\nMissed:\n${failures.map((line) => `- ${line}`).join('\n')}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
