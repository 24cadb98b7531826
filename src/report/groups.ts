import type { Run } from '../domain/run.ts';
import { cleanLine } from '../text/clean.ts';
import { failedTools } from './key-turns.ts';
import type { Group, Grouping, ReportedCase, SharedCause } from './report.ts';
import { failedAssertions } from './run-text.ts';

/** With more failures than this, they are grouped where they share something. */
export const FEW_FAILURES = 5;
/** With more failures than this, they are grouped in any case. */
export const MANY_FAILURES = 20;
/** Up to that, a group of fewer is none: there is room for each failure. */
const MIN_GROUP = 3;

/** More of a text than this is not compared. */
const COMPARED = 4_000;

/** The groups that a report shows: none where each failure can be shown by itself. */
export function groupFailures(failures: readonly ReportedCase[]): Grouping {
  if (failures.length <= FEW_FAILURES) return { groups: [], ungrouped: failures };
  const found = groupBySharedCause(failures);
  const isWorthIt = failures.length > MANY_FAILURES || (found.groups[0]?.cases.length ?? 0) >= MIN_GROUP;
  return isWorthIt ? found : { groups: [], ungrouped: failures };
}

/**
 * Groups failures by what they exactly share: the same error message, the same failed tool with the same answer, the
 * same failed assertion, the very same words of the judge; never by similar prose. A failure that shares several
 * things belongs to the biggest group.
 */
function groupBySharedCause(cases: readonly ReportedCase[]): Grouping {
  const found = cases.map((result) => ({ result, causes: possibleCauses(result.decisive).map(withKey) }));
  const sizes = new Map<string, number>();
  for (const { key } of found.flatMap(({ causes }) => causes)) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  const sizeOf = ({ key }: { readonly key: string }): number => sizes.get(key) ?? 0;
  const withBest = found.map(({ result, causes }) => {
    const [best] = causes.toSorted((a, b) => sizeOf(b) - sizeOf(a));
    return { result, best };
  });
  const groups = [...Map.groupBy(withBest, ({ best }) => best?.key).values()].flatMap((members): Group[] => {
    const shared = members[0]?.best?.shared;
    const [first, ...others] = members.map(({ result }) => result);
    const isGroup = shared !== undefined && first !== undefined && others.length > 0;
    return isGroup ? [{ shared, cases: [first, ...others] }] : [];
  });
  const grouped = new Set(groups.flatMap((group) => group.cases));
  return {
    groups: groups.toSorted((a, b) => b.cases.length - a.cases.length),
    ungrouped: cases.filter((result) => !grouped.has(result)),
  };
}

/** The key is equal for what is equal, and for nothing else. */
const withKey = (shared: SharedCause) => ({ shared, key: JSON.stringify(shared) });

/** Causes that a run may share with others, the most telling first. */
function possibleCauses(run: Run): SharedCause[] {
  const text = cleanLine(run.explanation?.slice(0, COMPARED) ?? '', COMPARED);
  const [tool] = failedTools(run);
  return [
    ...(run.status === 'errored' && text !== '' ? [{ kind: 'error', text } as const] : []),
    ...(tool === undefined ? [] : [{ kind: 'tool', ...tool } as const]),
    ...failedAssertions(run).map(({ label, expected }) => ({ kind: 'assertion', label, expected }) as const),
    ...(run.status !== 'errored' && text !== '' ? [{ kind: 'reason', text } as const] : []),
  ];
}

/** The biggest group, where it has most of the failures: probably one fault. */
export function findCommonCause({ groups }: Grouping, failures: number): Group | undefined {
  const [biggest] = groups;
  return biggest !== undefined && biggest.cases.length > 2 && biggest.cases.length * 2 >= failures
    ? biggest
    : undefined;
}
