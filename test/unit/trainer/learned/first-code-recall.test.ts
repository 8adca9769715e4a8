import assert from 'node:assert/strict';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import { firstCodeRecall, heldOutQueries } from '../../../../trainer/learned/first-code-recall.js';
import { startingParameters } from '../../../../trainer/learned/scan-parameters.js';
import { trueNeighbours } from '../../../../trainer/structure/held-out.js';
import { smallCollection } from './small-collection.js';

const { dim, vectors, queries, structure } = smallCollection(1_000, 50);
const taught = { structure, documents: new CodedDocuments(structure, vectors) };
const parameters = startingParameters(structure, { hasAdapter: false, hasBiases: false });

describe('the recall of first codes', () => {
  it('is taken against the exact neighbours', () => {
    const { truths } = heldOutQueries(taught, { rows: queries, selves: null });
    assert.deepEqual(truths, trueNeighbours(queries, vectors, dim).rows);
  });

  it('does not count a document for its own query', () => {
    const selves = Uint32Array.of(3, 4);
    const { truths } = heldOutQueries(taught, { rows: vectors.slice(3 * dim, 5 * dim), selves });
    assert.ok(truths.every((rows, i) => rows.length === 10 && !rows.includes(selves[i]!)));
  });

  it('is between chance and one, grows with depth, and falls where the words say nothing', () => {
    const held = heldOutQueries(taught, { rows: queries, selves: null });
    const { at10, at100 } = firstCodeRecall(taught, held, parameters);
    assert.ok(at10 > 0.3 && at10 < 1 && at100 > at10, `${at10} ${at100}`);
    const blank = { ...parameters, words: parameters.words.map((value) => -value) };
    assert.ok(firstCodeRecall(taught, held, blank).at10 < at10 / 2);
    assert.deepEqual(firstCodeRecall(taught, { rows: queries, selves: null, truths: [] }, parameters), {
      at10: 1,
      at100: 1,
    });
  });
});
