/** The scripts of the examples. That the action starts and gates with them: `test/e2e/examples.test.ts`. */
import { describe, expect, test } from 'vitest';
import { canRun, deployedBy, deployScripts, runScript, scriptSteps } from './example-scripts.ts';
import { examples, stepsOf } from './workflow-files.ts';

const deploys = scriptSteps.filter(({ step }) => step.id?.startsWith('deploy') === true);
const VARIABLES = { AGENT: 'agent_1', PATHWAY: 'pathway_1', NAME: 'PR 7', PULL_REQUEST: '7' };

describe.skipIf(!canRun)('the step that deploys', () => {
  test('is in every example that tests what a pull request changes', () => {
    const gated = examples.filter(({ workflow }) =>
      stepsOf(workflow).some((step) =>
        Object.values(step.with ?? {})
          .join()
          .includes('steps.deploy'),
      ),
    );
    expect(gated.length).toBe(15);
    expect(new Set(deploys.map(({ title }) => title.split(',')[0]))).toEqual(
      new Set(gated.map(({ path }) => path)),
    );
  });

  test.each(deploys)('hands over what the script prints: $title', async ({ title, step }) => {
    const { output, value } = deployedBy(title);
    expect(await runScript(step, VARIABLES, deployScripts(`echo ${value}`))).toEqual({
      exitCode: 0,
      log: '',
      outputs: `${output}=${value}\n`,
    });
  });

  test.each(['exit 3', 'echo 12; exit 3'])(
    'ends red without a version where the script does "%s"',
    async (printed) => {
      for (const { step } of deploys) {
        const ended = await runScript(step, VARIABLES, deployScripts(printed));
        expect(ended.outputs).toBe('');
        expect(ended.exitCode).not.toBe(0);
      }
    },
  );

  test('is followed, at Retell, by one that deletes the draft, whatever the gate says', () => {
    const jobs = examples.flatMap(({ workflow }) => Object.values(workflow.jobs));
    const retell = jobs.filter(({ steps }) =>
      steps.some(({ run }) => run?.includes('deploy/retell.sh "') === true),
    );
    expect(retell.length).toBe(12);
    for (const { steps } of retell) {
      const deletes = steps.findIndex(({ run }) => run?.includes('deploy/retell.sh delete ') === true);
      expect(deletes).toBeGreaterThan(steps.findIndex(({ uses }) => uses?.includes('agent-test-gate@')));
      expect(steps[deletes]?.if).toMatch(
        /^\$\{\{ always\(\) && steps\.deploy(-retell)?\.outputs\.version != '' \}\}$/,
      );
    }
  });

  test('leaves a warning and no failure where the draft cannot be deleted: the tests are paid for', async () => {
    const [first] = scriptSteps.filter(({ step }) => step.name === 'Delete the draft');
    const ended = await runScript(first!.step, { AGENT: 'agent_1', VERSION: '12' }, deployScripts('exit 1'));
    expect(ended).toMatchObject({
      exitCode: 0,
      log: expect.stringContaining('::warning::Draft 12 was not deleted'),
    });
  });
});

describe.skipIf(!canRun)('the status that forks-2-gate.yml sets', () => {
  const [setStatus] = scriptSteps.filter(({ step }) => step.name === 'Set the status');

  test.each([
    { OUTCOME: 'success', VERDICT: 'passed', state: 'success' },
    { OUTCOME: 'failure', VERDICT: 'failed', state: 'failure' },
    { OUTCOME: 'failure', VERDICT: 'passed', state: 'failure' },
    { OUTCOME: 'success', VERDICT: 'inconclusive', state: 'failure' },
    { OUTCOME: 'skipped', VERDICT: 'not started', state: 'failure' },
    { OUTCOME: '', VERDICT: '', state: 'failure' },
  ])('is $state for outcome "$OUTCOME" and verdict "$VERDICT"', async ({ state, ...env }) => {
    const ended = await runScript(setStatus!.step, {
      ...env,
      HEAD_SHA: 'abc',
      RUN_URL: 'https://example.com/1',
    });
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.log).toContain(`-f state=${state} -f description=Verdict: ${env.VERDICT}`);
  });
});

describe.skipIf(!canRun)('the check of one-job.yml', () => {
  const [check] = scriptSteps.filter(({ step }) => step.name === 'Every gate passed');
  const passed = { RETELL: 'success', BLAND: 'success', VAPI: 'success', ELEVENLABS: 'success' };

  test('is green when each gate is', async () => {
    expect(await runScript(check!.step, passed)).toMatchObject({ exitCode: 0 });
  });

  test.each(Object.keys(passed))('is red when the gate %s failed, was cancelled or skipped', async (gate) => {
    for (const outcome of ['failure', 'cancelled', 'skipped', '']) {
      const ended = await runScript(check!.step, { ...passed, [gate]: outcome });
      expect(ended.exitCode).not.toBe(0);
    }
  });
});

describe.skipIf(!canRun)('the comment /re-run', () => {
  const [again] = scriptSteps.filter(({ title }) => title.includes('re-run.yml'));
  const runAgain = (answer: object) =>
    runScript(again!.step, {
      GH_REPO: 'acme/clinic',
      AUTHOR: 'ann',
      NUMBER: '7',
      WORKFLOW: 'agent-tests.yml',
      ISSUES: JSON.stringify(answer),
    });
  const found = { permission: 'write', head: { sha: 'abc' }, workflow_runs: [{ id: 41 }] };

  test('runs the workflow run of the newest commit again', async () => {
    const { exitCode, log } = await runAgain(found);
    expect(exitCode).toBe(0);
    expect(log).toContain('/agent-tests.yml/runs -f event=pull_request -f head_sha=abc -f per_page=1');
    expect(log.trimEnd().split('\n').at(-1)).toBe(
      'gh api --silent --method POST repos/acme/clinic/actions/runs/41/rerun',
    );
  });

  test.each([
    ['of somebody who may only read', { ...found, permission: 'read' }, '::error::ann may not write'],
    ['before the first run', { ...found, workflow_runs: [] }, '::error::agent-tests.yml has no run of abc'],
  ])('%s runs nothing', async (_, answer, message) => {
    const { exitCode, log } = await runAgain(answer);
    expect(exitCode).toBe(1);
    expect(log).toContain(message);
    expect(log).not.toContain('rerun');
  });
});

describe.skipIf(!canRun)('the issue that nightly.yml opens', () => {
  const [open] = scriptSteps.filter(({ step }) => step.name === 'Open an issue, or add to the open one');
  const title = 'Nightly agent tests did not pass';
  const own = { number: 12, title };

  const runNightly = (issues: readonly object[]) =>
    runScript(open!.step, {
      TITLE: title,
      GH_REPO: 'acme/clinic',
      VERDICT: 'failed',
      REASON: '1 of 3 runs failed: "$(id)" @acme',
      RUN_URL: 'https://example.com/1',
      ISSUES: JSON.stringify(issues),
    });

  test.each([
    ['no issue is open', []],
    ['another issue is open', [{ number: 3, title: 'Nightly agent tests' }]],
    ['only a pull request has the title', [{ ...own, pull_request: { url: 'https://example.com' } }]],
  ])('is new when %s', async (_, issues) => {
    const ended = await runNightly(issues);
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.log).toContain(`gh issue create --title ${title} --body Verdict: failed`);
    expect(ended.log).toContain('\n\n    1 of 3 runs failed: "$(id)" @acme\n\nhttps://example.com/1\n');
    expect(ended.log).not.toContain('gh issue comment');
  });

  test('opened every night: gh issue list --app found nothing of github-actions. One that is open gets a comment', async () => {
    const ended = await runNightly([{ ...own, number: 9, pull_request: {} }, own, { ...own, number: 8 }]);
    expect(ended).toMatchObject({ exitCode: 0 });
    expect(ended.log).toContain('gh issue comment 12 --body Verdict: failed');
    expect(ended.log).not.toContain('gh issue create');
  });

  test('is looked for among the open issues of github-actions only', async () => {
    const { log } = await runNightly([own]);
    expect(log).toMatch(
      /gh api --method GET --paginate repos\/acme\/clinic\/issues .*-f state=open .*-f creator=github-actions\[bot\]/,
    );
  });

  test('is not opened when the list cannot be read', async () => {
    const ended = await runScript(open!.step, { TITLE: title, GH_REPO: 'acme/clinic', ISSUES: 'no JSON' });
    expect(ended.exitCode).not.toBe(0);
    expect(ended.log).not.toContain('gh issue create');
  });
});

describe.skipIf(!canRun)('the report of last night that nightly-baseline.yml gets', () => {
  const [get] = scriptSteps.filter(({ step }) => step.name === "Get last night's report");
  const runGet = (answer: string) =>
    runScript(get!.step, {
      GH_REPO: 'acme/clinic',
      BASE: 'main',
      GITHUB_WORKFLOW_REF: 'acme/clinic/.github/workflows/nightly.yml@refs/pull/7/merge',
      ISSUES: answer,
    });

  test('is of the newest run of the schedule on the base branch, of this very workflow', async () => {
    const ended = await runGet('{"workflow_runs": [{"id": 41}]}');
    expect(ended).toMatchObject({ exitCode: 0, outputs: 'path=nightly/report.json\n' });
    expect(ended.log).toBe(
      'gh api --method GET repos/acme/clinic/actions/workflows/nightly.yml/runs -f event=schedule -f branch=main -f status=completed -f per_page=1 --jq .workflow_runs[0].id // empty\ngh run download 41 --name nightly-report --dir nightly\n',
    );
  });

  test.each(['{"workflow_runs": []}', '{}', 'no JSON'])(
    'is none where GitHub answers %s: the gate goes on without',
    async (answer) => {
      const ended = await runGet(answer);
      expect(ended).toMatchObject({ exitCode: 0, outputs: '' });
      expect(ended.log).toContain('::notice::There is no report of last night to compare with.');
    },
  );
});
