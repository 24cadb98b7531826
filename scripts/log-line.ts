/**
 * A line that an action prints, as GitHub's log shows it: `::error title=Case 3::It failed.` is `Error: It failed.`
 * `undefined` for lines that the log does not show. https://docs.github.com/actions/reference/workflow-commands
 */
export function asInGitHubLog(line: string): string | undefined {
  const command = /^::(?<name>[a-z-]+)(?: (?<properties>.*?))?::(?<data>.*)$/.exec(line)?.groups;
  if (command === undefined) return line;
  const label = LABELS[command['name'] ?? ''];
  return label === undefined ? undefined : `${label}${unescapeData(command['data'] ?? '')}`;
}

/** The other commands, like `add-mask` and `debug`, are obeyed and not shown. */
const LABELS: Readonly<Record<string, string>> = {
  error: 'Error: ',
  warning: 'Warning: ',
  notice: 'Notice: ',
  group: '▼ ',
};

function unescapeData(data: string): string {
  return data.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}
