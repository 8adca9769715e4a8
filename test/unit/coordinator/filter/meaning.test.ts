/**
 * A filter means the same as written and as evaluated: random filters, each made together with the predicate that says what it means,
 * go the whole way from text over the wire to the rows of a segment.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { hasBit } from '../../../../vector-index/bitmap.js';
import { filterBitmap } from '../../../../vector-index/filter/filter-bitmap.js';
import { Filter } from '../../../../proto/generated/shoal/v1/filter.js';
import { rowFilterOf } from '../../../../shard-node/search/filter.js';
import type { AttributeValue } from '../../../../vector-index/document.js';
import { mutableColumns, sealedColumns, type Attributes } from '../../vector-index/filter/fixtures.js';
import { compiled } from './fixtures.js';

/** A document in JavaScript's own terms: `undefined` = it lacks the attribute. */
interface Plain {
  readonly year?: bigint | undefined;
  readonly price?: number | undefined;
  readonly lang?: string | undefined;
  readonly sold?: boolean | undefined;
  readonly at?: Date | undefined;
  readonly tags?: readonly string[] | undefined;
}

interface Meant {
  readonly text: string;
  readonly holds: (document: Plain) => boolean;
}

type Ordering = '==' | '!=' | '<' | '<=' | '>' | '>=';

const ordering = fc.constantFrom<Ordering>('==', '!=', '<', '<=', '>', '>=');
const year = fc.constantFrom(-1n, 0n, 1999n, 2000n, 2n ** 53n + 1n);
const price = fc.constantFrom(-1.5, 0, 0.1, 2, 1e300);
const word = fc.constantFrom('', 'a', 'ab', 'b"\\', 'ß', '\ue000', '🙂');
const time = fc.constantFrom(0, 999, 1_700_000_000_000).map((milliseconds) => new Date(milliseconds));

function order<T>(operator: Ordering, left: T, right: T): boolean {
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

const turned: Readonly<Record<Ordering, Ordering>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** `name operator literal`, or the other way round. */
function compare<T, K>(
  name: keyof Plain,
  value: fc.Arbitrary<T>,
  write: (value: T) => string,
  key: (value: T) => K,
): fc.Arbitrary<Meant> {
  return fc.tuple(ordering, value, fc.boolean()).map(([operator, wanted, isTurned]) => ({
    text: isTurned ? `${write(wanted)} ${turned[operator]} ${name}` : `${name} ${operator} ${write(wanted)}`,
    holds: (document) => document[name] !== undefined && order(operator, key(document[name] as T), key(wanted)),
  }));
}

const utf8 = (text: string): string => Buffer.from(text).toString('hex');

function says(text: string, holds: Meant['holds']): Meant {
  return { text, holds };
}

const decimal = (value: number): string => (Number.isInteger(value) && value < 1e15 ? `${value}.0` : String(value));
const leaf: fc.Arbitrary<Meant> = fc.oneof(
  compare('year', year, String, (value) => value),
  compare('price', price, decimal, (value) => value),
  compare('lang', word, (text) => JSON.stringify(text), utf8),
  compare(
    'at',
    time,
    (date) => `timestamp("${date.toISOString()}")`,
    (date) => date.getTime(),
  ),
  compare('sold', fc.boolean(), String, Number),
  word.map((text) => says(`${JSON.stringify(text)} in tags`, ({ tags }) => tags?.includes(text) === true)),
  word.map((text) => says(`lang.startsWith(${JSON.stringify(text)})`, ({ lang }) => lang?.startsWith(text) === true)),
  fc
    .array(year, { maxLength: 3 })
    .map((years) =>
      says(`year in [${years.join(', ')}]`, (document) => document.year !== undefined && years.includes(document.year)),
    ),
  fc.constant(says('sold', ({ sold }) => sold === true)),
  fc.boolean().map((value) => says(String(value), () => value)),
  fc
    .constantFrom<keyof Plain>('year', 'price', 'lang', 'sold', 'at', 'tags')
    .map((name) => says(`has(${name})`, (document) => document[name] !== undefined)),
);

const meant: fc.Arbitrary<Meant> = fc.letrec<{ filter: Meant }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc
      .tuple(tie('filter'), tie('filter'))
      .map(([left, right]) =>
        says(`(${left.text}) && (${right.text})`, (document) => left.holds(document) && right.holds(document)),
      ),
    fc
      .tuple(tie('filter'), tie('filter'))
      .map(([left, right]) =>
        says(`(${left.text}) || (${right.text})`, (document) => left.holds(document) || right.holds(document)),
      ),
    tie('filter').map((inner) => says(`!(${inner.text})`, (document) => !inner.holds(document))),
  ),
})).filter;

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const documents = fc.array(
  fc.record({
    year: maybe(year),
    price: maybe(price),
    lang: maybe(word),
    sold: maybe(fc.boolean()),
    at: maybe(time),
    tags: maybe(fc.array(word, { maxLength: 3 })),
  }),
  { minLength: 1, maxLength: 40 },
);

/** What the document has. */
function attributesOf(document: Plain): Attributes {
  const all = Object.entries(document) as [string, AttributeValue | undefined][];
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

describe('a filter', () => {
  it('lets through what its text says, in memory and in a file', async () => {
    await fc.assert(
      fc.asyncProperty(documents, fc.array(meant, { minLength: 6, maxLength: 6 }), async (plain, filters) => {
        const rows = plain.map(attributesOf);
        const places = [mutableColumns(rows), await sealedColumns(rows)];
        for (const { text, holds } of filters) {
          const filter = rowFilterOf(Filter.decode(Filter.encode(compiled(text)).finish()))!;
          const expected = [...plain.keys()].filter((row) => holds(plain[row]!));
          for (const attributes of places) {
            const bits = filterBitmap({ attributes, filters: null }, rows.length, filter);
            const passed = [...plain.keys()].filter((row) => bits === null || hasBit(bits, row));
            assert.deepEqual(passed, expected, text);
          }
        }
      }),
      { seed: 29, numRuns: 150 },
    );
  });
});
