/** The log gives back what every named replica has on disk, and nothing else. */
import assert from 'node:assert/strict';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { keys, shardSubject } from '../../../../cluster/keys.js';
import type { RegistryEntry } from '../../../../cluster/registry.js';
import { floorOf, Truncation } from '../../../../coordinator/placement/truncation.js';
import { mapOf, placement, registryOf, replica, silent, uid } from '../fixtures.js';

const subject = shardSubject(uid, 1n, 0);

function mapAt(...durable: readonly (bigint | null)[]): ReturnType<typeof mapOf> {
  const names = durable.map((_, i) => `node-${i}`);
  const replicas = durable.flatMap((mark, i) => (mark === null ? [] : [replica(0, `node-${i}`, { durable: mark })]));
  return mapOf({ placements: [placement(0, names)], replicas });
}

const floor = (...durable: readonly (bigint | null)[]): bigint =>
  floorOf(
    mapAt(...durable),
    placement(
      0,
      durable.map((_, i) => `node-${i}`),
    ),
  );

describe('the floor of a subject', () => {
  it('is the smallest durable position of its replicas', () => {
    assert.equal(floor(9n, 4n, 7n), 4n);
    assert.equal(floor(9n), 9n);
  });

  it('is 0 while a named replica is silent, and where none is named', () => {
    assert.equal(floor(9n, null), 0n);
    assert.equal(floor(null), 0n);
    assert.equal(floor(), 0n);
  });

  it('does not count replicas that the placement does not name', () => {
    const map = mapOf({ replicas: [replica(0, 'node-0', { durable: 9n }), replica(0, 'stranger', { durable: 1n })] });
    assert.equal(floorOf(map, placement(0, ['node-0'])), 9n);
  });
});

interface Rig {
  readonly truncation: Truncation;
  readonly entries: Map<string, RegistryEntry>;
  /** What happened, in order. */
  readonly events: string[];
  fail: boolean;
}

function rig(): Rig {
  const events: string[] = [];
  const setting = { key: keys.setting(uid), value: Buffer.from('s'), revision: 5n };
  const entries = new Map<string, RegistryEntry>([[setting.key, setting]]);
  const registry = registryOf(entries);
  const state: { fail: boolean } = { fail: false };
  const log = {
    purge: async (_: string, purged: string, upTo: bigint) => {
      if (state.fail) throw new Error('disk trouble');
      events.push(
        `purge ${purged} to ${upTo}, floor ${Buffer.from(entries.get(keys.floor(purged))?.value ?? []).toString()}`,
      );
    },
  } as unknown as ChangeLog;
  return Object.assign(state, { truncation: new Truncation({ registry, log, logger: silent }), entries, events });
}

describe('truncation', () => {
  it('writes the floor first and then purges up to it', async () => {
    const { truncation, events } = rig();
    await truncation.follow(mapAt(9n, 4n));
    assert.deepEqual(events, [`purge ${subject} to 4, floor 4`]);
  });

  it('purges only when the floor rises', async () => {
    const { truncation, events } = rig();
    for (const marks of [[4n], [4n], [3n], [null], [6n]]) await truncation.follow(mapAt(...marks));
    assert.deepEqual(
      events.map((event) => event.split(',')[0]),
      [`purge ${subject} to 4`, `purge ${subject} to 6`],
    );
  });

  it('tries again at the next change after a failure', async () => {
    const each = rig();
    each.fail = true;
    await each.truncation.follow(mapAt(4n));
    each.fail = false;
    await each.truncation.follow(mapAt(4n));
    assert.equal(each.events.length, 1);
  });

  it('leaves nothing behind of a collection that was dropped', async () => {
    const { truncation, entries, events } = rig();
    entries.clear();
    await truncation.follow(mapAt(4n));
    assert.deepEqual([entries.size, events.length], [0, 0]);
  });
});
