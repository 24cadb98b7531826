/**
 * The classes and type aliases in a generated Python file, by name. A class has its fields with their types; an alias has
 * its own type under an empty name. Names are those of the JSON, and members of unions are sorted.
 */
export function pythonModels(source: string): Map<string, Map<string, string>> {
  const models = new Map<string, Map<string, string>>();
  let fields: Map<string, string> | undefined;
  for (const statement of statementsIn(source)) {
    const [, className] = /^class (\w+)\b/.exec(statement) ?? [];
    const [, field, annotation = ''] = /^ {4}(\w+): (.+)$/.exec(statement) ?? [];
    const [, alias, aliased = ''] = /^(\w+)(?:: TypeAlias)? = (.+)$/.exec(statement) ?? [];
    if (className !== undefined) {
      fields = new Map();
      models.set(className, fields);
    } else if (field !== undefined) {
      const { name, type } = fieldOf(field, annotation);
      fields?.set(name, type);
    } else if (alias !== undefined) models.set(alias, new Map([['', typeOf(aliased)]]));
    else if (!statement.startsWith(' ')) fields = undefined;
  }
  return models;
}

/** Statements without documentation and comments, each on one line with its indentation. */
function statementsIn(source: string): string[] {
  const lines = source.replaceAll(/("""|''')[\s\S]*?\1/g, '').split('\n');
  const statements: string[] = [];
  let open = '';
  for (const line of lines) {
    const text = line.replace(/\s+#.*$/, '').trimEnd();
    if (text === '' && open === '') continue;
    open = open === '' ? text : `${open} ${text.trim()}`;
    const unquoted = open.replaceAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '');
    if (countOf(unquoted, '[({') > countOf(unquoted, '])}')) continue;
    statements.push(open);
    open = '';
  }
  return statements;
}

const countOf = (text: string, characters: string): number =>
  [...text].filter((character) => characters.includes(character)).length;

/** `Annotated[T, …alias="x"…]` is a field `x` of type `T`; a default is no part of the type. */
function fieldOf(field: string, annotation: string): { readonly name: string; readonly type: string } {
  const [, alias = field] = /alias="([^"]+)"/.exec(annotation) ?? [];
  const [declared = ''] = splitOutside(annotation, ' = ');
  return { name: alias, type: typeOf(declared) };
}

/** A type with short names, without spaces at random, and with sorted members. */
export function typeOf(declared: string): string {
  const text = declared
    .trim()
    .replaceAll(/\b(?:typing_extensions|typing|datetime|dt)\./g, '')
    .replaceAll(/^"([A-Z]\w*)"$/g, '$1');
  const [, name = '', inner] = /^(\w+)\[(.*)\]$/.exec(text) ?? [];
  if (inner === undefined) return text;
  const parts = splitOutside(inner, ',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  switch (name) {
    case 'Annotated':
    case 'Required':
      return typeOf(parts[0] ?? '');
    case 'Optional':
      return `${typeOf(parts[0] ?? '')} | None`;
    case 'Union':
      return parts.map(typeOf).sort().join(' | ');
    case 'Literal':
      return parts.sort().join(' | ');
    default:
      return `${name}[${parts.map(typeOf).join(', ')}]`;
  }
}

/** Splits where no bracket and no quote is open. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quote = '';
  let begin = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === '"' || character === "'") quote = character;
    else if ('[({'.includes(character)) depth += 1;
    else if ('])}'.includes(character)) depth -= 1;
    else if (depth === 0 && text.startsWith(separator, at)) {
      parts.push(text.slice(begin, at));
      begin = at + separator.length;
    }
  }
  return [...parts, text.slice(begin)];
}
