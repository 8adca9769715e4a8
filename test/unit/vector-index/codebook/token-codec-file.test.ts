import assert from 'node:assert/strict';
import { readCodecFile, writeCodecFile } from '../../../../vector-index/codebook/token-codec-file.js';

const tables = {
  dim: 8,
  nbits: 2 as const,
  centroids: Uint16Array.from({ length: 24 }, (_, i) => i),
  cutoffs: Float32Array.of(-1, 0, 1),
  weights: Float32Array.of(-2, -0.5, 0.5, 2),
  scaling: null,
};

const scaling = { spreads: new Float32Array(8).fill(1.5), gains: Float32Array.of(0.25, 0.5) };
const scaled = { ...tables, scaling };

describe('the file of a token codec', () => {
  it('gives back the tables written', () => {
    assert.deepEqual(readCodecFile(writeCodecFile(tables)), tables);
  });

  it('gives back spreads and gains', () => {
    assert.deepEqual(readCodecFile(writeCodecFile(scaled)), scaled);
  });

  it('is not written with gains that are none, or more than numbers can name', () => {
    const withGains = (...gains: number[]) => ({
      ...scaled,
      scaling: { ...scaling, gains: Float32Array.of(...gains) },
    });
    assert.throws(() => writeCodecFile(withGains()), { code: 'INTERNAL' });
    assert.throws(() => writeCodecFile(withGains(0)), { code: 'INTERNAL' });
    assert.throws(() => writeCodecFile(withGains(1)), { code: 'INTERNAL' });
    assert.throws(() => writeCodecFile(withGains(0.5, 0.25)), { code: 'INTERNAL' });
    assert.throws(() => writeCodecFile(withGains(...Array.from({ length: 21_846 }, (_, i) => (i + 1) / 21_847))), {
      code: 'INTERNAL',
    });
  });

  it('is read at any place in a larger buffer', () => {
    const bytes = writeCodecFile(tables);
    const moved = new Uint8Array(bytes.length + 3);
    moved.set(bytes, 3);
    assert.deepEqual(readCodecFile(moved.subarray(3)), tables);
  });

  it('is damaged when any byte differs', () => {
    const bytes = writeCodecFile(tables);
    for (const at of [0, 6, 8, 20, bytes.length - 1]) {
      const other = Uint8Array.from(bytes);
      other[at] = (other[at] ?? 0) ^ 1;
      assert.throws(() => readCodecFile(other), { code: 'DATA_LOSS', message: /token codec is damaged/ }, `byte ${at}`);
    }
  });

  it('is damaged when it is cut short', () => {
    const bytes = writeCodecFile(tables);
    for (const size of [0, 10, bytes.length - 1]) {
      assert.throws(() => readCodecFile(bytes.subarray(0, size)), { code: 'DATA_LOSS' });
    }
  });

  it('is refused when a newer version wrote it', () => {
    const bytes = writeCodecFile(tables);
    new DataView(bytes.buffer).setUint16(4, 3, true);
    assert.throws(() => readCodecFile(bytes), { code: 'FAILED_PRECONDITION', message: /format 3.*use a newer Shoal/ });
  });

  it('is not written when sizes do not fit', () => {
    assert.throws(() => writeCodecFile({ ...tables, weights: Float32Array.of(1) }), { code: 'INTERNAL' });
    assert.throws(() => writeCodecFile({ ...tables, dim: 12 }), { code: 'INTERNAL' });
    assert.throws(() => writeCodecFile({ ...tables, centroids: new Uint16Array(0) }), { code: 'INTERNAL' });
  });
});
