/** Check that no file imports, over any number of others, itself: a cycle cannot be read, loaded or tested from one end. */
import { importsOf, targetOf } from './imports.js';
import type { Finding, SourceFile } from './tree.js';

/** One finding for each import that closes a cycle; imports of types count as well. `files` are the whole tree. */
export function checkCycles(files: readonly SourceFile[]): Finding[] {
  const targets = new Map(files.map((file) => [file.path, targetsOf(file)]));
  const findings: Finding[] = [];
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) {
      const cycle = [...way.slice(start), path];
      findings.push({ path, line: 0, message: `imports itself: ${cycle.join(' → ')}; move what both need to a third` });
    }
    if (start >= 0 || done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return findings;
}

function targetsOf(file: SourceFile): readonly string[] {
  return [...new Set(importsOf(file).map(({ specifier }) => targetOf(file.path, specifier)))];
}
