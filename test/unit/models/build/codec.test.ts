import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { trainCodec } from '../../../../models/build/codec.js';
import { normalizeRows } from '../../../../trainer/rows.js';

describe('training a token codec', () => {
  it('gives one that decodes near what it encodes, equal for equal seeds', () => {
    const random = seededRandom(2);
    const rows = Float32Array.from({ length: 600 * 16 }, () => random.normal());
    normalizeRows(rows, 16);
    const counts = Array<number>(12).fill(50);
    const options = {
      dim: 16,
      counts,
      centroids: 32,
      nbits: 4,
      iterations: 4,
      seed: 1,
      onProgress: () => undefined,
    } as const;
    const codec = trainCodec(rows, options);
    const decoded = codec.decode(codec.encode(rows.subarray(0, 160)), 10);
    for (let row = 0; row < 10; row++) {
      let product = 0;
      for (let j = row * 16; j < row * 16 + 16; j++) product += (decoded[j] ?? 0) * (rows[j] ?? 0);
      assert.ok(product > 0.85, `cosine ${product}`);
    }
    assert.equal(trainCodec(rows, options).version, codec.version);
  });

  it('refuses counts of other rows', () => {
    const options = { dim: 16, counts: [3], centroids: 1, nbits: 2, iterations: 1, seed: 1 } as const;
    const run = () => trainCodec(new Float32Array(64), { ...options, onProgress: () => undefined });
    assert.throws(run, { code: 'INTERNAL' });
  });
});
