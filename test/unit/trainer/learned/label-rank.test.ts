import assert from 'node:assert/strict';
import { candidatePools, withoutSelf } from '../../../../trainer/learned/candidate-pools.js';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import { meanRank, reciprocalRanks } from '../../../../trainer/learned/label-rank.js';
import { startingParameters } from '../../../../trainer/learned/scan-parameters.js';
import { smallCollection } from './small-collection.js';

const { dim, vectors, queries, structure } = smallCollection(600, 4);
const taught = { structure, documents: new CodedDocuments(structure, vectors) };
const parameters = startingParameters(structure, { hasAdapter: false, hasBiases: false });

describe('the rank of what is labelled', () => {
  it('is the mean of reciprocals, of the first relevant document and within ten', () => {
    const pools = candidatePools(taught, { rows: queries }, Uint32Array.of(0, 1, 2), {
      ...{ parameters, width: 12, choose: withoutSelf(null) },
    });
    const relevant = [
      Uint32Array.of(pools[0]!.rows[0]!),
      Uint32Array.of(pools[1]!.rows[7]!, pools[1]!.rows[3]!),
      Uint32Array.of(pools[2]!.rows[10]!),
    ];
    const labelled = { rows: queries.subarray(0, 3 * dim), relevant };
    const ranks = reciprocalRanks(taught, labelled, parameters);
    assert.deepEqual([...ranks], [1, 1 / 4, 0]);
    assert.ok(Math.abs(meanRank(ranks) - (1 + 1 / 4) / 3) < 1e-12);
    assert.equal(meanRank(new Float64Array(0)), 0);
  });
});
