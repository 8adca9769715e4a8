/** Checks of files that have to agree with each other: product and test, TypeScript and C++ side of the native door. */
import ts from 'typescript';
import { holdsOnlyTypes } from './code.js';
import { entryPoints, mirrored } from './table.js';
import { isWithin, type Finding, type SourceFile } from './tree.js';

/** Product files with code in them whose test file is missing. `files` are all kept .ts files. */
export function checkMirrors(files: readonly SourceFile[]): Finding[] {
  const paths = new Set(files.map((file) => file.path));
  return files
    .filter((file) => !entryPoints.some((pattern) => pattern.test(file.path)) && !holdsOnlyTypes(file))
    .flatMap((file) => {
      const homes = Object.entries(mirrored).find(([folder]) => isWithin(file.path, folder))?.[1] ?? [];
      const places = homes.map((home) => `${home}/${file.path.replace(/\.ts$/, '.test.ts')}`);
      if (places.length === 0 || places.some((place) => paths.has(place))) return [];
      return [{ path: file.path, line: 0, message: `has no test; write ${places[0]}` }];
    });
}

/** Names that only one side of the native door exports, or an order that differs, which would make a review harder. */
export function checkNativeDoor(native: SourceFile, binding: SourceFile): Finding[] {
  const declared = nativeNames(native);
  const exported = bindingNames(binding);
  if (declared.length === 0)
    return [{ path: native.path, line: 0, message: 'declares no interface of native functions' }];
  const missing = declared.filter((name) => !exported.includes(name));
  const extra = exported.filter((name) => !declared.includes(name));
  const findings = [
    ...missing.map((name) => ({
      path: binding.path,
      line: 0,
      message: `does not export ${name}, which ${native.path} declares`,
    })),
    ...extra.map((name) => ({
      path: native.path,
      line: 0,
      message: `does not declare ${name}, which ${binding.path} exports`,
    })),
  ];
  if (findings.length > 0 || declared.join() === exported.join()) return findings;
  return [
    { path: binding.path, line: 0, message: `exports in another order than ${native.path}: ${declared.join(', ')}` },
  ];
}

/** The members of the exported interface whose name begins with Native, in their order. */
export function nativeNames(file: SourceFile): string[] {
  const tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true);
  return tree.statements
    .filter(ts.isInterfaceDeclaration)
    .filter((statement) => statement.name.text.startsWith('Native'))
    .flatMap((statement) => statement.members.map((member) => member.name?.getText(tree) ?? ''))
    .filter((name) => name !== '');
}

/** What binding.cc puts on its exports object, in its order. */
export function bindingNames(file: SourceFile): string[] {
  return [...file.text.matchAll(/exports\.Set\(\s*"(\w+)"/g)].map((match) => match[1] ?? '');
}
