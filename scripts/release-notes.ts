/**
 * Prints the section of CHANGELOG.md for a release, with absolute links, since a release is shown at an address of its
 * own: `node scripts/release-notes.ts 1.2.0 https://github.com/OWNER/agent-test-gate`.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * The notes of `version` as Markdown. Relative links lead to the tagged files at `repository`, an address without a
 * slash at its end. Throws a sentence for the maintainer if the section is missing or empty, or if entries would be
 * released without being named because they still stand under "Unreleased".
 */
export function releaseNotes(changelog: string, version: string, repository: string): string {
  const waiting = sectionOf(changelog, 'Unreleased');
  if (waiting !== undefined && waiting !== '') {
    throw new Error(
      `CHANGELOG.md has entries under "## Unreleased". They are part of this release: put them under "## ${version}".`,
    );
  }
  const section = sectionOf(changelog, version);
  if (section === undefined || section === '')
    throw new Error(`CHANGELOG.md has no section "## ${version}".`);
  return `${withAbsoluteLinks(section, `${repository}/blob/v${version}`)}\n`;
}

/** The text below the heading `## title`, which may go on after a space, up to the next heading of that level. */
export function sectionOf(changelog: string, title: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const found = sections.find((text) => text.startsWith(`${title}\n`) || text.startsWith(`${title} `));
  return found?.slice(found.indexOf('\n')).trim();
}

/** Links of the form `[…](…)` outside of code, seen from the root of the repository. */
function withAbsoluteLinks(markdown: string, root: string): string {
  const absolute = (link: string): string => {
    if (/^[a-z][a-z\d+.-]*:/i.test(link)) return link;
    return link.startsWith('#') ? `${root}/CHANGELOG.md${link}` : `${root}/${link.replace(/^\.?\//, '')}`;
  };
  return markdown.replaceAll(
    /(`+)[\s\S]*?\1|\]\(([^)\s]+)/g,
    (whole, ticks: string | undefined, link: string) => (ticks === undefined ? `](${absolute(link)}` : whole),
  );
}

if (import.meta.main) {
  const [version = '', repository = ''] = process.argv.slice(2);
  try {
    const path = fileURLToPath(new URL('../CHANGELOG.md', import.meta.url));
    process.stdout.write(releaseNotes(readFileSync(path, 'utf8'), version, repository));
  } catch (error) {
    console.error(`::error::${(error as Error).message}`);
    process.exitCode = 1;
  }
}
