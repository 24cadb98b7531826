import { renderHtml } from '../../../src/report/files/html/page.ts';
import type { Report } from '../../../src/report/report.ts';

/** The HTML report as one text. */
export const htmlPage = (report: Report): string => [...renderHtml(report)].join('');
