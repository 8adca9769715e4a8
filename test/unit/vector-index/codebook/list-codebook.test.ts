/** The codebook of lists survives its file exactly, and its file tells damage. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { hashBytes } from '../../../../base/hash.js';
import { seededRandom } from '../../../../base/random.js';
import {
  codedLists,
  readListCodebookFile,
  writeListCodebookFile,
  type ListCodebook,
} from '../../../../vector-index/codebook/list-codebook.js';

function randomCodebook(dim: number, subquantizers: number, dsub: number, lists: number): ListCodebook {
  const random = seededRandom(dim + lists);
  const table = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
  return {
    ...{ dim, subquantizers, dsub, rescale: 0.0003, anchor: 1e-5 },
    words: table(subquantizers * dsub * 16),
    bases: table(lists * dim),
    anchors: table(lists * dim),
  };
}

describe('the file of a codebook of lists', () => {
  it('holds it exactly, also where the words cover more than dim', () => {
    for (const [dim, subquantizers, dsub, lists] of [
      [1, 1, 4, 1],
      [3, 1, 4, 2],
      [13, 4, 4, 7],
      [4096, 512, 8, 2],
    ] as const) {
      const codebook = randomCodebook(dim, subquantizers, dsub, lists);
      const read = readListCodebookFile(writeListCodebookFile(codebook));
      assert.deepEqual(read, codebook);
      assert.equal(codedLists(read), lists);
    }
  });

  it('says the kind of second codes, in the first format that knows it', () => {
    const usual = randomCodebook(3, 1, 4, 2);
    assert.equal(writeListCodebookFile({ ...usual, secondKind: 4 })[4], 1);
    for (const secondKind of [1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]) {
      const bytes = writeListCodebookFile({ ...usual, secondKind });
      assert.deepEqual([bytes[4], bytes[6]], [secondKind > 8 ? 3 : 2, secondKind]);
      assert.deepEqual(readListCodebookFile(bytes), { ...usual, secondKind });
    }
    for (const secondKind of [0, 17, 2.5]) {
      assert.throws(() => writeListCodebookFile({ ...usual, secondKind }), { code: 'INTERNAL' });
    }
  });

  it('has the feedback of its rounding in the format that knows it', () => {
    const usual = { ...randomCodebook(3, 1, 4, 2), secondKind: 15 };
    const feedback = Float32Array.from({ length: 4 * 2 * 64 }, (_, i) => i / 7);
    const bytes = writeListCodebookFile({ ...usual, feedback });
    assert.equal(bytes[4], 4);
    assert.deepEqual(readListCodebookFile(bytes), { ...usual, feedback });
    for (const broken of [{ feedback: feedback.subarray(1) }, { feedback, secondKind: 7 }]) {
      assert.throws(() => writeListCodebookFile({ ...usual, ...broken }), { code: 'INTERNAL' });
    }
  });

  it('has the metric of its first codes in formats of their own', () => {
    const usual = { ...randomCodebook(3, 1, 4, 2), secondKind: 12 };
    const metric = Float32Array.from({ length: 16 }, (_, i) => i / 7);
    const feedback = Float32Array.from({ length: 4 * 2 * 64 }, (_, i) => i / 9);
    for (const [format, codebook] of [
      [5, { ...usual, metric }],
      [6, { ...usual, feedback, metric }],
    ] as const) {
      const bytes = writeListCodebookFile(codebook);
      assert.equal(bytes[4], format);
      assert.deepEqual(readListCodebookFile(bytes), codebook);
    }
    for (const broken of [{ metric: metric.subarray(1) }, { metric, secondKind: 4 }]) {
      assert.throws(() => writeListCodebookFile({ ...usual, ...broken }), { code: 'INTERNAL' });
    }
  });

  it('is refused with a kind that its format does not know', () => {
    for (const [format, kind, odd] of [
      [2, 3, 12],
      [3, 12, 3],
      [3, 12, 17],
      [4, 15, 7],
      [4, 15, 17],
      [5, 12, 4],
      [6, 15, 8],
    ] as const) {
      const plain = { ...randomCodebook(3, 1, 4, 2), secondKind: kind };
      const feedback = format % 2 === 0 && format > 2 ? { feedback: new Float32Array(4 * 2 * 64) } : {};
      const metric = format > 4 ? { metric: new Float32Array(16) } : {};
      const bytes = writeListCodebookFile({ ...plain, ...feedback, ...metric });
      assert.equal(bytes[4], format);
      bytes[6] = odd;
      const end = bytes.length - 8;
      new DataView(bytes.buffer).setBigUint64(end, hashBytes(bytes.subarray(0, end)), true);
      assert.throws(() => readListCodebookFile(bytes), { code: 'DATA_LOSS' });
    }
  });

  it('of every format is what it was when it was first written', async () => {
    const wave = (length: number) => Float32Array.from({ length }, (_, i) => (i % 7) / 8 - 0.5);
    const tables = { words: wave(64), bases: wave(6), anchors: wave(6).reverse() };
    const usual = { dim: 3, subquantizers: 1, dsub: 4, rescale: 0.0003, anchor: 1e-5, ...tables };
    for (const [format, codebook] of [
      [1, usual],
      [2, { ...usual, secondKind: 3 }],
      [3, { ...usual, secondKind: 12 }],
      [4, { ...usual, secondKind: 15, feedback: wave(512) }],
      [5, { ...usual, secondKind: 12, metric: wave(16) }],
      [6, { ...usual, secondKind: 15, feedback: wave(512), metric: wave(16) }],
    ] as const) {
      const golden = await readFile(new URL(`../../../golden/list-codebook-v${format}`, import.meta.url));
      assert.deepEqual(readListCodebookFile(golden), codebook);
      assert.deepEqual(Buffer.from(writeListCodebookFile(codebook)), golden);
    }
  });

  it('is refused with any bit flipped, and cut at any place', () => {
    const whole = writeListCodebookFile(randomCodebook(3, 1, 4, 2));
    for (let i = 0; i < whole.length; i += 1) {
      const flipped = Uint8Array.from(whole);
      flipped[i]! ^= 1 << (i % 8);
      // A flip in the format number may look like a newer version.
      assert.throws(() => readListCodebookFile(flipped), { name: 'ShoalError' });
      assert.throws(() => readListCodebookFile(whole.subarray(0, i)), { code: 'DATA_LOSS' });
    }
  });

  it('of a newer version is not read', () => {
    const newer = writeListCodebookFile(randomCodebook(3, 1, 4, 2));
    newer[4] = 7;
    assert.throws(() => readListCodebookFile(newer), { code: 'FAILED_PRECONDITION' });
  });

  it('is not written for tables of other shapes, or words that do not cover dim', () => {
    const codebook = randomCodebook(8, 2, 4, 3);
    const broken: readonly Partial<ListCodebook>[] = [
      { words: new Float32Array(64) },
      { anchors: new Float32Array(8) },
      { bases: new Float32Array(9), anchors: new Float32Array(9) },
      { rescale: 0 },
      { anchor: Number.NaN },
      { dim: 12, bases: new Float32Array(12), anchors: new Float32Array(12) },
      { dsub: 65, words: new Float32Array(2 * 65 * 16) },
    ];
    for (const change of broken) {
      assert.throws(() => writeListCodebookFile({ ...codebook, ...change }), { code: 'INTERNAL' });
    }
  });
});
