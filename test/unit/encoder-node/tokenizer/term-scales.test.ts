import assert from 'node:assert/strict';
import { documentScales, queryWeights, type RowFeatures } from '../../../../encoder-node/tokenizer/term-scales.js';
import { seededRandom } from '../../../../base/random.js';
import { sparseLoss } from '../../../../trainer/heads/sparse-loss.js';
import { rowFeatures, softplus } from '../../../../vector-index/codebook/sparse-head.js';

const rowsOf = (ids: readonly number[], features: readonly number[]): RowFeatures => ({
  ids: Int32Array.from(ids),
  features: Float64Array.from(features),
});
const float = Math.fround;

describe('scales of a document’s terms', () => {
  const termIds = Uint32Array.of(5, 7);

  it('are of the mean over a word’s occurrences; tokens that are no terms say nothing', () => {
    const scales = documentScales({ termIds }, rowsOf([7, 5, 7, 102], [1, -1, 2, 9]));
    assert.deepEqual([...scales], [float(softplus(-1)), float(softplus(1.5))]);
  });

  it('are the mean of the others for a word behind the model’s reach', () => {
    const scales = documentScales({ termIds: Uint32Array.of(5, 7, 9) }, rowsOf([5, 7], [0, 1]));
    assert.equal(scales[2], float((softplus(0) + softplus(1)) / 2));
  });

  it('are 1 where the model read no word', () => {
    assert.deepEqual([...documentScales({ termIds }, rowsOf([102], [3]))], [1, 1]);
  });
});

describe('weights of a query’s terms', () => {
  it('are summed over a word’s occurrences; one that the model did not read counts 1', () => {
    const counted = { termIds: Uint32Array.of(5, 7, 9), counts: Float32Array.of(1, 3, 2) };
    const weights = queryWeights(counted, rowsOf([7, 5, 7, 102], [1, -1, 2, 9]));
    assert.deepEqual([...weights], [float(softplus(-1)), float(1 + softplus(1) + softplus(2)), 2]);
  });
});

describe('weights of both sides together', () => {
  it('score a document as the trainer does', () => {
    const dim = 6;
    const random = seededRandom(12);
    const normals = (rows: number): Float32Array => Float32Array.from({ length: rows * dim }, () => random.normal());
    const head = { queries: normals(2).subarray(0, dim + 1), documents: normals(2).subarray(0, dim + 1) };
    const [query, document] = [normals(3), normals(4)];
    // Of the query 5 7 5 and the document 7 5 9 7, each term with what BM25 gives for one occurrence in the query.
    const values = new Map([
      [5, 0.7],
      [7, 1.9],
    ]);
    const meanOfSeven = Float32Array.from({ length: dim }, (_, j) => (document[j]! + document[3 * dim + j]!) / 2);
    const words = Float32Array.of(...document.subarray(dim, 2 * dim), ...meanOfSeven);
    const matches = [5, 7, 5].map((id, token) => ({ token, word: id === 5 ? 0 : 1, value: values.get(id)! }));
    const example = { query, words, matches: [matches], shares: Float64Array.of(1) };
    const [trained = NaN] = sparseLoss(head, example, { temperature: 1, sparsity: 0 }).scores;

    const asked = { termIds: Uint32Array.of(5, 7), counts: Float32Array.of(2, 1) };
    const asks = queryWeights(asked, { ids: Int32Array.of(5, 7, 5), features: rowFeatures(query, head.queries) });
    const held = { termIds: Uint32Array.of(5, 7, 9) };
    const features = rowFeatures(document, head.documents);
    const scales = documentScales(held, { ids: Int32Array.of(7, 5, 9, 7), features });
    const served = asks[0]! * scales[0]! * 0.7 + asks[1]! * scales[1]! * 1.9;
    assert.ok(Math.abs(served - trained) < 1e-5 * trained, `${served}, not ${trained}`);
  });
});
