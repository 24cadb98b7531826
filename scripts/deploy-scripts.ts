/**
 * Puts the scripts of `docs/examples/deploy/` into `src/cli/deploy-scripts.ts`, from which `init` writes them:
 * `npm run deploy-scripts`. `test/cli/workflow.test.ts` fails when the file is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROVIDERS = ['bland', 'elevenlabs', 'retell'] as const;

/** The file that is written. */
export const DEPLOY_SCRIPTS = fileURLToPath(new URL('../src/cli/deploy-scripts.ts', import.meta.url));

/** What the file must hold. */
export function deployScriptsSource(): string {
  const entries = PROVIDERS.map((name) => {
    const path = fileURLToPath(new URL(`../docs/examples/deploy/${name}.sh`, import.meta.url));
    return `  ${name}:\n    ${JSON.stringify(readFileSync(path, 'utf8'))},\n`;
  });
  return `/** Written by \`npm run deploy-scripts\` from docs/examples/deploy: change those files. */

export const DEPLOY_SCRIPTS = {
${entries.join('')}} as const;
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(DEPLOY_SCRIPTS, deployScriptsSource());
  console.log('Written: src/cli/deploy-scripts.ts');
}
