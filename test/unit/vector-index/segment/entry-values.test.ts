import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import type { AttributeScalar } from '../../../../vector-index/document.js';
import { valueSatisfies } from '../../../../vector-index/filter/value-condition.js';
import { entryValues, type EntryTest } from '../../../../vector-index/segment/entry-values.js';
import type { AttributeKind, ValueComparator } from '../../../../vector-index/segment/segment-reader.js';

const run = { seed: 37, numRuns: 400 };
const comparators: readonly ValueComparator[] = [
  'equal',
  'less',
  'lessEqual',
  'greater',
  'greaterEqual',
  'in',
  'contains',
];

const scalars: Readonly<Record<AttributeKind, fc.Arbitrary<AttributeScalar>>> = {
  string: fc.string({ unit: 'binary', maxLength: 3 }),
  int64: fc.oneof(
    fc.bigInt({ min: -3n, max: 3n }),
    fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 2n }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  ),
  double: fc.oneof(
    fc.double(),
    fc.constantFrom(-Infinity, -0, 0, Number.MIN_VALUE, -Number.MIN_VALUE, Infinity, Number.NaN),
  ),
  bool: fc.boolean(),
  timestamp: fc.integer({ min: -5, max: 5 }).map((milliseconds) => new Date(milliseconds)),
};

function satisfied(test: EntryTest, at: number): boolean {
  if (test.kind === 'range') return test.numbers[at]! >= test.least && test.numbers[at]! <= test.most;
  return test.kind === 'codes' ? test.verdicts[test.codes[at]!] === 1 : test.satisfies(at);
}

describe('values of an attribute in memory', () => {
  for (const kind of Object.keys(scalars) as AttributeKind[]) {
    it(`of ${kind} satisfy what each of them satisfies`, () => {
      const comparator = fc.constantFrom<ValueComparator>(
        ...comparators,
        ...(kind === 'string' ? ['startsWith' as const] : []),
      );
      const held = fc.array(scalars[kind], { minLength: 1, maxLength: 12 });
      fc.assert(
        fc.property(
          held,
          comparator,
          fc.array(scalars[kind], { minLength: 1, maxLength: 3 }),
          (all, compare, wanted) => {
            const values = entryValues(kind);
            for (const [at, value] of all.entries()) values.add(at, value);
            assert.deepEqual(
              all.map((_, at) => values.get(at)),
              all,
            );
            // Half of the time what is asked for is there.
            const condition = {
              comparator: compare,
              values: [...(all.length % 2 === 0 ? all.slice(0, 1) : []), ...wanted],
            };
            const test = values.test(condition);
            assert.deepEqual(
              all.map((_, at) => satisfied(test, at)),
              all.map((value) => valueSatisfies(value, condition)),
            );
          },
        ),
        run,
      );
    });
  }

  it('are as good as doubles while all of them are whole numbers that doubles hold', () => {
    const values = entryValues('int64');
    values.add(0, 5n);
    assert.equal(values.test({ comparator: 'less', values: [6n] }).kind, 'range');
    assert.equal(values.test({ comparator: 'less', values: [2n ** 60n] }).kind, 'each');
    values.add(1, 2n ** 60n);
    assert.equal(values.test({ comparator: 'less', values: [6n] }).kind, 'each');
  });
});
