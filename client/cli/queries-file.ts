/** A file of queries: a text a line, or JSON lines with `text`, as collections for evaluation have them. */
import { ShoalError } from '../../base/errors.js';
import { parseJsonLine } from './import/document-json.js';
import { openLines } from './import/lines.js';

/** The queries in `path`, in its order, empty lines left out. NOT_FOUND without the file; INVALID_ARGUMENT names the line that is wrong. */
export async function readQueries(path: string): Promise<readonly string[]> {
  const queries: string[] = [];
  for await (const { number, bytes } of (await openLines(path)).lines()) {
    const query = bytes === null ? null : queryOf(bytes, `${path}:${number}`);
    if (query === null) throw new ShoalError('INVALID_ARGUMENT', `${path}:${number} is too long for a query`);
    if (query !== '') queries.push(query);
  }
  if (queries.length > 0) return queries;
  throw new ShoalError('INVALID_ARGUMENT', `${path} has no queries; give a text a line, or JSON lines with "text"`);
}

function queryOf(bytes: Buffer, place: string): string {
  const line = bytes.toString('utf8').trim();
  if (!line.startsWith('{')) return line;
  try {
    const { text } = parseJsonLine(bytes);
    if (typeof text === 'string') return text.trim();
  } catch (error) {
    throw new ShoalError('INVALID_ARGUMENT', `${place}: ${ShoalError.from(error).message}`, { cause: error });
  }
  throw new ShoalError('INVALID_ARGUMENT', `${place} has no "text"`);
}
