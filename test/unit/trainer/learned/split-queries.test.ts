import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import {
  askedQueries,
  askingDocuments,
  documentsAsking,
  splitQueries,
  withAskingDocuments,
} from '../../../../trainer/learned/split-queries.js';
import { smallCollection } from './small-collection.js';

const { dim, vectors, queries, structure } = smallCollection(600, 200);
/** First value over second: no length changes it. */
const namesOf = (rows: Float32Array) =>
  Array.from({ length: rows.length / dim }, (_, i) => (rows[i * dim]! / rows[i * dim + 1]!).toPrecision(4));

describe('queries of a training', () => {
  it('are learned from, choose, or judge: none does two of these', () => {
    const { training, choosing, judging } = splitQueries(structure, askedQueries(queries), seededRandom(1));
    const all = [training, choosing, judging].map(({ rows }) => namesOf(rows));
    assert.deepEqual(
      all.map((names) => names.length),
      [160, 20, 20],
    );
    assert.deepEqual(all.flat().sort(), namesOf(queries).sort());
  });

  it('are as long as queries are when they are compared with codes', () => {
    const { training } = splitQueries(structure, askedQueries(queries), seededRandom(1));
    const lengths = Array.from({ length: 160 }, (_, i) =>
      Math.hypot(...training.rows.subarray(i * dim, (i + 1) * dim)),
    );
    assert.ok(Math.max(...lengths) - Math.min(...lengths) < 1e-5);
  });

  it('are documents that know themselves where there are none', () => {
    const asking = askingDocuments(vectors, dim, seededRandom(2));
    const { choosing } = splitQueries(structure, asking, seededRandom(1));
    choosing.selves!.forEach((self, i) => {
      assert.equal(namesOf(choosing.rows)[i], namesOf(vectors.subarray(self * dim, (self + 1) * dim))[0]);
    });
  });

  it('are learned from with documents that ask for the others, as long as they are', () => {
    const { training } = splitQueries(structure, askedQueries(queries), seededRandom(1));
    assert.equal(withAskingDocuments(structure, training, vectors, { count: 0, random: seededRandom(1) }), training);
    const { rows, selves } = withAskingDocuments(structure, training, vectors, { count: 40, random: seededRandom(1) });
    assert.deepEqual(rows.subarray(0, training.rows.length), training.rows);
    assert.deepEqual([...selves!.subarray(158, 160)], [0xffffffff, 0xffffffff]);
    assert.equal(selves!.length, 200);
    const self = selves![170]!;
    assert.equal(namesOf(rows)[170], namesOf(vectors.subarray(self * dim, (self + 1) * dim))[0]);
    assert.ok(
      Math.abs(Math.hypot(...rows.subarray(170 * dim, 171 * dim)) - Math.hypot(...rows.subarray(0, dim))) < 1e-5,
    );
  });

  it('are never learned from with documents that judge', () => {
    const { training } = splitQueries(structure, askedQueries(queries), seededRandom(1));
    const count = vectors.length / dim;
    const held = Uint32Array.from({ length: 30 }, (_, i) => 3 * i);
    const options = { count, random: seededRandom(1), held };
    const { selves } = withAskingDocuments(structure, training, vectors, options);
    const asking = new Set(selves!.filter((self) => self !== 0xffffffff));
    assert.equal(asking.size, count - held.length);
    assert.ok(held.every((row) => !asking.has(row)));
    const judging = documentsAsking(structure, vectors, held);
    assert.deepEqual(judging.selves, held);
    assert.ok(
      Math.abs(Math.hypot(...judging.rows.subarray(0, dim)) - Math.hypot(...training.rows.subarray(0, dim))) < 1e-5,
    );
  });
});
