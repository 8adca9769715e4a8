/** The token codec against the plainest reading of its layout, and against the kernels that score its records. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { maxSimCodesExact, prepareMaxSim, toFloat16, toFloat32 } from '../../../../kernels/kernels.js';
import { TokenCodec, type CodeBits } from '../../../../vector-index/codebook/token-codec.js';

const random = seededRandom(11);

function unitRows(count: number, dim: number): Float32Array {
  const rows = Float32Array.from({ length: count * dim }, () => random.normal());
  for (let row = 0; row < count; row++) {
    const own = rows.subarray(row * dim, (row + 1) * dim);
    const length = Math.hypot(...own);
    own.forEach((value, j) => (own[j] = value / length));
  }
  return rows;
}

function codecOf(dim: number, nbits: CodeBits, centroids = 7): TokenCodec {
  const buckets = 2 ** nbits;
  return TokenCodec.create({
    dim,
    nbits,
    centroids: unitRows(centroids, dim),
    cutoffs: Float32Array.from({ length: buckets - 1 }, (_, i) => (i - (buckets - 2) / 2) * 0.1),
    weights: Float32Array.from({ length: buckets }, (_, i) => (i - (buckets - 1) / 2) * 0.1),
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, j) => sum + value * (b[j] ?? 0), 0);
}

describe('the token codec', () => {
  for (const nbits of [1, 2, 4] as const) {
    it(`lays a record of ${nbits} bits out as the kernels read it`, () => {
      const codec = codecOf(16, nbits);
      const rows = unitRows(3, 16);
      const record = codec.encode(rows);
      assert.equal(record.length, 3 * (4 + (16 * nbits) / 8));
      const view = new DataView(record.buffer);
      for (let row = 0; row < 3; row++) {
        const own = rows.subarray(row * 16, row * 16 + 16);
        const id = view.getUint16(2 * row, true);
        const scores = Array.from({ length: 7 }, (_, c) => dot(own, codec.centroids.subarray(c * 16, c * 16 + 16)));
        assert.equal(id, scores.indexOf(Math.max(...scores)), 'the centroid with the largest inner product');
        let squares = 0;
        own.forEach((value, j) => {
          const center = codec.centroids[id * 16 + j] ?? 0;
          const bucket = codec.cutoffs.filter((cutoff) => Math.fround(value - center) > cutoff).length;
          const byte = view.getUint8(12 + row * 2 * nbits + Math.floor((j * nbits) / 8));
          assert.equal((byte >> ((j * nbits) % 8)) & (2 ** nbits - 1), bucket, `bucket of dimension ${j}`);
          squares += (center + (codec.weights[bucket] ?? 0)) ** 2;
        });
        const stored = toFloat32(Uint16Array.of(view.getUint16(6 + 2 * row, true)))[0];
        assert.equal(stored, toFloat32(toFloat16(Float32Array.of(1 / Math.sqrt(squares))))[0], 'the inverse norm');
      }
    });
  }

  it('decodes rows of unit length near those encoded', () => {
    const codec = codecOf(32, 4);
    const rows = unitRows(20, 32);
    const decoded = codec.decode(codec.encode(rows), 20);
    for (let row = 0; row < 20; row++) {
      const own = decoded.subarray(row * 32, row * 32 + 32);
      assert.ok(Math.abs(Math.sqrt(dot(own, own)) - 1) < 2e-3);
      assert.ok(dot(own, rows.subarray(row * 32, row * 32 + 32)) > 0.9);
    }
  });

  it('is scored by the kernels as its decoded rows are', async () => {
    const codec = codecOf(32, 2);
    const record = codec.encode(unitRows(9, 32));
    const query = unitRows(4, 32);
    const decoded = codec.decode(record, 9);
    const documents = { offsets: BigUint64Array.of(0n), counts: Uint32Array.of(9) };
    const [score = NaN] = await maxSimCodesExact(prepareMaxSim(codec, query), record, documents);
    let expected = 0;
    for (let q = 0; q < 4; q++) {
      const own = query.subarray(q * 32, q * 32 + 32);
      expected += Math.max(...Array.from({ length: 9 }, (_, t) => dot(own, decoded.subarray(t * 32, t * 32 + 32))));
    }
    assert.ok(Math.abs(score - expected) < 1e-5);
  });

  it('encodes no rows to an empty record', () => {
    assert.equal(codecOf(8, 2).encode(new Float32Array(0)).length, 0);
  });

  it('refuses a part of a row', () => {
    assert.throws(() => codecOf(8, 2).encode(new Float32Array(9)), { code: 'INTERNAL' });
  });

  it('takes a record of the wrong size, or with a centroid that is not there, for damaged', () => {
    const codec = codecOf(8, 2);
    assert.throws(() => codec.decode(new Uint8Array(5), 1), { code: 'DATA_LOSS' });
    const record = codec.encode(unitRows(2, 8));
    new DataView(record.buffer).setUint16(2, 7, true);
    assert.throws(() => codec.decode(record, 2), { code: 'DATA_LOSS' });
  });

  for (const dim of [64, 96, 200, 1024]) {
    it(`codes rows of ${dim} with any number of bits, better with more`, () => {
      const rows = unitRows(6, dim);
      const cosines = ([1, 2, 4] as const).map((nbits) => {
        const spread = 0.8 / Math.sqrt(dim);
        const buckets = 2 ** nbits;
        const weights = Float32Array.from({ length: buckets }, (_, i) => ((2 * i + 1) / buckets - 1) * 2 * spread);
        const cutoffs = weights.subarray(1).map((weight, i) => (weight + weights[i]!) / 2);
        const codec = TokenCodec.create({ dim, nbits, centroids: unitRows(9, dim), cutoffs, weights });
        const decoded = codec.decode(codec.encode(rows), 6);
        return dot(decoded, rows) / 6;
      });
      assert.ok(cosines[0]! > 0.5 && cosines[1]! > cosines[0]! && cosines[2]! > cosines[1]!, cosines.join(' '));
    });
  }

  it('survives its file, version and codes alike', () => {
    const codec = codecOf(16, 2);
    const again = TokenCodec.parse(codec.serialize());
    const rows = unitRows(5, 16);
    assert.equal(again.version, codec.version);
    assert.deepEqual(again.encode(rows), codec.encode(rows));
  });

  it('has another version when its tables differ', () => {
    assert.notEqual(codecOf(16, 2).version, codecOf(16, 2).version);
  });
});
