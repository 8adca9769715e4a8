import assert from 'node:assert/strict';
import { route, routeRest, united, type Plan, type Routing } from '../../../../coordinator/search/route.js';
import type { Question } from '../../../../coordinator/search/question.js';
import { mapOf, placement, question, servingMap } from '../fixtures.js';

const query = Float32Array.of(1, 0);
/** List i lies at angle i × 30° from the query. */
const structure = {
  dim: 2,
  centroids: Float32Array.from(
    [0, 1, 2, 3, 4, 5].flatMap((i) => [Math.cos((i * Math.PI) / 6), Math.sin((i * Math.PI) / 6)]),
  ),
};
const threeShards = mapOf({
  placements: [placement(0, ['a'], [0, 1]), placement(1, ['a'], [2, 3]), placement(4, ['a'], [4, 5])],
});

function plan(changes: Partial<Question>, routing: Partial<Routing> = {}): Plan {
  return route(question(changes), query, {
    map: threeShards,
    structure,
    structureVersion: 1,
    parametersVersion: 0,
    ...routing,
  });
}

const asked = ({ shards }: Plan): unknown[] =>
  shards.map(({ placement: { shard }, lists, dense, sparse }) => [shard, [...lists], dense, sparse]);

describe('routing', () => {
  it('asks every shard for all of its lists, ascending by shard, where nothing says how many', () => {
    const map = mapOf({ placements: [placement(3, ['a'], [5, 1]), placement(1, ['a'], [4, 0])] });
    const all = plan({}, { map, structure: null });
    assert.deepEqual(
      all.shards.map(({ placement: { shard }, lists }) => [shard, [...lists]]),
      [
        [1, [4, 0]],
        [3, [5, 1]],
      ],
    );
    assert.deepEqual(all.lists, [0, 1, 4, 5]);
    assert.deepEqual([all.listsTotal, all.shardsTotal, all.placements.length], [4, 2, 2]);
  });

  it('probes the nearest lists and asks only the shards that own them', () => {
    const near = plan({ nprobe: 3, sparseSearch: false });
    assert.deepEqual(asked(near), [
      [0, [0, 1], true, false],
      [1, [2], true, false],
    ]);
    assert.deepEqual([near.lists, near.listsTotal, near.shardsTotal], [[0, 1, 2], 6, 3]);
  });

  it('asks every shard for words, whatever lists are probed', () => {
    assert.deepEqual(asked(plan({ nprobe: 1 })), [
      [0, [0], true, true],
      [1, [], false, true],
      [4, [], false, true],
    ]);
  });

  it('asks for the stages that the question has', () => {
    const [shard] = plan({ sparseSearch: false }, { map: servingMap(1) }).shards;
    assert.deepEqual([shard?.dense, shard?.sparse], [true, false]);
  });

  it('probes no list for a question of words alone', () => {
    const versions = { structureVersion: 0, parametersVersion: 0 };
    const words = route(question({ dense: false }), null, { map: servingMap(2), structure: null, ...versions });
    assert.deepEqual(words.lists, []);
    assert.equal(words.listsTotal, 2);
    assert.deepEqual(
      words.shards.map(({ dense, sparse }) => [dense, sparse]),
      [
        [false, true],
        [false, true],
      ],
    );
  });

  it('refuses more lists than there are, and takes exactly as many', () => {
    assert.equal(plan({ nprobe: 2 }, { map: servingMap(2) }).listsTotal, 2);
    assert.throws(() => plan({ nprobe: 3 }, { map: servingMap(2) }), {
      code: 'INVALID_ARGUMENT',
      message: "nprobe is 3, collection 'notes' has 2 lists; give at most that many, or auto",
    });
  });

  it('says UNAVAILABLE while the collection has no shard', () => {
    assert.throws(() => plan({}, { map: mapOf({}) }), { code: 'UNAVAILABLE', message: /'notes' has no shard yet/ });
  });
});

describe('the rest of a plan', () => {
  it('is every list that was left out, and together they are all', () => {
    const near = plan({ nprobe: 3 });
    const rest = routeRest(near);
    assert.deepEqual(asked(rest), [
      [1, [3], true, false],
      [4, [4, 5], true, false],
    ]);
    const all = united(near, rest);
    assert.deepEqual(asked(all), [
      [0, [0, 1], true, true],
      [1, [2, 3], true, true],
      [4, [4, 5], true, true],
    ]);
    assert.deepEqual(all.lists, [0, 1, 2, 3, 4, 5]);
  });
});
