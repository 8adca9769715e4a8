/**
 * The values of one attribute in memory, as numbers whose order is theirs wherever that is possible: a filter over them is then two
 * comparisons of doubles a value, or one look into a table.
 */
import { unreachable } from '../../base/assert.js';
import type { AttributeScalar } from '../document.js';
import { valueSatisfies } from '../filter/value-condition.js';
import { grown } from './growable.js';
import type { AttributeKind, ValueCondition } from './segment-reader.js';

/** Which values satisfy a condition. */
export type EntryTest =
  /** Those from `least` to `most`, both included. */
  | { readonly kind: 'range'; readonly numbers: Float64Array; readonly least: number; readonly most: number }
  /** Those whose code has verdict 1. */
  | { readonly kind: 'codes'; readonly codes: Uint32Array; readonly verdicts: Uint8Array }
  /** Those for which it says so. */
  | { readonly kind: 'each'; readonly satisfies: (at: number) => boolean };

/** Values of one kind, one after another. */
export interface EntryValues {
  /** Puts value number `at`, the next one. */
  add(at: number, value: AttributeScalar): void;
  get(at: number): AttributeScalar;
  test(condition: ValueCondition): EntryTest;
}

/** An empty list of values of `kind`. */
export function entryValues(kind: AttributeKind): EntryValues {
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
  #numbers = new Float64Array(0);

  constructor(scalarOf: (value: number) => AttributeScalar) {
    this.#scalarOf = scalarOf;
  }

  add(at: number, value: AttributeScalar): void {
    this.#numbers = grown(this.#numbers, at + 1);
    this.#numbers[at] = Number(value);
  }

  get(at: number): AttributeScalar {
    return this.#scalarOf(this.#numbers[at]!);
  }

  test(condition: ValueCondition): EntryTest {
    const numbers = this.#numbers;
    return (
      rangeTest(numbers, condition) ?? {
        kind: 'each',
        satisfies: (at) => valueSatisfies(numbers[at]!, asNumbers(condition)),
      }
    );
  }
}

/** Integers of 64 bits, and beside them the nearest doubles, which stand for them as long as they are equal. */
class IntegerEntries implements EntryValues {
  #values = new BigInt64Array(0);
  #numbers = new Float64Array(0);
  #isExact = true;

  add(at: number, value: AttributeScalar): void {
    this.#values = grown(this.#values, at + 1);
    this.#numbers = grown(this.#numbers, at + 1);
    this.#values[at] = value as bigint;
    this.#numbers[at] = Number(value);
    this.#isExact &&= Number.isSafeInteger(this.#numbers[at]);
  }

  get(at: number): AttributeScalar {
    return this.#values[at]!;
  }

  test(condition: ValueCondition): EntryTest {
    const values = this.#values;
    const range = this.#isExact && condition.values.every(isSafe) ? rangeTest(this.#numbers, condition) : null;
    return range ?? { kind: 'each', satisfies: (at) => valueSatisfies(values[at]!, condition) };
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

  test(condition: ValueCondition): EntryTest {
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
    return { kind: 'codes', codes: this.#codes, verdicts };
  }
}

function isSafe(value: AttributeScalar): boolean {
  return Number.isSafeInteger(Number(value));
}

/** The condition over the numbers that stand for its values. */
function asNumbers({ comparator, values }: ValueCondition): ValueCondition {
  return { comparator, values: values.map(Number) };
}

/** The condition as a range of `numbers`; null when it is none. */
function rangeTest(numbers: Float64Array, { comparator, values }: ValueCondition): EntryTest | null {
  const wanted = Number(values[0] ?? Number.NaN);
  const range = (least: number, most: number): EntryTest => ({ kind: 'range', numbers, least, most });
  switch (comparator) {
    case 'equal':
    case 'contains':
      return range(wanted, wanted);
    case 'less':
      return range(-Infinity, nextDouble(wanted, -1));
    case 'lessEqual':
      return range(-Infinity, wanted);
    case 'greater':
      return range(nextDouble(wanted, 1), Infinity);
    case 'greaterEqual':
      return range(wanted, Infinity);
    case 'in':
    case 'startsWith':
      return null;
    default:
      return unreachable(comparator);
  }
}

/** The double next to `value` in the direction of `step`; NaN, of which nothing is on either side, where there is none. */
function nextDouble(value: number, step: 1 | -1): number {
  if (Number.isNaN(value) || value === step * Infinity) return Number.NaN;
  if (value === 0) return step * Number.MIN_VALUE;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(value > 0 ? step : -step));
  return view.getFloat64(0);
}
