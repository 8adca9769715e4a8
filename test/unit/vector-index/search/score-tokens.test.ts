import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { toFloat32 } from '../../../../kernels/kernels.js';
import type { IndexDocument } from '../../../../vector-index/document.js';
import { PinnedIndex } from '../../../../vector-index/search/pinned-index.js';
import { matchTokens, scoreTokens } from '../../../../vector-index/search/score-tokens.js';
import { codecs, dot, randomDocuments, stateOf, tables, tokenDim, vector } from '../fixtures.js';

/** The token vectors of a document by the definition of the record; null when it has none. */
function decoded({ tokens }: IndexDocument): Float32Array[] | null {
  if (tokens === null || tokens.count === 0) return null;
  const { rows, count, codec } = tokens;
  if (codec === '') {
    const values = toFloat32(new Uint16Array(rows.slice().buffer));
    return Array.from({ length: count }, (_, row) => values.subarray(row * tokenDim, (row + 1) * tokenDim));
  }
  return Array.from({ length: count }, (_, row) =>
    Float32Array.from({ length: tokenDim }, (__, at) => {
      const centroid = rows[2 * row]! + 256 * rows[2 * row + 1]!;
      const bits = rows[4 * count + row * 2 + (at >> 2)]! >> (2 * (at & 3));
      return tables.centroids[centroid * tokenDim + at]! + tables.weights[bits & 3]!;
    }),
  );
}

function near(found: number, expected: number, tolerance: number): boolean {
  return Number.isNaN(expected) ? Number.isNaN(found) : Math.abs(found - expected) <= tolerance;
}

const random = seededRandom(1);
const documents = randomDocuments(random, 80);
const queryTokens = 3;
const rows = vector(random, queryTokens * tokenDim);
const query = { rows, tokenDim, codecs };
const queryRow = (token: number): Float32Array => rows.subarray(token * tokenDim, (token + 1) * tokenDim);
const best = (document: IndexDocument, token: number): number =>
  Math.max(...(decoded(document)?.map((row) => dot(row, queryRow(token))) ?? [NaN]));
const expected = documents.map((document) => best(document, 0) + best(document, 1) + best(document, 2));

function pinnedDocuments(): { index: PinnedIndex; places: ({ segment: number; row: number } | null)[] } {
  const index = new PinnedIndex([stateOf(documents.slice(0, 50)), stateOf(documents.slice(50))]);
  return { index, places: documents.map(({ docId }) => index.place(docId)) };
}

describe('scoring tokens', () => {
  it('sums over the query tokens the best inner product, over codes and float16 rows alike', async () => {
    const { index, places } = pinnedDocuments();
    const scores = await scoreTokens(index, places, { query, exactTop: documents.length, signal: undefined });
    for (const [at, score] of scores.entries())
      assert.ok(near(score, expected[at]!, 1e-4), `${score} for ${expected[at]}`);
    index.release();
  });

  it('is near that with few exact ones, and exact for the best of them', async () => {
    const { index, places } = pinnedDocuments();
    const scores = await scoreTokens(index, places, { query, exactTop: 5, signal: undefined });
    for (const [at, score] of scores.entries())
      assert.ok(near(score, expected[at]!, 0.2), `${score} for ${expected[at]}`);
    const order = Array.from(scores.keys()).filter((at) => !Number.isNaN(expected[at]!));
    order.sort((left, right) => expected[right]! - expected[left]!);
    assert.ok(near(scores[order[0]!]!, expected[order[0]!]!, 1e-4));
    index.release();
  });

  it('says which document token answers each query token', async () => {
    const { index, places } = pinnedDocuments();
    const found = await matchTokens(index, [...places, null], query);
    for (const [at, document] of [...documents, null].entries()) {
      for (let token = 0; token < queryTokens; token += 1) {
        const score = found.scores[at * queryTokens + token]!;
        const row = found.tokens[at * queryTokens + token]!;
        const vectors = document === null ? null : decoded(document);
        assert.ok(near(score, vectors === null ? NaN : best(document!, token), 1e-4));
        if (vectors === null) assert.equal(row, -1);
        else assert.ok(near(dot(vectors[row]!, queryRow(token)), score, 1e-4));
      }
    }
    index.release();
  });

  it('takes float16 rows where they are when all begin at whole rows', async () => {
    const only = documents.filter(({ tokens }) => tokens?.codec === '');
    const index = new PinnedIndex([stateOf(only)]);
    const places = only.map(({ docId }) => index.place(docId));
    const scores = await scoreTokens(index, places, { query, exactTop: 0, signal: undefined });
    for (const [at, document] of only.entries())
      assert.ok(near(scores[at]!, expected[documents.indexOf(document)]!, 1e-4));
    index.release();
  });
});
