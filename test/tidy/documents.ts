/** Checks of what is written for people: paths that exist, error codes that are true, nothing that holds for one machine only. */
import type { Finding, SourceFile } from './tree.js';

/** What one error code means, as base/errors.ts has it. */
export interface DocumentedCode {
  readonly status: number;
  readonly meaning: string;
}

/** Paths in backticks that are not there. `exists` answers for paths from the root. */
export function checkNamedPaths(document: SourceFile, exists: (path: string) => boolean): Finding[] {
  return linesOf(document).flatMap(({ text, line }) =>
    [...text.matchAll(/`([^`\s]+)`/g)]
      .map((match) => (match[1] ?? '').replace(/:\d+$/, ''))
      .filter(looksLikePath)
      .filter((path) => !exists(path.replace(/\/$/, '')))
      .map((path) => ({ path: document.path, line, message: `names ${path}, which does not exist` })),
  );
}

/** A word with a file ending that the tree uses, or a folder written with its slash at the end. */
function looksLikePath(word: string): boolean {
  if (/[<>*{}$()=,'"|…]/.test(word) || word.startsWith('--') || word.startsWith('@') || word.startsWith('/'))
    return false;
  if (word.startsWith('./') || word.startsWith('../')) return false;
  return (
    /^[\w.-]+(\/[\w.-]+)*\/$/.test(word) || /^[\w-]+(\/[\w.-]+)+\.(ts|mjs|cc|h|proto|md|json|gyp|yaml)$/.test(word)
  );
}

/** The table `| CODE | number | meaning |` of `document` against `codes`, both ways. */
export function checkErrorCodes(document: SourceFile, codes: Readonly<Record<string, DocumentedCode>>): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const { text, line } of linesOf(document)) {
    const row = /^\| `([A-Z_]+)` *\| *(\d+) *\| *([^|]+?) *\|/.exec(text);
    const code = row?.[1];
    if (row === null || code === undefined) continue;
    seen.add(code);
    const known = codes[code];
    if (known === undefined)
      findings.push({ path: document.path, line, message: `documents ${code}, which is no error code` });
    else if (Number(row[2]) !== known.status || row[3]?.trim() !== known.meaning) {
      findings.push({
        path: document.path,
        line,
        message: `says otherwise than base/errors.ts: ${known.status}, ${known.meaning}`,
      });
    }
  }
  const missing = Object.keys(codes).filter((code) => !seen.has(code));
  return [
    ...findings,
    ...missing.map((code) => ({ path: document.path, line: 0, message: `does not document ${code}` })),
  ];
}

const foreign: readonly { readonly pattern: RegExp; readonly what: string }[] = [
  { pattern: /(^|[\s"'`(=:])\/(work|root|home|Users|mnt)\/\w+/, what: 'an absolute path of one machine' },
  {
    pattern: /\b(registry\.npmjs|registry\.yarnpkg|npmmirror|proxy\.golang|goproxy\.|deb\.debian)/,
    what: 'the host of a registry',
  },
  { pattern: /\bissues?\s*#?\d+|\bissue #/i, what: 'a reference to an issue' },
  {
    pattern: /\b(this|last|previous|next|earlier|later) session\b|\bsession log\b/i,
    what: 'a word about how it was made',
  },
];

/** Lines that speak of one machine, of a registry, or of how the project is made. */
export function checkForeignWords(file: SourceFile): Finding[] {
  return linesOf(file).flatMap(({ text, line }) =>
    foreign
      .filter(({ pattern }) => pattern.test(text))
      .map(({ what }) => ({ path: file.path, line, message: `holds ${what}: ${text.trim().slice(0, 80)}` })),
  );
}

function linesOf(file: SourceFile): { text: string; line: number }[] {
  return file.text.split('\n').map((text, i) => ({ text, line: i + 1 }));
}
