import assert from 'node:assert/strict';
import { documentMeans, levelProduct, meanBytes, meanQuery } from '../../../../kernels/max-sim/means.js';

describe('means of coded documents', () => {
  const shape = { dim: 8, nbits: 2 };
  // A token has 6 bytes, a mean 10; the second record begins at an odd place.
  const column = Uint8Array.from({ length: 50 }, (_, i) => 200 + i);

  it('lie behind the codes, at any address; zeros where there are no tokens', () => {
    const documents = { offsets: BigUint64Array.of(0n, 99n, 27n), counts: Uint32Array.of(2, 0, 1) };
    const { steps, levels } = documentMeans(column, documents, shape);
    assert.deepEqual([...steps], [212 | (213 << 8), 0, 233 | (234 << 8)]);
    const bytes = (from: number): number[] => Array.from({ length: 8 }, (_, j) => 200 + from + j - 256);
    assert.deepEqual(
      levels.map((own) => [...own]),
      [bytes(14), Array<number>(8).fill(0), bytes(35)],
    );
  });

  it('are not read beyond the column', () => {
    const at = (offset: number) => ({ offsets: BigUint64Array.of(BigInt(offset)), counts: Uint32Array.of(1) });
    assert.equal(documentMeans(column, at(50 - 6 - meanBytes(8)), shape).levels.length, 1);
    assert.throws(() => documentMeans(column, at(50 - 5 - meanBytes(8)), shape), { code: 'INTERNAL' });
  });

  it('meet the sum of a query’s tokens', () => {
    assert.deepEqual([...meanQuery(Float32Array.of(1, 2, 3, 4, 5, 6), 2).sum], [9, 12]);
    assert.equal(levelProduct(Float32Array.of(0.5, -2), Int8Array.of(4, 3)), -4);
  });
});
