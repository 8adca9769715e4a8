/** MaxSim alone over real nodes: tokens of a question count by how rare their words are in the collection. */
import assert from 'node:assert/strict';
import { inverseDocumentFrequency } from '../../vector-index/sparse/bm25.js';
import { toyCodec } from '../unit/codec.js';
import { withCluster } from './small-cluster.js';

const frequent = Array.from({ length: 19 }, (_, i) => ({ id: `frequent-${i}`, text: 'a the' }));

for (const [how, encoder] of [
  ['coded', { codec: toyCodec() }],
  ['float16', {}],
] as const) {
  describe(`MaxSim alone, ${how} rows`, function () {
    this.timeout(60_000);

    it('prefers the one document with the rare word of a question to those with its two frequent ones', () =>
      withCluster({ encoder }, async ({ client }) => {
        await client.collections.create('notes');
        await client.documents.upsert('notes', [...frequent, { id: 'rare', text: 'bread' }]);
        const { hits } = await client.search('notes', 'a the bread', { mode: 'multi', k: 2 });
        const [rare, often] = [1, 19].map((df) => Math.sqrt(inverseDocumentFrequency(20, df)));
        // By plain means they would have 1/3 and 2/3.
        const expected = [rare! / (rare! + 2 * often!), (2 * often!) / (rare! + 2 * often!)];
        assert.equal(hits[0]?.id, 'rare');
        hits.forEach(({ score }, i) =>
          assert.ok(Math.abs(score - expected[i]!) < 1e-3, `${score}, not ${expected[i]}`),
        );
      }));
  });
}
