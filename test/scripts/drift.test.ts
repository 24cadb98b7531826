import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CLIENTS } from '../../scripts/drift/clients.ts';
import {
  compareDigests,
  digestOf,
  formatDigest,
  formatDrift,
  parseDigest,
} from '../../scripts/drift/digest.ts';
import { pythonModels, typeOf } from '../../scripts/drift/python-models.ts';
import { typescriptModels } from '../../scripts/drift/typescript-models.ts';
import { canRun, runScript } from '../docs/example-scripts.ts';
import { ownWorkflows, root } from '../docs/workflow-files.ts';

/** From retell-sdk 6.2.13 on PyPI, shortened. */
const RETELL = `# File generated from our OpenAPI spec by Stainless. See CONTRIBUTING.md for details.

from typing import Union, Optional
from typing_extensions import Literal, TypeAlias

from .._models import BaseModel

__all__ = ["BatchTestResponse", "ResponseEngine"]


class ResponseEngineResponseEngineRetellLm(BaseModel):
    llm_id: str
    """id of the Retell LLM Response Engine."""

    type: Literal["retell-llm"]
    """type of the Response Engine."""

    version: Optional[float] = None
    """Version of the Retell LLM Response Engine."""


ResponseEngine: TypeAlias = Union[
    ResponseEngineResponseEngineRetellLm,
    ResponseEngineResponseEngineCustomLm,
]


class BatchTestResponse(BaseModel):
    __test__ = False
    status: Literal["in_progress", "complete"]
    """Status of the batch job

    \`complete\`: said here, in a documentation: "[("
    """

    response_engine: ResponseEngine
`;

/** From vapi-server-sdk 3.0.0 on PyPI, shortened. */
const VAPI = `from __future__ import annotations

SimulationRunItemStatus = typing.Union[
    typing.Literal["queued", "passed", "failed"], typing.Any
]


class SimulationRunItem(UncheckedBaseModel):
    org_id: typing_extensions.Annotated[
        str,
        FieldMetadata(alias="orgId"),
        pydantic.Field(alias="orgId", description="This is (the \\"unique\\" identifier) of the organization."),
    ]
    started_at: typing_extensions.Annotated[
        typing.Optional[dt.datetime], FieldMetadata(alias="startedAt"), pydantic.Field(alias="startedAt")
    ] = None
    type: typing.Literal["assistant"] = "assistant"
    metadata: typing.Optional[typing.Dict[str, typing.Any]] = pydantic.Field(default=None)

    if IS_PYDANTIC_V2:
        model_config: typing.ClassVar[pydantic.ConfigDict] = pydantic.ConfigDict(extra="allow")  # type: ignore # Pydantic v2
    else:

        class Config:
            frozen = True


update_forward_refs(SimulationRunItem)
`;

const asObject = (models: Map<string, Map<string, string>>) =>
  Object.fromEntries([...models].map(([name, fields]) => [name, Object.fromEntries(fields)]));

describe('the models of a Python client', () => {
  test('of Retell have their fields with sorted values', () => {
    expect(asObject(pythonModels(RETELL))).toMatchObject({
      ResponseEngineResponseEngineRetellLm: {
        llm_id: 'str',
        type: '"retell-llm"',
        version: 'float | None',
      },
      ResponseEngine: { '': 'ResponseEngineResponseEngineCustomLm | ResponseEngineResponseEngineRetellLm' },
      BatchTestResponse: { status: '"complete" | "in_progress"', response_engine: 'ResponseEngine' },
    });
  });

  test('of Vapi have the names of the JSON, and no configuration of the class', () => {
    expect(asObject(pythonModels(VAPI))).toEqual({
      SimulationRunItemStatus: { '': '"failed" | "passed" | "queued" | Any' },
      SimulationRunItem: {
        orgId: 'str',
        startedAt: 'datetime | None',
        type: '"assistant"',
        metadata: 'Dict[str, Any] | None',
      },
    });
  });

  test.each([
    ['Required[SequenceNotStr[str]]', 'SequenceNotStr[str]'],
    ['typing.Optional[typing.List["Inner"]]', 'List[Inner] | None'],
    ['Union[Literal["b", "a, c"], None]', '"a, c" | "b" | None'],
  ])('have %s as %s', (declared, expected) => {
    expect(typeOf(declared)).toBe(expected);
  });
});

test('the models of a TypeScript client have their fields with sorted values, and a namespace the fields of its JSON', () => {
  const source = `
    export interface TestCaseJobResponse {
      /** Status | of the job. */
      status: 'pending' | 'in_progress' | 'error';
      result_explanation?: string | null | undefined;
    }
    export namespace TestCaseJobResponse { interface Inner { other: string; } }
    export declare const SimulationRunStatus: { readonly Queued: "queued"; readonly Ended: "ended"; };
    export type SimulationRunStatus = (typeof SimulationRunStatus)[keyof typeof SimulationRunStatus];
    export declare const TestRunStatus: core.serialization.Schema<serializers.TestRunStatus.Raw>;
    export declare namespace TestRunStatus { type Raw = "pending" | "failed"; }
    export declare namespace Run { interface Raw { test_run_id: string; } }`;
  expect(asObject(typescriptModels(source))).toEqual({
    TestCaseJobResponse: {
      status: "'error' | 'in_progress' | 'pending'",
      result_explanation: 'null | string | undefined',
    },
    SimulationRunStatus: { '': '"ended" | "queued"' },
    TestRunStatus: { '': '"failed" | "pending"' },
    Run: { test_run_id: 'string' },
  });
});

describe('a digest', () => {
  const client = {
    registry: 'pypi',
    name: 'retell-sdk',
    folder: 'retell/types',
    form: 'python',
    models: ['batch BatchTestResponse status', 'batch Gone', 'batch BatchTestResponse extra'],
  } as const;
  const read = (path: string) => (path === 'retell/types/batch.py' ? RETELL : undefined);

  test('has a line for each field that is read, and for what is missing', () => {
    expect(digestOf(client, '6.2.13', read)).toEqual({
      client: 'pypi retell-sdk',
      version: '6.2.13',
      lines: [
        'BatchTestResponse.extra: missing',
        'BatchTestResponse.status: "complete" | "in_progress"',
        'Gone: missing',
      ],
    });
    expect(digestOf(client, '7', () => undefined).lines).toEqual([
      'BatchTestResponse: missing',
      'Gone: missing',
    ]);
  });

  test('of a program has its endpoints and status words, each once', () => {
    const source =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the program.
      'get(`/v1/agent-testing/runs/${encodeURIComponent(id)}`); get("/v1/agent-testing/runs?a=1"); get("/v1/calls"); x === "PASSED"';
    expect(
      digestOf({ ...client, form: 'endpoints', models: ['a.js', 'b.js'] }, '1', () => source).lines,
    ).toEqual(['endpoint /v1/agent-testing/runs', 'endpoint /v1/agent-testing/runs/:x', 'status PASSED']);
  });

  test('is read as it was written', () => {
    const digests = [digestOf(client, '6.2.13', read), { client: 'npm x', version: '1', lines: ['a.b: c'] }];
    expect(parseDigest(formatDigest(digests))).toEqual(digests);
  });

  test('with a new version and nothing new in it is no change', () => {
    const before = { client: 'npm x', version: '1.0.0', lines: ['a.b: c'] };
    expect(compareDigests([before], [{ ...before, version: '1.1.0' }])).toEqual([]);
  });

  test('that differs is shown field by field, old before new', () => {
    const before = { client: 'npm x', version: '1.0.0', lines: ['A.a: string', 'A.status: "x"', 'B = "b"'] };
    const after = {
      client: 'npm x',
      version: '2.0.0',
      lines: ['A.a: string', 'A.new: int', 'A.status: "x" | "y"'],
    };
    expect(formatDrift(compareDigests([before], [after]))).toBe(
      'npm x 1.0.0 -> 2.0.0\n+ A.new: int\n- A.status: "x"\n+ A.status: "x" | "y"\n- B = "b"',
    );
  });

  test('without a client that the other has is a change', () => {
    const only = { client: 'npm x', version: '1', lines: ['a.b: c'] };
    expect(formatDrift(compareDigests([only], []))).toBe('npm x 1 -> not read any more\n- a.b: c');
    expect(formatDrift(compareDigests([], [only]))).toBe('npm x not in the digest -> 1\n+ a.b: c');
  });

  test('is committed for every client, and nothing that is read is missing in it', () => {
    const committed = parseDigest(readFileSync(join(root, 'scripts/drift/digest.txt'), 'utf8'));
    expect(committed.map((digest) => digest.client)).toEqual(
      CLIENTS.map(({ registry, name }) => `${registry} ${name}`),
    );
    expect(committed.flatMap(({ lines }) => lines).filter((line) => line.endsWith(': missing'))).toEqual([]);
    expect(committed.filter(({ lines }) => lines.length < 4)).toEqual([]);
  });
});

describe('npm run drift', () => {
  const folder = mkdtempSync(join(tmpdir(), 'agent-test-gate-drift-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const drift = (args: readonly string[], env: NodeJS.ProcessEnv = process.env) => {
    const digest = ['--digest', join(folder, 'digest.txt')];
    const ended = spawnSync(process.execPath, [join(root, 'scripts/drift.ts'), ...args, ...digest], {
      encoding: 'utf8',
      env,
    });
    return { status: ended.status, stdout: ended.stdout, stderr: ended.stderr };
  };

  test('says what changed in packages, and nothing once it is written down', () => {
    for (const { registry, name } of CLIENTS) {
      if (registry === 'npm') write(`npm/${name}/package.json`, '{"version": "1.0.0"}');
      else write(`pypi/${name}/${name.replaceAll('-', '_')}-1.0.0.dist-info/METADATA`, '');
    }
    write('pypi/retell-sdk/retell/types/batch_test_response.py', RETELL);
    write('digest.txt', formatDigest([]));
    expect(drift(['--from', folder, '--write']).status).toBe(0);
    expect(drift(['--from', folder])).toMatchObject({
      status: 0,
      stdout: 'Nothing that is read here has changed.\n',
    });

    write(
      'pypi/retell-sdk/retell/types/batch_test_response.py',
      RETELL.replace('"complete"]', '"complete", "cancelled"]'),
    );
    expect(drift(['--from', folder])).toEqual({
      status: 1,
      stdout:
        'pypi retell-sdk 1.0.0 -> 1.0.0\n- BatchTestResponse.status: "complete" | "in_progress"\n+ BatchTestResponse.status: "cancelled" | "complete" | "in_progress"\n',
      stderr: '',
    });
  });

  test('without a package compares nothing and says so', () => {
    write('digest.txt', formatDigest([]));
    expect(drift(['--from', join(folder, 'empty')])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^There is no package retell-sdk in .*, so nothing was compared\.\n$/),
    });
  });

  test.skipIf(process.platform === 'win32')('without a registry compares nothing and says why', () => {
    for (const tool of ['bin/npm', 'bin/python3']) {
      write(tool, "#!/bin/sh\necho 'warning: trying again' >&2\necho 'connection refused' >&2\nexit 1\n");
      chmodSync(join(folder, tool), 0o755);
    }
    expect(drift([], { ...process.env, PATH: `${folder}/bin:${process.env['PATH']}` })).toEqual({
      status: 2,
      stdout: '',
      stderr: 'retell-sdk could not be read, so nothing was compared: connection refused\n',
    });
  });
});

describe.skipIf(!canRun)('the workflow drift.yml', () => {
  const { jobs } = ownWorkflows.find(({ path }) => path.endsWith('drift.yml'))!.workflow;
  const [compare] = jobs['compare']!.steps.filter(({ id }) => id === 'compare');
  const [issue] = jobs['issue']!.steps;
  const npm = (script: string) => ({ npm: `#!/usr/bin/env bash\n${script}\n` });

  test.each([
    ['nothing changed', 'echo Nothing; exit 0', 0, ''],
    ['something changed', 'echo "- a"; echo "+ b"; exit 1', 0, /^changes<<(\w+)\n- a\n\+ b\n\1\n$/],
    ['a registry could not be read', 'echo "retell-sdk could not be read" >&2; exit 2', 1, ''],
    ['the script is broken', 'echo "SyntaxError" >&2; exit 1', 1, ''],
  ])('ends as it should when %s', async (_, script, exitCode, outputs) => {
    const ended = await runScript({ run: compare?.run ?? '' }, {}, npm(script));
    expect(ended.exitCode).toBe(exitCode);
    expect(ended.outputs).toMatch(outputs);
    if (exitCode === 1) expect(ended.log).toContain('::error::Nothing was compared');
  });

  const run = (issues: readonly object[], changes = '- a\n+ @acme ```') =>
    runScript(
      { run: issue?.run ?? '' },
      {
        TITLE: String(issue?.env?.['TITLE']),
        GH_REPO: 'acme/gate',
        RUN_URL: 'https://example.com/1',
        CHANGES: changes,
        ISSUES: JSON.stringify(issues),
      },
    );

  test('opens an issue with the change as code', async () => {
    const { exitCode, log } = await run([{ number: 3, title: 'Another' }]);
    expect(exitCode).toBe(0);
    expect(log).toContain("gh issue create --title The providers' clients have changed --body Look at");
    expect(log).toContain('\n\n    - a\n    + @acme ```\n\nhttps://example.com/1\n');
  });

  test('updates the issue that is open', async () => {
    const { log } = await run([{ number: 12, title: "The providers' clients have changed" }]);
    expect(log).toContain('gh issue edit 12 --body Look at');
    expect(log).not.toContain('gh issue create');
  });

  test('cuts a change that no issue and no variable can hold', async () => {
    const { exitCode, outputs } = await runScript(
      { run: compare?.run ?? '' },
      {},
      npm("yes -- '- line' | head -n 50000; exit 1"),
    );
    expect(exitCode).toBe(0);
    expect(outputs.length).toBeLessThan(41_000);
    expect(outputs).toMatch(/- line\n.*\n… The rest is in the log\.\n\w+\n$/s);
  });
});
