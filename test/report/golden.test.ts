import { expect, test } from 'vitest';
import { renderBody } from '../../src/report/body.ts';
import { renderHeading, renderSummary } from '../../src/report/summary.ts';
import { EXAMPLES } from './examples.ts';

const { 'three-hundred-runs': many, 'three-hundred': hundreds, ...others } = EXAMPLES;

test.each(Object.entries(others))('%s reads well', async (name, report) => {
  await expect(renderSummary(report)).toMatchFileSnapshot(`../golden/${name}.md`);
});

test('three hundred runs read well in the room of a few', async () => {
  const body = renderBody(many!, { max: 6_000, unit: 'characters' });
  await expect(`${body}\n`).toMatchFileSnapshot('../golden/three-hundred-runs.shortened.md');
});

test('three hundred failures of 1,237 fit on two screens', async () => {
  const body = renderBody(hundreds!, { max: 60_000, unit: 'characters' });
  const unfolded = body.replace(/<details>\n<summary>(.*)<\/summary>[\s\S]*?<\/details>/g, '▶ $1');
  expect(unfolded.split('\n').length).toBeLessThan(80);
  await expect(`${renderHeading(hundreds!)}\n\n${unfolded}\n`).toMatchFileSnapshot(
    '../golden/three-hundred.unfolded.md',
  );
});
