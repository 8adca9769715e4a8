import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { compareScalars, compareStrings } from '../../../../vector-index/filter/scalar-order.js';

const run = { seed: 7, numRuns: 500 };
const text = fc.string({
  unit: fc.constantFrom('a', 'b', '\u00e9', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
});

describe('the order of attribute values', () => {
  it('orders strings as their UTF-8 bytes are ordered', () => {
    fc.assert(
      fc.property(text, text, (left, right) => {
        const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
        assert.equal(Math.sign(compareStrings(left, right)), expected);
      }),
      run,
    );
  });

  it('orders int64 beyond what a double can tell apart', () => {
    assert.equal(compareScalars(2n ** 53n, 2n ** 53n + 1n), -1);
    assert.equal(compareScalars(-(2n ** 63n), 2n ** 63n - 1n), -1);
    assert.equal(compareScalars(2n ** 62n, 2n ** 62n), 0);
  });

  it('takes -0 for 0, and NaN for neither smaller nor larger nor equal', () => {
    assert.equal(compareScalars(-0, 0), 0);
    assert.ok(Number.isNaN(compareScalars(Number.NaN, Number.NaN)));
    assert.ok(Number.isNaN(compareScalars(Number.NaN, 1)));
  });

  it('orders false before true and timestamps by their milliseconds', () => {
    assert.equal(compareScalars(false, true), -1);
    assert.equal(compareScalars(new Date(5), new Date(4)), 1);
    assert.equal(compareScalars(new Date(5), new Date(5)), 0);
  });
});
