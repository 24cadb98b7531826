/** Labels of the jobs of one comment, so that each can be told from the others. Pure. */
import { clip } from '../text/clean.ts';
import type { Section } from './state.ts';

/** In the order in which sections with one label are numbered; the same on every machine. */
export function compareSections(a: Section, b: Section): number {
  return (
    compareText(a.label, b.label) ||
    compareText(a.target ?? '', b.target ?? '') ||
    compareText(a.run.workflow, b.run.workflow) ||
    a.run.id - b.run.id ||
    a.run.attempt - b.run.attempt ||
    (a.checkRunId ?? 0) - (b.checkRunId ?? 0) ||
    compareText(a.key, b.key) ||
    compareText(a.mark, b.mark)
  );
}

/** By code units. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Code points of what a job is called. */
const MAX_NAME = 100;
const MAX_TARGET = 50;

/**
 * Labels of the sections, in the order of `sections`: the job's label; where several have it, with the target too, as far as
 * the targets differ; and with a number where that is the same as well. Plain text.
 */
export function distinctLabels(sections: readonly Section[]): string[] {
  const names = new Map(sections.map((section) => [section, section.label]));
  for (const group of Map.groupBy(sections, ({ label }) => label).values()) {
    if (new Set(group.map(({ target }) => target)).size === 1) continue;
    for (const section of group) {
      const { label, target } = section;
      if (target !== undefined) names.set(section, withSuffix(label, ` (${clip(target, MAX_TARGET)})`));
    }
  }
  for (const [name, group] of Map.groupBy(sections, (section) => names.get(section) ?? '')) {
    if (group.length === 1) continue;
    const inOrder = group.toSorted(compareSections);
    for (const [index, section] of inOrder.entries()) names.set(section, withSuffix(name, ` ${index + 1}`));
  }
  return sections.map((section) => names.get(section) ?? section.label);
}

/** A long name gives way to its suffix. */
const withSuffix = (name: string, suffix: string): string =>
  `${clip(name, MAX_NAME - [...suffix].length)}${suffix}`;
