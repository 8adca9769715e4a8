/** Lists to subjects by the newest placements. */
import assert from 'node:assert/strict';
import { shardSubject } from '../../../../cluster/keys.js';
import { emptyClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { ListRoutes } from '../../../../shard-node/directory/list-routes.js';
import { mapOf, placement, uid, words } from '../fixtures.js';

describe('the routes of lists', () => {
  it('lead to the shard that has the list', () => {
    const routes = new ListRoutes(uid);
    routes.follow(
      mapOf([placement(0, { lists: words(0, 1) }), placement(1, { lists: words(2), generation: 3n, epoch: 7n })]),
    );
    assert.deepEqual([routes.subjectOf(1), routes.subjectOf(2)], [shardSubject(uid, 1n, 0), shardSubject(uid, 3n, 1)]);
    assert.equal(routes.epoch, 7n);
    assert.equal(routes.placements.length, 2);
  });

  it('follow the map', () => {
    const routes = new ListRoutes(uid);
    const first = mapOf([placement(0, { lists: words(0, 1) })]);
    routes.follow(first);
    routes.follow(first);
    routes.follow(mapOf([placement(0), placement(1, { lists: words(1) })]));
    assert.equal(routes.subjectOf(1), shardSubject(uid, 1n, 1));
  });

  it('of a list that no shard has lead to the first shard, and without shards nowhere', () => {
    const routes = new ListRoutes(uid);
    assert.throws(() => routes.subjectOf(0), { code: 'UNAVAILABLE' });
    routes.follow(mapOf([placement(4)]));
    assert.equal(routes.subjectOf(99), shardSubject(uid, 1n, 4));
    routes.follow(emptyClusterMap);
    assert.throws(() => routes.subjectOf(0), { code: 'UNAVAILABLE' });
  });
});
