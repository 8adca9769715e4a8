/** A log that ends below what nodes have is not written, and is opened anew once nothing of it is lost by that. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { directorySubject, keys, shardSubject } from '../../../../cluster/keys.js';
import type { Registry } from '../../../../cluster/registry.js';
import type { ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { LogGuard } from '../../../../coordinator/placement/log-guard.js';
import { DirectoryPlacement, DirectoryState, Node, NodeKind } from '../../../../proto/generated/shoal/v1/cluster.js';
import { FakeClock } from '../../../fake-clock.js';
import { mapOf, placement, replica, settings, silent, uid } from '../fixtures.js';

function mapAt(durable: readonly bigint[], committed: bigint, coordinators: readonly string[] = ['c1']): ClusterMap {
  const names = durable.map((_, i) => `node-${i}`);
  const directory = DirectoryPlacement.fromPartial({ uid, partition: 0, nodes: ['node-0'] });
  const state = DirectoryState.fromPartial({ uid, partition: 0, node: 'node-0', state: 'ready', committed });
  return {
    ...mapOf({
      collections: [settings()],
      nodes: coordinators.map((id) => Node.fromPartial({ id, kind: NodeKind.NODE_KIND_COORDINATOR })),
      placements: [placement(0, names)],
      replicas: durable.map((mark, i) => replica(0, `node-${i}`, { durable: mark })),
    }),
    directories: new Map([[uid, new Map([[0, directory]])]]),
    directoryStates: new Map([[`${uid}/0/node-0`, state]]),
  };
}

interface Rig {
  readonly guard: LogGuard;
  readonly events: string[];
  /** Written, by key. */
  readonly floors: Map<string, string>;
  readonly clock: FakeClock;
  /** Of the log; null = there is none. `error`: what the log answers, once. */
  readonly state: { last: bigint | null; error: ShoalError | null; isDropped: boolean };
  isWritable(): boolean;
}

function rig(lastSequence: bigint | null): Rig {
  const events: string[] = [];
  const floors = new Map<string, string>();
  const state: Rig['state'] = { last: lastSequence, error: null, isDropped: false };
  const log: Partial<ChangeLog> = {
    state: async () => {
      const { error, last } = state;
      state.error = null;
      if (error !== null) throw error;
      if (last === null) throw new ShoalError('NOT_FOUND', 'no stream');
      return { firstSequence: 1n, lastSequence: last, entries: 5, bytes: 0 };
    },
    lastSequence: async () => state.last ?? 0n,
    dropStream: async () => void events.push('drop'),
    raiseStream: async (_, first) => {
      if (state.error !== null) throw state.error;
      state.last = first - 1n;
      events.push(`raise to ${first}`);
    },
  };
  const registry = {
    get: async (key: string) =>
      state.isDropped ? null : { key, value: Buffer.from(floors.get(key) ?? ''), revision: 1n },
    transact: async (_, writes) => {
      assert.deepEqual(events, [], 'floors are written before the log is raised');
      for (const write of writes) {
        if (write.operation === 'put') floors.set(write.key, Buffer.from(write.value).toString());
      }
      return 1n;
    },
  } as Partial<Registry> as Registry;
  const clock = new FakeClock();
  const guard = new LogGuard({ id: 'c1', registry, log: log as ChangeLog, clock, logger: silent });
  const isWritable = (): boolean => {
    try {
      guard.checkWritable(uid);
      return true;
    } catch (error) {
      assert.match(String(error), /the log of the collection ends at position 20, but nodes have it up to 30/);
      return false;
    }
  };
  return { guard, events, floors, clock, state, isWritable };
}

describe('the guard of the log', () => {
  it('lets a log be written that is above what nodes have', async () => {
    const { guard, events, isWritable } = rig(20n);
    await guard.follow(mapAt([20n, 7n], 20n));
    assert.deepEqual([isWritable(), events], [true, []]);
  });

  it('stops writes to one that lost its end, while a node has not all that is left', async () => {
    for (const map of [mapAt([30n, 7n], 20n), mapAt([20n, 20n], 30n, ['c1', 'c0']), mapAt([30n], 19n)]) {
      const { guard, events, isWritable } = rig(20n);
      await guard.follow(map);
      assert.deepEqual([isWritable(), events], [false, []]);
    }
  });

  it('raises it above what nodes have, once they have all of it', async () => {
    const { guard, events, isWritable } = rig(20n);
    await guard.follow(mapAt([30n, 7n], 25n));
    assert.equal(isWritable(), false);
    await guard.follow(mapAt([30n, 20n], 25n));
    assert.deepEqual([isWritable(), events], [true, ['raise to 32']]);
    await guard.follow(mapAt([30n, 20n], 25n));
    assert.equal(events.length, 1);
  });

  it('says before how far the best replicas have come, and that no directory goes on as it is', async () => {
    const { guard, events, floors } = rig(20n);
    await guard.follow(mapAt([30n, 7n], 25n));
    assert.equal(floors.size, 0);
    await guard.follow(mapAt([30n, 20n], 25n));
    assert.deepEqual(events, ['raise to 32']);
    assert.deepEqual(
      [...floors],
      [
        [keys.floor(shardSubject(uid, 1n, 0)), '30'],
        [keys.floor(directorySubject(uid)), '31'],
      ],
    );
  });

  it('raises it where that did not come about after it was said, without waiting for directories below', async () => {
    const { guard, events, floors } = rig(30n);
    floors.set(keys.floor(directorySubject(uid)), '31');
    await guard.follow(mapAt([30n, 30n], 0n));
    assert.deepEqual(events, ['raise to 33']);
    assert.equal(floors.get(keys.floor(directorySubject(uid))), '32');
  });

  it('raises it although records that came meanwhile brought it above what nodes have', async () => {
    const { guard, events, state } = rig(20n);
    await guard.follow(mapAt([30n, 7n], 25n));
    state.last = 40n;
    assert.throws(() => guard.checkWritable(uid), { code: 'UNAVAILABLE' });
    await guard.follow(mapAt([40n, 40n], 40n));
    assert.deepEqual(events, ['raise to 42']);
    assert.doesNotThrow(() => guard.checkWritable(uid));
  });

  it('takes it for mended where another coordinator has raised it', async () => {
    const { guard, events, floors, state } = rig(20n);
    await guard.follow(mapAt([30n, 7n], 25n, ['c1', 'c0']));
    floors.set(keys.floor(directorySubject(uid)), '31');
    state.last = 31n;
    await guard.follow(mapAt([30n, 30n], 31n, ['c1', 'c0']));
    assert.deepEqual(events, []);
    assert.doesNotThrow(() => guard.checkWritable(uid));
  });

  it('raises one that is gone while its collection stands, as after a crash on the way', async () => {
    const { guard, events } = rig(null);
    await guard.follow(mapAt([30n, 7n], 20n));
    assert.deepEqual(events, ['raise to 32']);
    assert.doesNotThrow(() => guard.checkWritable(uid));
  });

  it('leaves alone what a dropped collection had, also when it goes while its log is raised', async () => {
    const gone = rig(null);
    gone.state.isDropped = true;
    await gone.guard.follow(mapAt([30n], 20n));
    assert.deepEqual(gone.events, []);
    const going = rig(20n);
    going.state.isDropped = true;
    await going.guard.follow(mapAt([30n, 20n], 25n));
    assert.deepEqual(going.events, ['raise to 32', 'drop']);
  });

  it('looks again by itself where the log could not be asked', async () => {
    const { guard, events, clock, state } = rig(20n);
    state.error = new ShoalError('UNAVAILABLE', 'the log is away');
    await guard.follow(mapAt([30n, 20n], 25n));
    assert.deepEqual(events, []);
    await clock.advance(2_000);
    for (let turn = 0; turn < 5; turn += 1) await clock.pause();
    assert.deepEqual(events, ['raise to 32']);
    await guard.close();
    assert.equal(clock.pending, 0);
  });

  it('takes a position that is not above what nodes had for a lost record, and looks again', async () => {
    const { guard, clock, state, isWritable } = rig(30n);
    await guard.follow(mapAt([30n, 30n], 30n));
    const reached = guard.reachedBy(uid);
    assert.equal(reached, 30n);
    guard.checkGiven(uid, 31n, reached);
    assert.equal(isWritable(), true);
    state.last = 20n;
    assert.throws(() => guard.checkGiven(uid, 20n, reached), { code: 'UNAVAILABLE' });
    assert.equal(isWritable(), false);
    await clock.advance(2_000);
    for (let turn = 0; turn < 5; turn += 1) await clock.pause();
    assert.deepEqual([state.last, isWritable()], [31n, true]);
  });

  it('looks at every log again when its coordinator was away from the registry', async () => {
    const { guard, clock, state, isWritable } = rig(30n);
    await guard.follow(mapAt([30n], 19n));
    state.last = 20n;
    await guard.follow(mapAt([30n], 19n));
    assert.equal(isWritable(), true);
    guard.forget();
    await clock.advance(2_000);
    for (let turn = 0; turn < 5; turn += 1) await clock.pause();
    assert.equal(isWritable(), false);
    await guard.close();
  });

  it('forgets collections that are dropped', async () => {
    const { guard, isWritable } = rig(20n);
    await guard.follow(mapAt([30n, 7n], 20n));
    await guard.follow(mapOf({}));
    assert.equal(isWritable(), true);
  });
});
