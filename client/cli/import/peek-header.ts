/** Looks at the first line of an import before anything is created: an export says there what its collection was. */
import { headerFromJson, type ExportHeader } from './export-header.js';
import { parseJsonLine } from './document-json.js';
import type { Line, LineFile } from './lines.js';

/** Whether the line can be a header; only then is it parsed apart from documents. */
export function looksLikeHeader(bytes: Uint8Array): boolean {
  return /^\s*\{\s*"shoal"\s*:/.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'));
}

/**
 * The header in the first line of `file` (null when there is none), and the file with that line still to be read.
 * FAILED_PRECONDITION for an export of a newer format, INVALID_ARGUMENT for a damaged header.
 */
export async function peekHeader(
  file: LineFile,
): Promise<{ readonly header: ExportHeader | null; readonly file: LineFile }> {
  const lines = file.lines();
  const first = await lines.next();
  const bytes = first.done === true ? null : first.value.bytes;
  const header = bytes !== null && looksLikeHeader(bytes) ? headerFromJson(parseJsonLine(bytes)) : null;
  const state = { isUntouched: true };
  const again = (): AsyncGenerator<Line> => {
    if (!state.isUntouched) return file.lines();
    state.isUntouched = false;
    return withFirst(first, lines);
  };
  return { header, file: { ...file, bytesRead: () => file.bytesRead(), lines: again } };
}

async function* withFirst(first: IteratorResult<Line>, rest: AsyncGenerator<Line>): AsyncGenerator<Line> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
