/** Learned parameters survive their file exactly, and their file tells damage, other structures and values that are no numbers. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import {
  readLearnedParametersFile,
  refuseOther,
  writeLearnedParametersFile,
  type LearnedParameters,
} from '../../../../vector-index/codebook/learned-parameters.js';

const random = seededRandom(3);
const table = (length: number): Float32Array => Float32Array.from({ length }, () => random.normal());
const shape = { structureVersion: 7, dim: 7, lists: 3, subquantizers: 2, dsub: 4 };
const words: LearnedParameters = { ...shape, scanWords: table(128) };
const whole: LearnedParameters = { ...words, adapter: table(49), listBiases: table(3), routes: table(21) };

describe('the file of learned parameters', () => {
  it('holds them exactly, whichever of them are there', () => {
    const { adapter, listBiases, routes } = whole;
    const some = [{ adapter }, { listBiases }, { routes }, { adapter, routes }, { listBiases, routes }];
    for (const parameters of [words, whole, ...some.map((part) => ({ ...words, ...part }))] as LearnedParameters[]) {
      assert.deepEqual(readLearnedParametersFile(writeLearnedParametersFile(parameters)), parameters);
    }
  });

  it('is refused with any bit flipped, and cut at any place', () => {
    const bytes = writeLearnedParametersFile(whole);
    for (let i = 0; i < bytes.length; i += 1) {
      const flipped = Uint8Array.from(bytes);
      flipped[i]! ^= 1 << (i % 8);
      assert.throws(() => readLearnedParametersFile(flipped), { code: /DATA_LOSS|FAILED_PRECONDITION/ });
      assert.throws(() => readLearnedParametersFile(bytes.subarray(0, i)), { code: 'DATA_LOSS' });
    }
  });

  it('of a newer version is not read', () => {
    const newer = writeLearnedParametersFile(words);
    newer[4] = 2;
    assert.throws(() => readLearnedParametersFile(newer), { code: 'FAILED_PRECONDITION' });
  });

  it('is not written for tables of other shapes, or values that are no numbers', () => {
    const broken: readonly Partial<LearnedParameters>[] = [
      { scanWords: table(64) },
      { adapter: table(48) },
      { listBiases: table(4) },
      { routes: table(7) },
      { dim: 9 },
      { lists: 0 },
      { structureVersion: 0 },
      { dsub: 65, scanWords: table(2 * 65 * 16) },
      { scanWords: table(128).fill(NaN, 5, 6) },
      { routes: table(21).fill(Infinity, 5, 6) },
    ];
    for (const change of broken) {
      assert.throws(() => writeLearnedParametersFile({ ...whole, ...change }), { code: 'INTERNAL' });
    }
  });
});

describe('learned parameters', () => {
  const structure = (version: number, lists: number) => ({
    version,
    structure: { dim: 7, centroids: table(7 * lists) },
    codebook: {
      ...{ dim: 7, subquantizers: 2, dsub: 4, rescale: 1, anchor: 1, words: table(128) },
      ...{ bases: table(7 * lists), anchors: table(7 * lists) },
    },
  });

  it('serve the structure that they were learned for, and no other', () => {
    assert.doesNotThrow(() => refuseOther(whole, structure(7, 3)));
    assert.throws(() => refuseOther(whole, structure(8, 3)), { code: 'FAILED_PRECONDITION', message: /train again/ });
    assert.throws(() => refuseOther(whole, structure(7, 4)), { code: 'FAILED_PRECONDITION' });
  });
});
