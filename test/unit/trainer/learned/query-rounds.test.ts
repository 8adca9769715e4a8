import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { withoutSelf } from '../../../../trainer/learned/candidate-pools.js';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import { QueryRounds } from '../../../../trainer/learned/query-rounds.js';
import { startingParameters } from '../../../../trainer/learned/scan-parameters.js';
import { smallCollection } from './small-collection.js';

const { dim, queries, vectors, structure } = smallCollection(600, 40);
const taught = { structure, documents: new CodedDocuments(structure, vectors) };
const parameters = startingParameters(structure, { hasAdapter: false, hasBiases: false });
const task = {
  ...{ ...taught, queries: { rows: queries, selves: null }, choose: withoutSelf(null) },
  target: (query: number, rows: Uint32Array, targets: Float64Array) => rows.forEach((_, i) => (targets[i] = query)),
};
const roundsOf = (order: Uint32Array, seed: number): QueryRounds =>
  new QueryRounds(task, { batch: 4, width: 1_000, random: seededRandom(seed) }, order);

describe('the rounds of queries', () => {
  it('have every query once before any a second time, with its documents and targets', () => {
    const rounds = roundsOf(new Uint32Array(0), 1);
    rounds.refresh(parameters, 10);
    const asked = Array.from({ length: 10 }, (_, step) => {
      const batch = rounds.batch(step);
      return batch.candidates.map(({ rows }, i) => {
        const targets = batch.targets.subarray(1_000 * i, 1_000 * (i + 1));
        assert.deepEqual([rows.length, targets.indexOf(-Infinity)], [600, 600]);
        const number = targets[0]!;
        assert.deepEqual(
          batch.queries.subarray(i * dim, (i + 1) * dim),
          queries.subarray(number * dim, (number + 1) * dim),
        );
        return number;
      });
    });
    assert.equal(new Set(asked.flat()).size, 40);
    assert.equal(rounds.order.length, 0);
  });

  it('begin with what was still to come', () => {
    const rounds = roundsOf(Uint32Array.of(7, 3), 1);
    rounds.refresh(parameters, 1);
    const { targets } = rounds.batch(0);
    assert.deepEqual([targets[0], targets[1_000], rounds.order.length], [7, 3, 38]);
  });
});
