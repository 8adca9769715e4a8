/** Checks inside a file, over its syntax tree: lengths, parameters, banned calls, swallowed errors, mutable modules, exports. */
import ts from 'typescript';
import { bannedCalls, kernelTwins, lengths } from './table.js';
import { isWithin, type Finding, type SourceFile } from './tree.js';

/** All findings about the code of one file. */
export function checkCode(file: SourceFile): Finding[] {
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true);
  const context = { file, tree, findings: [] as Finding[] };
  checkFileAsWhole(context);
  for (const statement of tree.statements) checkTopLevel(context, statement);
  const visit = (node: ts.Node): void => {
    checkFunction(context, node);
    checkBannedCall(context, node);
    checkCatch(context, node);
    checkComputedImport(context, node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return context.findings;
}

/** True when a file holds nothing that runs: only types, interfaces, imports and type exports. */
export function holdsOnlyTypes(file: SourceFile): boolean {
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, false);
  return tree.statements.every(
    (statement) =>
      ts.isInterfaceDeclaration(statement) ||
      ts.isTypeAliasDeclaration(statement) ||
      ts.isImportDeclaration(statement) ||
      (ts.isExportDeclaration(statement) && statement.isTypeOnly),
  );
}

interface Context {
  readonly file: SourceFile;
  readonly tree: ts.SourceFile;
  readonly findings: Finding[];
}

function checkFileAsWhole(context: Context): void {
  const { file } = context;
  const lines = file.text.trimEnd().split('\n');
  if (lines.length > lengths.fileLinesMax) {
    report(
      context,
      0,
      `has ${lines.length} lines; at most ${lengths.fileLinesMax}: give each noun or verb its own file`,
    );
  }
  if (/(^|\/)index\.ts$/.test(file.path)) report(context, 0, 'is a barrel; import from the file that defines a name');
  // A test's head is wanted only where its names do not say it all, which no check can tell.
  const hasHead = file.path.endsWith('.test.ts') || /^(#!.*\n)?\s*(\/\*\*|\/\/)/.test(file.text);
  if (!hasHead) report(context, 1, 'has no head comment that says what it answers');
  lines.forEach((line, i) => {
    const mark = /\b(TODO|FIXME|XXX|HACK)\b/.exec(line);
    if (mark !== null && !isWithin(file.path, 'test/tidy'))
      report(context, i + 1, `holds a ${mark[1]}; finish it or leave it out`);
  });
}

function checkTopLevel(context: Context, statement: ts.Statement): void {
  if (ts.isVariableStatement(statement) && (statement.declarationList.flags & ts.NodeFlags.Const) === 0) {
    const isDeclared = statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DeclareKeyword) === true;
    if (!isDeclared) reportAt(context, statement, 'is mutable state of a module; pass it in, or make it a constant');
  }
  if (ts.isExportAssignment(statement) || hasDefault(statement)) {
    reportAt(context, statement, 'is a default export; export by name');
  }
  if (
    ts.isExportDeclaration(statement) &&
    statement.moduleSpecifier !== undefined &&
    statement.exportClause === undefined
  ) {
    reportAt(context, statement, 'exports everything of another file; import from the file that defines a name');
  }
}

function hasDefault(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword);
}

function checkFunction(context: Context, node: ts.Node): void {
  if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
  const line = lineOf(context.tree, node.getStart());
  const count = lineOf(context.tree, node.getEnd()) - line + 1;
  if (count > lengths.functionLinesMax && !isTestSuite(context, node.body)) {
    report(context, line, `is a function of ${count} lines; at most ${lengths.functionLinesMax}`);
  }
  const parameters = node.parameters.filter((parameter) => parameter.name.getText() !== 'this');
  if (parameters.length > lengths.parametersMax && !kernelTwins.test(context.file.path)) {
    report(
      context,
      line,
      `takes ${parameters.length} parameters; at most ${lengths.parametersMax}, then an options object`,
    );
  }
}

/** A function that declares tests: a list of them, not something that somebody has to follow from top to bottom. */
function isTestSuite(context: Context, body: ts.Node): boolean {
  if (!isWithin(context.file.path, 'test') || !ts.isBlock(body)) return false;
  return body.statements.some(
    (statement) =>
      ts.isExpressionStatement(statement) &&
      ts.isCallExpression(statement.expression) &&
      /^(describe|it)(\.skip)?$/.test(statement.expression.expression.getText()),
  );
}

function checkBannedCall(context: Context, node: ts.Node): void {
  const name = nameOf(node);
  if (name === null) return;
  for (const { call, homes, instead } of bannedCalls) {
    const isMeant = call.endsWith('.') ? name.startsWith(call) : name === call;
    if (!isMeant || homes.some((home) => isWithin(context.file.path, home))) continue;
    reportAt(context, node, `uses ${name}; use ${instead}`);
  }
}

/** `object.member` of a property access, or the plain name that a call or a value refers to. */
function nameOf(node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const object = node.expression.text;
    return object === 'globalThis' ? node.name.text : `${object}.${node.name.text}`;
  }
  const isCalled = ts.isIdentifier(node) && ts.isCallExpression(node.parent) && node.parent.expression === node;
  return isCalled ? node.text : null;
}

function checkCatch(context: Context, node: ts.Node): void {
  if (ts.isCatchClause(node) && node.block.statements.length === 0) {
    reportAt(context, node, 'swallows an error; handle it, pass it on, or return what it means');
  }
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
  const handler = node.arguments[0];
  if (node.expression.name.text !== 'catch' || handler === undefined || !ts.isArrowFunction(handler)) return;
  if (ts.isBlock(handler.body) && handler.body.statements.length === 0) {
    reportAt(context, node.expression.name, 'swallows a rejection; handle it, pass it on, or return what it means');
  }
}

/** `import()` of anything but a plain string, which no scanner can follow; tests load files that they list themselves. */
function checkComputedImport(context: Context, node: ts.Node): void {
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return;
  const specifier = node.arguments[0];
  if (isWithin(context.file.path, 'test') || (specifier !== undefined && ts.isStringLiteral(specifier))) return;
  reportAt(context, node, 'imports a computed name, which escapes the layer check');
}

function reportAt(context: Context, node: ts.Node, message: string): void {
  report(context, lineOf(context.tree, node.getStart()), message);
}

function report(context: Context, line: number, message: string): void {
  context.findings.push({ path: context.file.path, line, message });
}

function lineOf(tree: ts.SourceFile, position: number): number {
  return tree.getLineAndCharacterOfPosition(position).line + 1;
}
