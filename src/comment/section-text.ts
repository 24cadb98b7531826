/** The text of a section, between markers that name the line of its data. Written and read back. Pure. */
import { paragraph, trusted } from '../report/markdown.ts';
import { render } from '../report/markdown-writer.ts';
import type { Section } from './state.ts';

const COLLAPSED = 'Omitted to make room for other jobs; see the job summary.';

/** The text of a section, with its closing where it is the only one. */
export interface SectionText {
  readonly markdown: string;
  readonly closing: string | undefined;
}

/** Around the text of the section whose data stand in the line of this number. */
const textMarker = (index: number, kind: '' | ' closing' | ' end'): string =>
  `<!-- agent-test-gate-text ${index}${kind} -->`;

/** Reads the text of the section whose data stand in the line of this number; `undefined` where it is not whole. */
export function textAt(text: string, index: number): SectionText | undefined {
  const marker = textMarker(index, '');
  const start = text.indexOf(marker);
  const end = text.indexOf(textMarker(index, ' end'), start);
  if (start === -1 || end === -1) return undefined;
  const [markdown = '', closing] = text
    .slice(start + marker.length, end)
    .split(textMarker(index, ' closing'));
  return { markdown: markdown.trim(), closing: closing?.trim() };
}

/** The text of a section between its markers; `index` is the number of the line with its data. */
export function renderSectionText({ markdown, closing, isCollapsed }: Section, index: number): string {
  const text = isCollapsed ? render(paragraph(trusted(COLLAPSED))) : markdown;
  const body = closing === undefined ? [text] : [text, textMarker(index, ' closing'), closing];
  return [textMarker(index, ''), ...body, textMarker(index, ' end')].join('\n\n');
}
