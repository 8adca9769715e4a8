/** One life of a partition: it ends when it is told to, with what ended it, and reads the map no older than a write. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { ShoalError } from '../../../../base/errors.js';
import { emptyClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { ListRoutes } from '../../../../shard-node/directory/list-routes.js';
import { MemoryDirectoryDisk, MemoryDirectoryStore } from './store/memory-directory-store.js';
import { PartitionLife } from '../../../../shard-node/directory/partition-life.js';
import { mapOf, placement, silent } from '../fixtures.js';
import { FakeLog } from './fake-log.js';
import { directory, logDocument, subjectOf, uid, upsertOf, writeOf } from './fixtures.js';

/** What the registry says, and the number of the node's lease. */
interface Floors {
  term: number | null;
  floor: bigint;
  reads: number;
}

function lifeOn(log: FakeLog, routes = new ListRoutes(uid), told?: Floors, logger = silent): PartitionLife {
  return new PartitionLife({
    uid,
    range: { first: 0n, last: 2n ** 64n - 1n },
    store: new MemoryDirectoryStore(new MemoryDirectoryDisk(), systemClock),
    log,
    routes,
    rows: { page: () => Promise.reject(new Error('not asked')) },
    copies: () => assert.fail('not asked'),
    floors: async () => {
      if (told === undefined) return new Map();
      told.reads += 1;
      return new Map([[subjectOf(0), told.floor]]);
    },
    term: () => (told === undefined ? 1 : told.term),
    commitEveryMs: 5,
    commitEntries: 10,
    clock: systemClock,
    logger,
    onChange: () => undefined,
  });
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await systemClock.pause();
}

describe('the life of a partition', () => {
  it('ends when it is closed', async () => {
    const log = new FakeLog();
    log.put(subjectOf(0), upsertOf(['a']));
    const life = lifeOn(log);
    const running = life.run();
    await until(() => life.isReady);
    life.close();
    life.close();
    await running;
  });

  it('ends with what it failed of', async () => {
    const life = lifeOn(new FakeLog());
    const running = life.run();
    await until(() => life.isReady);
    life.fail(new ShoalError('DATA_LOSS', 'first'));
    life.fail(new ShoalError('INTERNAL', 'second'));
    await assert.rejects(running, { code: 'DATA_LOSS', message: 'first' });
  });

  it('waits for a map as new as that of the writer', async () => {
    const log = new FakeLog();
    log.put(directory, writeOf(logDocument('a', 0)));
    const routes = new ListRoutes(uid);
    routes.follow(emptyClusterMap);
    const life = lifeOn(log, routes);
    const running = life.run();
    await until(() => life.problem !== '');
    assert.match(life.problem, /the map of this node has epoch 0, a write was made under 1/);
    routes.follow(mapOf([placement()]));
    await until(() => life.isReady);
    assert.deepEqual([life.problem, log.on(subjectOf(0)).length], ['', 1]);
    life.close();
    await running;
  });

  it('reads the floors again under another lease, and before each record while there is none', async () => {
    const log = new FakeLog();
    const told: Floors = { term: 1, floor: 0n, reads: 0 };
    const life = lifeOn(log, new ListRoutes(uid), told);
    const running = life.run();
    await until(() => life.isReady);
    const counts: number[] = [];
    for (const term of [1, 1, 2, 2, null, null, 3]) {
      const before = told.reads;
      told.term = term;
      const at = log.put(subjectOf(0), upsertOf(['a']));
      await until(() => life.state.heard >= at);
      counts.push(told.reads - before);
    }
    assert.deepEqual(counts, [0, 0, 1, 0, 1, 1, 1]);
    [told.term, told.floor] = [4, 99n];
    log.put(subjectOf(0), upsertOf(['b']));
    await assert.rejects(running, { code: 'DATA_LOSS', message: /begins after 99/ });
    assert.equal(life.state.heard, 7n);
  });

  it('looks at the floors when it is told to, and ends where the log went on without it', async () => {
    const told: Floors = { term: 1, floor: 0n, reads: 0 };
    const life = lifeOn(new FakeLog(), new ListRoutes(uid), told);
    const running = life.run();
    await until(() => life.isReady);
    await life.checkLog();
    assert.equal(life.isReady, true);
    told.floor = 99n;
    await life.checkLog();
    await assert.rejects(running, { code: 'DATA_LOSS' });
  });

  it('goes on when the log comes back, and makes no noise of what passes', async () => {
    const log = new FakeLog();
    const state = { isAway: true };
    const whole = log.state.bind(log);
    log.state = async () => {
      if (state.isAway) throw new ShoalError('UNAVAILABLE', 'the log is away');
      return await whole();
    };
    const said: string[] = [];
    const logger = Object.create(silent, {
      debug: { value: (_fields: object, message: string) => said.push(message) },
      warn: { value: () => assert.fail('nothing to warn of') },
    }) as typeof silent;
    const life = lifeOn(log, new ListRoutes(uid), undefined, logger);
    const running = life.run();
    await until(() => life.problem === 'the log is away');
    state.isAway = false;
    await until(() => life.isReady);
    assert.equal(life.problem, '');
    assert.deepEqual(said, ['directory cannot go on for now', 'directory goes on']);
    life.close();
    await running;
  });
});
