/**
 * One attribute of a segment in memory: its values in order of arrival, beside the rows that have them.
 *
 * A filter looks at each value once: at numbers as they lie in their array, at strings once for each distinct one. Rows that lack
 * the attribute cost nothing, so that a thousand attributes of few documents each do no harm.
 */
import { unreachable } from '../../base/assert.js';
import { setBit } from '../bitmap.js';
import type { AttributeScalar, AttributeValue } from '../document.js';
import { valueSatisfies } from '../filter/value-condition.js';
import type { AttributeType } from './attribute-columns.js';
import { grown } from './growable.js';
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
    for (let entry = 0; entry < this.#endOf(bits); entry += 1) setBit(bits, this.#rows[entry]!);
  }

  mark(condition: ValueCondition, bits: Uint8Array): void {
    const satisfies = this.#values.test(condition);
    const end = this.#endOf(bits);
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
    let from = 0;
    let to = this.#count;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#rows[middle]! < row) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

/** Values of one kind, one after another. */
interface EntryValues {
  /** Puts value number `at`, the next one. */
  add(at: number, value: AttributeScalar): void;
  get(at: number): AttributeScalar;
  /** Whether value number `at` satisfies the condition. */
  test(condition: ValueCondition): (at: number) => boolean;
}

function entryValues(kind: AttributeKind): EntryValues {
  switch (kind) {
    case 'string':
      return new StringEntries();
    case 'int64':
      return new IntegerEntries();
    case 'double':
      return new NumberEntries((value) => value);
    case 'bool':
      return new NumberEntries((value) => value === 1);
    case 'timestamp':
      return new NumberEntries((value) => new Date(value));
    default:
      return unreachable(kind);
  }
}

/** Doubles, and what is as good as one: milliseconds and bools. */
class NumberEntries implements EntryValues {
  readonly #scalarOf: (value: number) => AttributeScalar;
  #values = new Float64Array(0);

  constructor(scalarOf: (value: number) => AttributeScalar) {
    this.#scalarOf = scalarOf;
  }

  add(at: number, value: AttributeScalar): void {
    this.#values = grown(this.#values, at + 1);
    this.#values[at] = Number(value);
  }

  get(at: number): AttributeScalar {
    return this.#scalarOf(this.#values[at]!);
  }

  test({ comparator, values }: ValueCondition): (at: number) => boolean {
    const held = this.#values;
    const [wanted = Number.NaN] = values.map(Number);
    switch (comparator) {
      case 'less':
        return (at) => held[at]! < wanted;
      case 'lessEqual':
        return (at) => held[at]! <= wanted;
      case 'greater':
        return (at) => held[at]! > wanted;
      case 'greaterEqual':
        return (at) => held[at]! >= wanted;
      case 'equal':
      case 'contains':
        return (at) => held[at] === wanted;
      case 'in': {
        const all = new Set(values.map(Number).filter((value) => !Number.isNaN(value)));
        return (at) => all.has(held[at]!);
      }
      case 'startsWith':
        return () => false;
      default:
        return unreachable(comparator);
    }
  }
}

/** Integers of 64 bits. Compared by halves, since every BigInt that is read is allocated. */
class IntegerEntries implements EntryValues {
  #values = new BigInt64Array(0);

  add(at: number, value: AttributeScalar): void {
    this.#values = grown(this.#values, at + 1);
    this.#values[at] = value as bigint;
  }

  get(at: number): AttributeScalar {
    return this.#values[at]!;
  }

  test(condition: ValueCondition): (at: number) => boolean {
    const { comparator, values } = condition;
    const [wanted] = values;
    const held = this.#values;
    if (comparator === 'in') {
      const all = new Set(values);
      return (at) => all.has(held[at]!);
    }
    if (typeof wanted !== 'bigint') return () => false;
    const low = new Uint32Array(held.buffer);
    const high = new Int32Array(held.buffer);
    const [wantedLow, wantedHigh] = [Number(BigInt.asUintN(32, wanted)), Number(BigInt.asIntN(64, wanted) >> 32n)];
    // Values beyond int64 do not come over the wire; halves of one would be those of another.
    if (BigInt.asIntN(64, wanted) !== wanted) return (at) => valueSatisfies(held[at]!, condition);
    const order = (at: number): number => high[2 * at + 1]! - wantedHigh || low[2 * at]! - wantedLow;
    switch (comparator) {
      case 'less':
        return (at) => order(at) < 0;
      case 'lessEqual':
        return (at) => order(at) <= 0;
      case 'greater':
        return (at) => order(at) > 0;
      case 'greaterEqual':
        return (at) => order(at) >= 0;
      case 'equal':
      case 'contains':
        return (at) => order(at) === 0;
      case 'startsWith':
        return () => false;
      default:
        return unreachable(comparator);
    }
  }
}

/** Strings, each distinct one once. */
class StringEntries implements EntryValues {
  readonly #distinct: string[] = [];
  readonly #numbers = new Map<string, number>();
  #codes = new Uint32Array(0);

  add(at: number, value: AttributeScalar): void {
    const text = value as string;
    const number = this.#numbers.get(text) ?? this.#distinct.push(text) - 1;
    this.#numbers.set(text, number);
    this.#codes = grown(this.#codes, at + 1);
    this.#codes[at] = number;
  }

  get(at: number): AttributeScalar {
    return this.#distinct[this.#codes[at]!]!;
  }

  test(condition: ValueCondition): (at: number) => boolean {
    const codes = this.#codes;
    const verdicts = new Uint8Array(this.#distinct.length);
    const { comparator, values } = condition;
    if (comparator === 'equal' || comparator === 'contains' || comparator === 'in') {
      for (const value of comparator === 'in' ? values : values.slice(0, 1)) {
        const number = this.#numbers.get(value as string);
        if (number !== undefined) verdicts[number] = 1;
      }
    } else {
      for (const [number, text] of this.#distinct.entries()) if (valueSatisfies(text, condition)) verdicts[number] = 1;
    }
    return (at) => verdicts[codes[at]!] === 1;
  }
}
