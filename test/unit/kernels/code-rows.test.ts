/** Rows that lie one by one have the scores of the same rows in a list, on this machine's kernels and the portable ones. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../base/random.js';
import { scoreCodeRows } from '../../../kernels/code-rows.js';
import { buildLookupTable, encodeVectors, packList, scanLists, type Codebook } from '../../../kernels/codes.js';

const random = seededRandom(1);
const normals = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());

function codebookOf(subquantizers: number, dsub: number): Codebook {
  return { words: normals(subquantizers * dsub * 16), subquantizers, dsub, rescale: 8 / 32767, anchor: 4 / 32767 };
}

describe('scores of coded rows', () => {
  it('are those of a scan of the list that holds them', () => {
    for (const [subquantizers, dsub] of [
      [1, 1],
      [6, 2],
      [96, 4],
      [512, 1],
    ] as const) {
      const codebook = codebookOf(subquantizers, dsub);
      const dim = subquantizers * dsub;
      const coded = encodeVectors(codebook, normals(70 * dim), { base: normals(dim), anchor: normals(dim) });
      const table = buildLookupTable(codebook, normals(dim));
      const lists = {
        codes: packList(subquantizers, coded),
        offsets: BigUint64Array.of(0n),
        counts: Uint32Array.of(70),
        firsts: Uint32Array.of(0),
      };
      const biases = Float64Array.of(0.25);
      const queries = [{ table, biases, wanted: 70, threshold: -Infinity }];
      const best = scanLists({ lists, live: null, filter: null, ids: null, queries })[0]!;
      const scores = scoreCodeRows(table, coded, best.positions);
      assert.deepEqual(
        Float64Array.from(scores, (score) => score * table.unit + 0.25),
        best.scores,
      );
    }
  });

  it('are refused for rows without a code', () => {
    const codebook = codebookOf(4, 1);
    const coded = encodeVectors(codebook, normals(12), { base: null, anchor: null });
    const table = buildLookupTable(codebook, normals(4));
    assert.equal(scoreCodeRows(table, coded, new Uint32Array(0)).length, 0);
    assert.throws(() => scoreCodeRows(table, { ...coded, factors: new Int16Array(4) }, Uint32Array.of(0)), {
      code: 'INTERNAL',
    });
  });
});
