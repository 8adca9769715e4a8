/** Entries, headers and footers of runs as bytes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  damaged,
  decodeFooter,
  decodeValue,
  encodeFooter,
  encodeHeader,
  encodeValue,
  isGone,
  runFormat,
  skipValue,
  valueBytesMax,
} from '../../../../../shard-node/directory/store/run-format.js';

const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const codes = fc.uniqueArray(fc.nat(2 ** 31), { minLength: 1, maxLength: 6 });

describe('the value of a run’s entry', () => {
  it('comes back as it was, and ends where it says', () =>
    fc.assert(
      fc.property(uint64, uint64, codes, fc.boolean(), (docId, contentHash, places, isUnheard) => {
        const entry = { docId, contentHash, places, unheard: isUnheard ? [places[0]!] : [] };
        const bytes = Buffer.alloc(valueBytesMax(places.length + 1) + 3);
        const end = encodeValue(entry, bytes, 3);
        assert.ok(end <= bytes.length);
        assert.deepEqual(decodeValue(bytes, 3), entry);
        assert.equal(skipValue(bytes, 3), end);
        assert.equal(isGone(bytes, 3), false);
      }),
      { numRuns: 300, seed: 2 },
    ));

  it('of an id that is gone takes a byte', () => {
    const bytes = Buffer.alloc(valueBytesMax(0));
    assert.equal(encodeValue(null, bytes, 0), 1);
    assert.deepEqual([decodeValue(bytes, 0), isGone(bytes, 0), skipValue(bytes, 0)], [null, true, 1]);
  });
});

describe('the footer of a run', () => {
  const footer = { entries: 3, blocks: 1, indexOffset: 16, filterOffset: 20, filterBytes: 8, indexCrc: 9 };
  const file = Buffer.concat([encodeHeader(), encodeFooter(footer)]);

  it('comes back as it was', () => assert.deepEqual(decodeFooter(file, 'run'), footer));

  it('is damaged where a byte is another, or missing', () => {
    for (const at of [0, runFormat.headerBytes + 5, file.length - 1]) {
      const other = Buffer.from(file);
      other[at] = other[at]! ^ 4;
      assert.throws(() => decodeFooter(other, 'run'), { code: 'DATA_LOSS' });
    }
    assert.throws(() => decodeFooter(file.subarray(1), 'run'), { code: 'DATA_LOSS' });
    assert.throws(() => decodeFooter(Buffer.alloc(0), 'run'), { code: 'DATA_LOSS' });
  });

  it('names the file that is damaged', () => {
    assert.deepEqual(damaged('x/run', 'block 3').details, { damaged: 'x/run' });
    assert.match(damaged('x/run', 'block 3').message, /x\/run does not match: block 3/);
  });
});
