/** How numbers, texts and tables look to people. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { grouped } from '../../base/counted.js';
import type { CliContext } from './context.js';

export type Colours = ReturnType<typeof pc.createColors>;

/** Colours where standard output is a terminal and NO_COLOR is not set; else functions that change nothing. */
export function colours(context: Pick<CliContext, 'stdout' | 'env'>): Colours {
  const noColour = context.env['NO_COLOR'] ?? '';
  return pc.createColors(context.stdout.isTTY === true && noColour === '' && context.env['TERM'] !== 'dumb');
}

/** Rows under a head, in columns without lines; numbers to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  paint: Colours,
): string {
  const lines = new Table({
    head: head.map((title) => paint.bold(title)),
    colAligns: head.map((_, column) => (typeof rows[0]?.[column] === 'number' ? 'right' : 'left')),
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
  });
  for (const row of rows) lines.push(row.map((cell) => (typeof cell === 'number' ? grouped(cell) : cell)));
  return lines
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Bytes in the largest fitting binary unit. */
export function byteSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`;
}

/** `text` without the control characters by which a document could steer the reader's terminal; line ends and tabs stay. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\r\n\t]/gu, '\ufffd');
}

/** One line of at most `width` characters, with an ellipsis where it was cut. */
export function snippet(text: string, width: number): string {
  const line = printable(text).replace(/\s+/g, ' ').trim();
  const characters = [...line];
  return characters.length <= width ? line : `${characters.slice(0, Math.max(1, width - 1)).join('')}…`;
}

const noLines = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
