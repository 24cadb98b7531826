import type { PackOptions } from './packed-json.ts';

/**
 * Options of packing a section's data. The dictionary, what such data mostly look like, is a part of the format: another one
 * makes another format.
 */
export const SECTION_PACKING: PackOptions = {
  maxBytes: 64 * 1024,
  dictionary: Buffer.from(
    JSON.stringify([
      ...['waiting', 'cancelled', 'inconclusive', 'failed'].map((state) => ({
        state,
        counts: [0, 0, 0, 0, 0, 0, 0],
      })),
      ...[
        '/actions/runs//job/',
        '/agent-test-gate/blob/v3/docs/reading-a-report.md',
        ' · batch `test_batch_',
      ],
      ...['ElevenLabs', 'Vapi', 'Bland'].map((providerTitle) => ({ providerTitle, footer: ['tested '] })),
      {
        ...{ key: '', variant: '', workflow: '', run: [1, 1, 1], mark: '', check: 1, commit: '' },
        ...{ state: 'passed', counts: [1, 0, 0, 0, 0, 0, 0], label: '', target: 'agent/' },
        facts: {
          ...{
            result: 'all passed',
            took: ' min s',
            providerTitle: 'Retell',
            footer: [' runs in ', ' · batch `test_batch_'],
            next: '',
            hint: '',
          },
          startsBatch: true,
          origin: {
            ...{ commit: '', repositoryUrl: 'https://github.com/', runId: 1, runNumber: 1, runAttempt: 1 },
            ...{ jobUrl: 'https://github.com/', wordsUrl: 'https://github.com/' },
          },
        },
      },
    ]),
  ),
};
