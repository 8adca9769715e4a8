import assert from 'node:assert/strict';
import { route } from '../../../../coordinator/search/route.js';
import { mapOf, placement, question, servingMap } from '../fixtures.js';

describe('routing', () => {
  it('asks every shard for all of its lists, ascending by shard', () => {
    const map = mapOf({ placements: [placement(3, ['a'], [5, 1]), placement(1, ['a'], [4, 0])] });
    const plan = route(question(), map);
    assert.deepEqual(
      plan.shards.map(({ placement: { shard }, lists }) => [shard, [...lists]]),
      [
        [1, [4, 0]],
        [3, [5, 1]],
      ],
    );
    assert.deepEqual(plan.lists, [0, 1, 4, 5]);
    assert.deepEqual([plan.listsTotal, plan.shardsTotal], [4, 2]);
  });

  it('asks for the stages that the question has', () => {
    const [shard] = route(question({ sparseSearch: false }), servingMap(1)).shards;
    assert.deepEqual([shard?.dense, shard?.sparse], [true, false]);
  });

  it('probes no list for a question of words alone', () => {
    const plan = route(question({ dense: false }), servingMap(2));
    assert.deepEqual(plan.lists, []);
    assert.equal(plan.listsTotal, 2);
    assert.deepEqual(
      plan.shards.map(({ dense, sparse }) => [dense, sparse]),
      [
        [false, true],
        [false, true],
      ],
    );
  });

  it('refuses more lists than there are, and takes exactly as many', () => {
    assert.equal(route(question({ nprobe: 2 }), servingMap(2)).listsTotal, 2);
    assert.throws(() => route(question({ nprobe: 3 }), servingMap(2)), {
      code: 'INVALID_ARGUMENT',
      message: "nprobe is 3, collection 'notes' has 2 lists; give at most that many, or auto",
    });
  });

  it('says UNAVAILABLE while the collection has no shard', () => {
    assert.throws(() => route(question(), mapOf({})), { code: 'UNAVAILABLE', message: /'notes' has no shard yet/ });
  });
});
