import { expect, test } from 'vitest';
import { renderBody } from '../../src/report/body.ts';
import { renderSummary } from '../../src/report/summary.ts';
import { EXAMPLES } from './reports.ts';

const { 'three-hundred-runs': many, ...others } = EXAMPLES;

test.each(Object.entries(others))('%s reads well', async (name, report) => {
  await expect(renderSummary(report)).toMatchFileSnapshot(`../golden/${name}.md`);
});

test('three hundred runs read well in the room of a few', async () => {
  const body = renderBody(many!, { max: 6_000, unit: 'characters' });
  await expect(`${body}\n`).toMatchFileSnapshot('../golden/three-hundred-runs.shortened.md');
});
