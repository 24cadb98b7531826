import examples from '@octokit/webhooks-examples' with { type: 'json' };

/** Real payloads of an event, as GitHub sent them. */
export function examplesOf(event: string): Record<string, unknown>[] {
  const webhooks = examples as unknown as { name: string; examples: Record<string, unknown>[] }[];
  return webhooks.find(({ name }) => name === event)?.examples ?? [];
}
