/** The README's tables as `action.yml` makes them. */
import { action } from './workflow-files.ts';

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

export function inputTable(): string {
  const rows = Object.entries(action.inputs).map(([name, { description, required, default: value }]) =>
    row(`\`${name}\``, required ? 'required' : value === undefined ? '' : `\`${value}\``, description),
  );
  return [row('Input', 'Default', 'Description'), '|---|---|---|', ...rows].join('\n');
}

export function outputTable(): string {
  const rows = Object.entries(action.outputs).map(([name, { description }]) =>
    row(`\`${name}\``, description),
  );
  return [row('Output', 'Description'), '|---|---|', ...rows].join('\n');
}
