/** Name of a batch at a provider where batches have names. */
export interface StartName {
  readonly text: string;
  /** The random part of the text, by which a batch is found again whose start was not answered. */
  readonly mark: string;
}

/** Nobody documents how long a name may be. */
const MAX_NAME = 150;

/**
 * Creates names for the batches of a step: "octo-org/voice-agents#12 @ abc1234, round 1 · 7f3a9c21". `random` is from 0 up to
 * 1. What is not known is left out.
 */
export function createStartNames({
  repository,
  pullRequest,
  commit,
  random,
}: {
  readonly repository?: string | undefined;
  readonly pullRequest?: number | undefined;
  readonly commit?: string | undefined;
  readonly random: () => number;
}): (round: number) => StartName {
  const numbered = pullRequest === undefined ? repository : `${repository ?? ''}#${pullRequest}`;
  const where = [numbered, commit && `@ ${commit.slice(0, 7)}`].filter(Boolean).join(' ');
  const origin = (where || 'agent-test-gate').slice(0, MAX_NAME);
  return (round) => {
    const mark = Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
    return { text: `${origin}, round ${round} · ${mark}`, mark };
  };
}
