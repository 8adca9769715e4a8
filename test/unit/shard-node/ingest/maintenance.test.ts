/** The background work of a replica: by size at once, by age in time, and never after its end. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { Maintenance, type MaintenanceParts } from '../../../../shard-node/ingest/maintenance.js';
import type { ShardIndex } from '../../../../vector-index/shard-index.js';
import { FakeClock } from '../../../fake-clock.js';

interface Rig {
  readonly clock: FakeClock;
  readonly maintenance: Maintenance;
  /** `maintain` does something this many times. */
  due: number;
  behind: boolean;
  failure: Error | null;
  readonly events: string[];
}

/** Comes to rest after the first look, which finds nothing. */
async function rig(): Promise<Rig> {
  const clock = new FakeClock();
  const events: string[] = [];
  const state = { due: 0, behind: false, failure: null as Error | null };
  const index = {
    seal: async () => {
      events.push(`seal at ${clock.monotonicMs()}`);
      state.behind = false;
    },
    maintain: async () => {
      if (state.failure !== null) throw state.failure;
      if (state.due === 0) return false;
      state.due -= 1;
      events.push(`step at ${clock.monotonicMs()}`);
      return true;
    },
  } as unknown as ShardIndex;
  const parts: MaintenanceParts = {
    index,
    isBehind: () => state.behind,
    clock,
    sealAgeMs: 1_000,
    everyMs: 100,
    onSealed: () => events.push('told'),
    onHindrance: (error) => void (error !== null && events.push(`${error.message} at ${clock.monotonicMs()}`)),
    onFailure: (error) => events.push(`failed: ${(error as Error).message}`),
  };
  const maintenance = new Maintenance(parts);
  await new Promise((resolve) => setImmediate(resolve));
  return Object.assign(state, { clock, events, maintenance });
}

describe('the maintenance of a replica', () => {
  it('does due steps one after another and tells of each', async () => {
    const each = await rig();
    await each.clock.advance(100);
    each.due = 2;
    await each.clock.advance(100);
    assert.deepEqual(each.events, ['step at 200', 'told', 'step at 200', 'told']);
    await each.maintenance.close();
  });

  it('seals what is older than its age, and nothing that is covered already', async () => {
    const each = await rig();
    await each.clock.advance(5_000);
    assert.deepEqual(each.events, []);
    each.behind = true;
    await each.clock.advance(900);
    assert.deepEqual(each.events, []);
    await each.clock.advance(200);
    assert.deepEqual(each.events, ['seal at 6000', 'told']);
    await each.maintenance.close();
  });

  it('hands a failure on and stops', async () => {
    const each = await rig();
    await each.clock.advance(100);
    each.failure = new Error('disk trouble');
    await each.clock.advance(1_000);
    assert.deepEqual(each.events, ['failed: disk trouble']);
    assert.equal(each.clock.pending, 0);
    await each.maintenance.close();
  });

  it('tries again after ever longer pauses while the disk is full, and at the usual pace once it is not', async () => {
    const each = await rig();
    await each.clock.advance(100);
    each.failure = new ShoalError('RESOURCE_EXHAUSTED', 'full');
    await each.clock.advance(90_000);
    const times = [200, 300, 500, 900, 1_700, 3_300, 6_500, 12_900, 25_700, 51_300, 81_300];
    assert.deepEqual(
      each.events,
      times.map((at) => `full at ${at}`),
    );
    each.failure = null;
    each.due = 1;
    await each.clock.advance(21_200);
    assert.deepEqual(each.events.slice(times.length), ['step at 111300', 'told']);
    each.failure = new ShoalError('RESOURCE_EXHAUSTED', 'full');
    await each.clock.advance(200);
    assert.deepEqual(each.events.slice(times.length + 2), ['full at 111400', 'full at 111500']);
    await each.maintenance.close();
  });

  it('leaves no timer behind when it is closed, twice if need be', async () => {
    const each = await rig();
    await each.clock.advance(100);
    await each.maintenance.close();
    await each.maintenance.close();
    assert.equal(each.clock.pending, 0);
    each.due = 1;
    await each.clock.advance(1_000);
    assert.deepEqual(each.events, []);
  });
});
