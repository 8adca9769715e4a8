/** A document of a list goes to the subject of the shard that has the list. */
import assert from 'node:assert/strict';
import type { ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { ShardRoutes } from '../../../../coordinator/ingest/shard-routes.js';
import { mapOf, placement, settings } from '../fixtures.js';

const two = mapOf({
  placements: [placement(0, ['n'], [0, 2]), { ...placement(4, ['n'], [1]), generation: 3n, epoch: 7n }],
});

describe('the way into the shards', () => {
  const routesOf = (map: ClusterMap): ShardRoutes => new ShardRoutes({ current: () => map });

  it('leads each list to its shard, and tells the epoch of the map', () => {
    const route = routesOf(two).of(settings());
    assert.deepEqual([0, 1, 2].map(route.subjectOf), ['shoal.u1.1.0', 'shoal.u1.3.4', 'shoal.u1.1.0']);
    assert.deepEqual([route.epoch, route.isSingle], [7n, false]);
    assert.equal(routesOf(mapOf({ placements: [placement(0, ['n'])] })).of(settings()).isSingle, true);
  });

  it('is UNAVAILABLE where there is no shard, or none with the list', () => {
    assert.throws(() => routesOf(mapOf({})).of(settings()), { code: 'UNAVAILABLE', message: /has no shard yet/ });
    assert.throws(() => routesOf(two).of(settings()).subjectOf(9), { code: 'UNAVAILABLE', message: /has list 9/ });
  });

  it('is looked for again when the map changes, not before', () => {
    const seen = { map: two };
    const routes = new ShardRoutes({ current: () => seen.map });
    const before = routes.of(settings());
    assert.equal(routes.of(settings()), before);
    seen.map = mapOf({ placements: [placement(1, ['n'], [0])] });
    assert.equal(routes.of(settings()).subjectOf(0), 'shoal.u1.1.1');
  });
});
