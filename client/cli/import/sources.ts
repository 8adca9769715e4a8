/** What the words after `import NAME` stand for: JSON lines files, standard input, BEIR directories. */
import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { ShoalError } from '../../../base/errors.js';
import { linesOf, openLines, statOf, type LineFile } from './lines.js';

/** The file of a BEIR directory that `name` (without .jsonl) stands for, compressed or not. NOT_FOUND when there is none. */
export function beirFile(directory: string, name: 'corpus' | 'queries'): string {
  for (const ending of ['.jsonl', '.jsonl.gz']) {
    const path = join(directory, name + ending);
    if (existsSync(path)) return path;
  }
  throw new ShoalError(
    'NOT_FOUND',
    `${directory} has neither ${name}.jsonl nor ${name}.jsonl.gz; give a BEIR directory or the JSON lines files themselves`,
  );
}

/**
 * Opens every path; "-" is `stdin`. With `spool`, what comes from `stdin` is also written to that file, so that its lines can be read
 * again; the caller deletes it.
 */
export async function openSources(
  paths: readonly string[],
  input: { readonly stdin: Readable; readonly spool?: string },
): Promise<LineFile[]> {
  const files: LineFile[] = [];
  for (const path of paths) files.push(path === '-' ? standardInput(input) : await openLines(corpusOf(path)));
  return files;
}

/**
 * The file among `paths` that writing to `output` would destroy; null when there is none. NOT_FOUND when one of `paths` cannot be
 * read, so that this is known before anything is created.
 */
export async function sourceAt(paths: readonly string[], output: string | undefined): Promise<string | null> {
  const target = output !== undefined && existsSync(output) ? statSync(output) : null;
  for (const path of paths.filter((each) => each !== '-').map(corpusOf)) {
    const source = await statOf(path);
    // The same file may have two names; devices and pipes lose nothing by being written to.
    if (target?.isFile() === true && source.dev === target.dev && source.ino === target.ino) return path;
  }
  return null;
}

function corpusOf(path: string): string {
  return existsSync(path) && statSync(path).isDirectory() ? beirFile(path, 'corpus') : path;
}

function standardInput(input: { readonly stdin: Readable; readonly spool?: string }): LineFile {
  const { stdin, spool } = input;
  const state = { wasRead: false };
  return linesOf({ name: '-', sizeBytes: 0, canReread: spool !== undefined }, () => {
    if (state.wasRead && spool !== undefined) return createReadStream(spool);
    state.wasRead = true;
    return spool === undefined ? stdin : stdin.pipe(copyingTo(spool));
  });
}

function copyingTo(path: string): Transform {
  const copy = createWriteStream(path);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      copy.write(chunk, (error) => done(error, chunk));
    },
    flush(done) {
      copy.end(done);
    },
  });
}
