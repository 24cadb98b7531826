import ts from 'typescript';

/**
 * The interfaces, type aliases and enumerations in a declaration file, by name. An interface has its fields with their
 * types; the others have their type under an empty name. What is in a namespace (`X.Raw`) counts for the namespace.
 */
export function typescriptModels(source: string): Map<string, Map<string, string>> {
  const models = new Map<string, Map<string, string>>();
  const file = ts.createSourceFile('client.d.ts', source, ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node, space?: string): void => {
    if (ts.isModuleDeclaration(node) && node.body !== undefined) {
      const { text } = node.name;
      // A namespace beside an interface has types of its fields, and not the interface again.
      if (!models.has(text)) ts.forEachChild(node.body, (child) => visit(child, text));
    } else if (ts.isInterfaceDeclaration(node)) {
      if (space === undefined || node.name.text === 'Raw')
        models.set(space ?? node.name.text, fieldsOf(node.members));
    } else if (ts.isTypeAliasDeclaration(node)) {
      const name = space !== undefined && node.name.text === 'Raw' ? space : node.name.text;
      // `(typeof X)[keyof typeof X]` says nothing; the constant has the values.
      if (!models.has(name)) models.set(name, new Map([['', oneLine(node.type)]]));
    } else if (ts.isVariableDeclaration(node) && node.type !== undefined && ts.isTypeLiteralNode(node.type)) {
      const values = node.type.members.map((member) =>
        ts.isPropertySignature(member) && member.type !== undefined ? oneLine(member.type) : '',
      );
      models.set(node.name.getText(), new Map([['', values.sort().join(' | ')]]));
    } else ts.forEachChild(node, (child) => visit(child, space));
  };
  visit(file);
  return models;
}

function fieldsOf(members: ts.NodeArray<ts.TypeElement>): Map<string, string> {
  return new Map(
    members.flatMap((member): [string, string][] => {
      if (!ts.isPropertySignature(member) || member.type === undefined) return [];
      const optional = member.questionToken === undefined ? [] : ['undefined'];
      return [[member.name.getText(), union([...membersOf(member.type), ...optional])]];
    }),
  );
}

/** A type on one line; the members of a union are sorted, each of them once. */
const oneLine = (type: ts.TypeNode): string => union(membersOf(type));

const union = (members: readonly string[]): string => [...new Set(members)].sort().join(' | ');

function membersOf(type: ts.TypeNode): string[] {
  if (ts.isUnionTypeNode(type)) return type.types.flatMap(membersOf);
  const text = type.getText().replaceAll(/\/\*[\s\S]*?\*\//g, '');
  return [text.replaceAll(/\s+/g, ' ')];
}
