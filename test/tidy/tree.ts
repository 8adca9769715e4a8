/** The files that the checks look at, read once: everything that is kept, nothing that is generated or installed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** What a check found: one line for the person who has to mend it. */
export interface Finding {
  readonly path: string;
  /** From 1; 0 = the file as a whole. */
  readonly line: number;
  readonly message: string;
}

const leftOut = new Set([
  '.git',
  '.cache',
  'node_modules',
  'dist',
  'build',
  'shoal-data',
  'models/default',
  'proto/generated',
]);

/** Every kept file whose name ends in one of `endings`. */
export function filesEndingIn(endings: readonly string[]): SourceFile[] {
  return pathsBelow('')
    .filter((path) => endings.some((ending) => path.endsWith(ending)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** Every kept path, ascending. */
export function pathsBelow(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (leftOut.has(path)) return [];
    if (entry.isDirectory()) return pathsBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

/** True where `path` is `home` or lies below it. */
export function isWithin(path: string, home: string): boolean {
  return path === home || path.startsWith(`${home}/`);
}

/** `path:line: message`, as editors understand it. */
export function render(findings: readonly Finding[]): string {
  return findings.map(({ path, line, message }) => `${path}${line > 0 ? `:${line}` : ''}: ${message}`).join('\n');
}
