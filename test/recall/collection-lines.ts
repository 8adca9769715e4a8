/** Lines of a collection's files, which may be compressed. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The lines of the file at `path`, or of `path`.gz where there is no such file. */
export function collectionLines(path: string): string[] {
  return readText(path).trim().split('\n');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return gunzipSync(readFileSync(`${path}.gz`)).toString('utf8');
  }
}
