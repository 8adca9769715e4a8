/** Checks of who imports whom: layer arrows, confined packages, paths, and files that nobody imports. */
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import ts from 'typescript';
import { entryPoints, layers, packages, type Layer } from './table.js';
import { isWithin, type Finding, type SourceFile } from './tree.js';

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** All findings about the imports of `files`, which are the whole tree: a file is unused when none of them imports it. */
export function checkImports(files: readonly SourceFile[]): Finding[] {
  return [...files.flatMap(checkFile), ...unusedFiles(files)];
}

function checkFile(file: SourceFile): Finding[] {
  const layer = layerOf(file.path);
  if (layer === null) {
    const isRooted = !file.path.includes('/');
    return isRooted ? [] : [at(file, 0, 'lies in a folder without a rule; add the folder to test/tidy/table.ts')];
  }
  return importsOf(file).flatMap((found) => checkImport(file, layer, found));
}

function checkImport(file: SourceFile, layer: Layer, found: Import): Finding[] {
  if (found.specifier.startsWith('.')) return checkRelative(file, layer, found);
  const builtin = found.specifier.replace(/^node:/, '');
  if (builtinModules.includes(builtin)) return checkBuiltin(file, layer, found);
  const name = packageOf(found.specifier);
  const homes = packages[name];
  if (homes === undefined) return [at(file, found.line, `imports ${name}, which test/tidy/table.ts does not know`)];
  if (homes.some((home) => isWithin(file.path, home))) return [];
  return [at(file, found.line, `imports ${name}, which is confined to ${homes.join(', ')}`)];
}

function checkBuiltin(file: SourceFile, layer: Layer, found: Import): Finding[] {
  if (!found.specifier.startsWith('node:')) return [at(file, found.line, `imports ${found.specifier} without node:`)];
  const name = found.specifier.slice('node:'.length);
  if (layer.bannedBuiltins?.includes(name) !== true) return [];
  return [at(file, found.line, `imports node:${name}, which has no business in ${layer.folder}`)];
}

function checkRelative(file: SourceFile, layer: Layer, found: Import): Finding[] {
  const { specifier, line } = found;
  const findings: Finding[] = [];
  if (!/\.(js|json|mjs|node)$/.test(specifier))
    findings.push(at(file, line, `imports ${specifier} without its .js extension`));
  const target = targetOf(file.path, specifier);
  if (target.startsWith('..')) return [...findings, at(file, line, `imports ${specifier}, outside the repository`)];
  if (isWithin(target, 'proto/generated') && layer.folder === 'base')
    findings.push(at(file, line, 'base imports proto'));
  if (mayImport(layer, target)) return findings;
  return [...findings, at(file, line, `${layer.folder} may not import ${target} (arrows: test/tidy/table.ts)`)];
}

function mayImport(layer: Layer, target: string): boolean {
  const own = layerOf(target);
  if (own?.folder === layer.folder) return true;
  return layer.imports.some(
    (folder) => folder === '*' || (isWithin(target, folder) && !isOwnLayerBelow(target, folder)),
  );
}

/** client/cli lies below client but is a layer of its own, which an arrow to client does not reach. */
function isOwnLayerBelow(target: string, folder: string): boolean {
  const own = layerOf(target)?.folder ?? folder;
  return own !== folder && own.startsWith(`${folder}/`);
}

/** The layer with the longest folder that holds `path`, or null. */
export function layerOf(path: string): Layer | null {
  const fitting = layers.filter((layer) => isWithin(path, layer.folder));
  return fitting.sort((a, b) => b.folder.length - a.folder.length)[0] ?? null;
}

/** Static, type-only, re-exporting and plain dynamic imports, as TypeScript's own scanner lists them. */
export function importsOf(file: SourceFile): Import[] {
  const { importedFiles } = ts.preProcessFile(file.text, true, true);
  return importedFiles.map(({ fileName, pos }) => ({ specifier: fileName, line: lineAt(file.text, pos) }));
}

function unusedFiles(files: readonly SourceFile[]): Finding[] {
  const used = new Set(files.flatMap((file) => importsOf(file).map((found) => targetOf(file.path, found.specifier))));
  const named = files.map((file) => file.text).join('\n');
  return files
    .filter((file) => file.path.includes('/') && !entryPoints.some((pattern) => pattern.test(file.path)))
    .filter((file) => file.path.endsWith('.ts') && !used.has(file.path) && !isNamedAsUrl(file.path, named))
    .map((file) => at(file, 0, 'is imported by nobody'));
}

/** Workers and child processes are named by URL, not imported. */
function isNamedAsUrl(path: string, text: string): boolean {
  const name = posix.basename(path, '.ts').replace(/[.]/g, '\\.');
  return new RegExp(`new URL\\([^)]*${name}\\.[jt]s`).test(text);
}

/** The path that `specifier` names from `from`, with .js read as the .ts that it is compiled from. */
export function targetOf(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

function at(file: SourceFile, line: number, message: string): Finding {
  return { path: file.path, line, message };
}
