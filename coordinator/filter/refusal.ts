/** What is said about a filter that cannot be taken: what is wrong, where in the text, and what would be right. */
import { ShoalError } from '../../base/errors.js';

/** A place in the filter's text, in UTF-16 units. */
export interface Place {
  readonly start: number;
}

/** What filters can say, in few words; README says it at length. */
export const supportedInFilters = 'filters know == != < <= > >= in && || ! ( ) has(a) a.startsWith("…") timestamp("…")';

/** Characters of the line that are shown on either side of the place. */
const excerptReach = 40;

/** INVALID_ARGUMENT that `what` is wrong at `place` of `text`, with the line and a caret under the place. */
export function refusal(text: string, place: Place, what: string): ShoalError {
  const offset = Math.min(Math.max(place.start, 0), text.length);
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(0, lineStart).split('\n').length;
  const column = [...text.slice(lineStart, offset)].length + 1;
  return new ShoalError(
    'INVALID_ARGUMENT',
    `the filter is wrong at line ${line}, column ${column}: ${printable(what)}\n${excerpt(text, lineStart, offset)}`,
    { details: { line: String(line), column: String(column), offset: String(offset) } },
  );
}

function excerpt(text: string, lineStart: number, offset: number): string {
  const newline = text.indexOf('\n', offset);
  const lineEnd = newline < 0 ? text.length : newline;
  const before = [...text.slice(lineStart, offset)];
  const after = [...text.slice(offset, lineEnd)];
  const left = before.length > excerptReach ? ['…', ...before.slice(-excerptReach)] : before;
  const right = after.length > excerptReach ? [...after.slice(0, excerptReach), '…'] : after;
  return `  ${printable([...left, ...right].join(''))}\n  ${' '.repeat(left.length)}^`;
}

/** A filter is a stranger's text on its way to a terminal: tabs would move the caret, control characters more than that. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, ' ');
}
