import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { learnRoutes, type RoutesTask } from '../../../../shard-node/training/learned-routes.js';
import { smallCollection } from '../../trainer/learned/small-collection.js';

const { dim, vectors, queries, structure } = smallCollection(3_000, 1_500, 60);
const task: RoutesTask = {
  ...{ structure, vectors, queries, shortQueries: new Float32Array(0), targetRecall: 0.95 },
  ...{ probes: [{ nprobe: 60, recall: 0.9 }], shortProbes: [] },
};
const learn = (changes: Partial<RoutesTask> = {}) => learnRoutes({ ...task, ...changes }, { random: seededRandom(1) });

describe('routes learned for a structure that serves', function () {
  this.timeout(60_000);

  it('need fewer lists for queries that were held out, and say how many, as codes let them', () => {
    const found = learn();
    assert.ok(found !== null && found.neededAfter < found.neededBefore);
    assert.equal(found.routes.length, 60 * dim);
    assert.deepEqual([found.probes.at(-1), found.shortProbes.at(-1)?.recall], [{ nprobe: 60, recall: 0.9 }, 0.995]);
    assert.ok(found.probes.every(({ recall }, at) => recall >= (found.probes[at - 1]?.recall ?? 0)));
  });

  it('count for short questions, too, what these find', () => {
    const bare = learn()!;
    // Questions that ask for the opposite are led elsewhere by what the others want.
    const others = vectors.subarray(0, 300 * dim).map((value) => -value);
    const against = learn({ shortQueries: others });
    assert.ok(against === null || against.shortProbes[0]!.recall < bare.shortProbes[0]!.recall);
  });

  it('are none where nobody asks', () => {
    assert.equal(learn({ queries: new Float32Array(0) }), null);
  });
});
