/**
 * One attribute of a segment in memory: its values in order of arrival, beside the rows that have them.
 *
 * A filter looks at each value once: at numbers as they lie in their array, at strings once for each distinct one. Rows that lack
 * the attribute cost nothing, so that a thousand attributes of few documents each do no harm.
 */
import { unreachable } from '../../base/assert.js';
import { firstAtLeast } from '../binary-search.js';
import { setBit } from '../bitmap.js';
import type { AttributeScalar, AttributeValue } from '../document.js';
import type { AttributeType } from './attribute-columns.js';
import { grown } from './growable.js';
import { entryValues, type EntryTest, type EntryValues } from './entry-values.js';
import type { AttributeColumn, AttributeKind, ValueCondition } from './segment-reader.js';

export class AttributeEntries implements AttributeColumn {
  readonly name: string;
  readonly kind: AttributeKind;
  readonly isList: boolean;
  readonly #values: EntryValues;
  /** uint32[entries], ascending. */
  #rows = new Uint32Array(0);
  /** uint32[entries + 1]: where the elements of each entry begin. */
  #starts = new Uint32Array(1);
  #count = 0;

  constructor(name: string, { kind, isList }: AttributeType) {
    this.name = name;
    this.kind = kind;
    this.isList = isList;
    this.#values = entryValues(kind);
  }

  /** Adds the value of a row behind all rows so far. */
  add(row: number, value: AttributeValue): void {
    const entry = this.#count;
    this.#rows = grown(this.#rows, entry + 1);
    this.#starts = grown(this.#starts, entry + 2);
    this.#rows[entry] = row;
    let end = this.#starts[entry]!;
    for (const element of this.isList ? (value as readonly AttributeScalar[]) : [value as AttributeScalar]) {
      this.#values.add(end, element);
      end += 1;
    }
    this.#starts[entry + 1] = end;
    this.#count += 1;
  }

  value(row: number): AttributeValue | undefined {
    const entry = this.#entryOf(row);
    if (this.#rows[entry] !== row || entry >= this.#count) return undefined;
    if (!this.isList) return this.#values.get(this.#starts[entry]!);
    const elements: AttributeScalar[] = [];
    for (let at = this.#starts[entry]!; at < this.#starts[entry + 1]!; at += 1) elements.push(this.#values.get(at));
    return elements;
  }

  markPresent(bits: Uint8Array): void {
    const end = this.#endOf(bits);
    for (let entry = 0; entry < end; entry += 1) setBit(bits, this.#rows[entry]!);
  }

  mark(condition: ValueCondition, bits: Uint8Array): void {
    const test = this.#values.test(condition);
    const end = this.#endOf(bits);
    if (this.isList || test.kind === 'each') this.#markEach(eachTest(test), end, bits);
    else if (test.kind === 'range') markRange(test, this.#rows, end, bits);
    else markCodes(test, this.#rows, end, bits);
  }

  #markEach(satisfies: (at: number) => boolean, end: number, bits: Uint8Array): void {
    for (let entry = 0; entry < end; entry += 1) {
      for (let at = this.#starts[entry]!; at < this.#starts[entry + 1]!; at += 1) {
        if (!satisfies(at)) continue;
        setBit(bits, this.#rows[entry]!);
        break;
      }
    }
  }

  /** Entries whose rows have a place in `bits`. */
  #endOf(bits: Uint8Array): number {
    return this.#entryOf(bits.length * 8);
  }

  /** The first entry at or behind `row`. */
  #entryOf(row: number): number {
    return firstAtLeast(this.#rows, row, this.#count);
  }
}

function eachTest(test: EntryTest): (at: number) => boolean {
  switch (test.kind) {
    case 'range': {
      const { numbers, least, most } = test;
      return (at) => numbers[at]! >= least && numbers[at]! <= most;
    }
    case 'codes':
      return (at) => test.verdicts[test.codes[at]!] === 1;
    case 'each':
      return test.satisfies;
    default:
      return unreachable(test);
  }
}

/** Value number n is that of row `rows[n]`. No branch on a value: half of all rows is what a branch predicts worst. */
function markRange(
  { numbers, least, most }: Extract<EntryTest, { kind: 'range' }>,
  rows: Uint32Array,
  end: number,
  bits: Uint8Array,
): void {
  // Where every row has a value, whole bytes are made at once: a byte that is read back for each row is waited for each time.
  const whole = end > 0 && rows[end - 1] === end - 1 ? end & ~7 : 0;
  for (let from = 0; from < whole; from += 8) {
    let byte = 0;
    for (let at = from; at < from + 8; at += 1) {
      const number = numbers[at]!;
      byte = (byte >>> 1) | ((Number(number >= least) & Number(number <= most)) << 7);
    }
    bits[from >>> 3] = byte;
  }
  for (let at = whole; at < end; at += 1) {
    const number = numbers[at]!;
    const row = rows[at]!;
    bits[row >>> 3]! |= (Number(number >= least) & Number(number <= most)) << (row & 7);
  }
}

function markCodes(
  test: Extract<EntryTest, { kind: 'codes' }>,
  rows: Uint32Array,
  end: number,
  bits: Uint8Array,
): void {
  const { codes, verdicts } = test;
  for (let at = 0; at < end; at += 1) {
    const row = rows[at]!;
    bits[row >>> 3]! |= verdicts[codes[at]!]! << (row & 7);
  }
}
