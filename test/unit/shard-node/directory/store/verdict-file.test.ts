/** Verdicts as bytes. */
import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { decodeVerdicts, encodeVerdicts } from '../../../../../shard-node/directory/store/verdict-file.js';
import { verdict } from './directory-store-conformance.js';

describe('a file of verdicts', () => {
  const records = [
    verdict(1n, 0.5),
    { ...verdict(2n ** 60n, 7, 'wörd'), firstSequence: 9n, firstMs: 6, verdicts: [], docIds: new BigUint64Array(0) },
  ];

  it('comes back as it was', () => {
    assert.deepEqual(decodeVerdicts(encodeVerdicts(records), 'f'), records);
    assert.deepEqual(decodeVerdicts(encodeVerdicts([]), 'f'), []);
  });

  it('comes back from format version 1, where each is its own first', () => {
    const bytes = encodeVerdicts([verdict(3n, 5, 'w')]);
    const first = 16 + 20;
    const body = Buffer.concat([bytes.subarray(0, first), bytes.subarray(first + 16, -4)]);
    body.writeUInt32LE(1, 8);
    const end = Buffer.alloc(4);
    end.writeUInt32LE(crc32(body));
    assert.deepEqual(decodeVerdicts(Buffer.concat([body, end]), 'f'), [verdict(3n, 5, 'w')]);
  });

  it('is damaged where a byte is another, or missing', () => {
    const bytes = encodeVerdicts(records);
    for (let at = 0; at < bytes.length; at += 1) {
      const other = Buffer.from(bytes);
      other[at] = other[at]! ^ 16;
      assert.throws(() => decodeVerdicts(other, 'f'), { code: 'DATA_LOSS' });
      assert.throws(() => decodeVerdicts(bytes.subarray(0, at), 'f'), { code: 'DATA_LOSS' });
    }
  });
});
