/** The log gives back what every named replica and the directory have on disk, and nothing else. */
import assert from 'node:assert/strict';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { directorySubject, keys, shardSubject } from '../../../../cluster/keys.js';
import type { RegistryEntry } from '../../../../cluster/registry.js';
import type { ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { floorsOf, Truncation } from '../../../../coordinator/placement/truncation.js';
import { DirectoryPlacement, DirectoryState } from '../../../../proto/generated/shoal/v1/cluster.js';
import { FakeClock } from '../../../fake-clock.js';
import { mapOf, placement, registryOf, replica, silent, uid } from '../fixtures.js';

const subject = shardSubject(uid, 1n, 0);
/** Revision of all pictures. */
const pictured = 50n;

interface Marks {
  /** Of each replica; null = silent. */
  readonly durable?: readonly (bigint | null)[];
  /** Of each copy of each partition; null = silent. */
  readonly committed?: readonly (readonly (bigint | null)[])[];
  readonly holds?: Readonly<Record<string, bigint>>;
  /** What copies of the directory remember write_ids of comes after this; what they have committed unless told. */
  readonly rememberedAfter?: bigint;
}

function mapAt({ durable = [9n], committed = [[99n]], holds = {}, rememberedAfter }: Marks): ClusterMap {
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `node-${i}`);
  const replicas = durable.flatMap((mark, i) => (mark === null ? [] : [replica(0, `node-${i}`, { durable: mark })]));
  const partitions = committed.map((marks, partition) => {
    return [partition, DirectoryPlacement.fromPartial({ uid, partition, nodes: names(marks.length) })] as const;
  });
  const states = committed.flatMap((marks, partition) =>
    marks.flatMap((mark, i) => {
      if (mark === null) return [];
      const node = `node-${i}`;
      const marked = { committed: mark, rememberedAfter: rememberedAfter ?? mark };
      const state = DirectoryState.fromPartial({ uid, partition, node, state: 'ready', ...marked });
      return [[`${uid}/${partition}/${node}`, state] as const];
    }),
  );
  return {
    ...mapOf({ placements: [placement(0, names(durable.length))], replicas }),
    revision: pictured,
    directories: new Map(partitions.length === 0 ? [] : [[uid, new Map(partitions)]]),
    directoryStates: new Map(states),
    holds: new Map(Object.entries(holds)),
  };
}

function floors(marks: Marks): [shard: bigint | undefined, directory: bigint | undefined] {
  const all = new Map(floorsOf(mapAt(marks), uid).map((floor) => [floor.subject, floor.position]));
  return [all.get(subject), all.get(directorySubject(uid))];
}

describe('the floor of a subject', () => {
  it('is the smallest durable position of its replicas, that of the directory’s what its copies committed', () => {
    assert.deepEqual(floors({ durable: [9n, 4n, 7n] }), [4n, 99n]);
    assert.deepEqual(floors({ committed: [[80n, 70n], [90n]] }), [9n, 70n]);
  });

  it('is not above what any copy of the directory has committed, nor above a hold', () => {
    assert.deepEqual(floors({ committed: [[80n], [6n, 7n]] }), [6n, 6n]);
    assert.deepEqual(floors({ holds: { [`${uid}/backup`]: 3n, [`${uid}/join`]: 5n, 'u10/backup': 1n } }), [3n, 3n]);
  });

  it('of the directory’s subject is not above what its copies remember write_ids of', () => {
    assert.deepEqual(floors({ durable: [50n], committed: [[80n], [70n]], rememberedAfter: 40n }), [50n, 40n]);
  });

  it('is 0 while one that counts is silent', () => {
    assert.deepEqual(floors({ durable: [9n, null] }), [0n, 99n]);
    assert.deepEqual(floors({ durable: [] }), [0n, 99n]);
    assert.deepEqual(floors({ committed: [[80n], [90n, null]] }), [0n, 0n]);
    assert.deepEqual(floors({ committed: [] }), [0n, 0n]);
  });

  it('does not count replicas that the placement does not name', () => {
    const map = mapAt({ durable: [9n] });
    const stranger = replica(0, 'stranger', { durable: 1n });
    const replicas = new Map([...map.replicas, [`${uid}/0/stranger`, stranger]]);
    assert.equal(floorsOf({ ...map, replicas }, uid)[0]?.position, 9n);
  });
});

interface Rig {
  readonly truncation: Truncation;
  readonly entries: Map<string, RegistryEntry>;
  /** What happened, in order. */
  readonly events: string[];
  fail: boolean;
  /** Last position of every subject. */
  last: bigint;
}

function rig(): Rig {
  const events: string[] = [];
  const setting = { key: keys.setting(uid), value: Buffer.from('s'), revision: 5n };
  const entries = new Map<string, RegistryEntry>([[setting.key, setting]]);
  for (const { grounds } of floorsOf(mapAt({ durable: [1n, 1n] }), uid)) {
    for (const key of grounds) entries.set(key, { key, value: Buffer.alloc(0), revision: pictured });
  }
  const list = async (prefix: string): Promise<RegistryEntry[]> =>
    [...entries.values()].filter((entry) => entry.key.startsWith(prefix));
  const registry = Object.assign(registryOf(entries), { list });
  const state = { fail: false, last: 1_000n };
  const log: Partial<ChangeLog> = {
    lastSequence: async () => each.last,
    purge: async (_: string, purged: string, upTo: bigint) => {
      if (each.fail) throw new Error('disk trouble');
      const floor = Buffer.from(entries.get(keys.floor(purged))?.value ?? []).toString();
      if (purged === subject) events.push(`purge to ${upTo}, floor ${floor}`);
    },
  };
  const truncation = new Truncation({ registry, log: log as ChangeLog, clock: new FakeClock(), logger: silent });
  const each: Rig = Object.assign(state, { truncation, entries, events });
  return each;
}

describe('truncation', () => {
  it('writes the floor first and then purges up to it', async () => {
    const { truncation, events } = rig();
    await truncation.follow(mapAt({ durable: [9n, 4n] }));
    assert.deepEqual(events, ['purge to 4, floor 4']);
  });

  it('purges only when the floor rises', async () => {
    const { truncation, events } = rig();
    for (const mark of [4n, 4n, 3n, null, 6n]) await truncation.follow(mapAt({ durable: [mark] }));
    assert.deepEqual(
      events.map((event) => event.split(',')[0]),
      ['purge to 4', 'purge to 6'],
    );
  });

  it('never lowers a floor, though a replica has less than it had', async () => {
    const { truncation, entries, events } = rig();
    const known = { key: keys.floor(subject), value: Buffer.from('8'), revision: 7n };
    entries.set(known.key, known);
    await truncation.follow(mapAt({ durable: [6n] }));
    assert.deepEqual(events, ['purge to 8, floor 8']);
  });

  it('leaves subjects alone on which nothing was said since', async () => {
    const each = rig();
    await each.truncation.follow(mapAt({ durable: [4n] }));
    each.last = 4n;
    await each.truncation.follow(mapAt({ durable: [6n] }));
    assert.equal(each.events.length, 1);
  });

  it('stays below a hold that the map does not show yet', async () => {
    const { truncation, entries, events } = rig();
    const key = keys.hold(uid, 'backup');
    entries.set(key, { key, value: Buffer.from('2'), revision: 8n });
    await truncation.follow(mapAt({ durable: [9n] }));
    assert.deepEqual(events, ['purge to 2, floor 2']);
  });

  it('leaves alone what was said anew, or taken back, since the picture was made', async () => {
    const { truncation, entries, events } = rig();
    const key = keys.replica(uid, 0, 'node-1');
    entries.set(key, { key, value: Buffer.alloc(0), revision: pictured + 1n });
    await truncation.follow(mapAt({ durable: [9n, 4n] }));
    entries.delete(key);
    await truncation.follow(mapAt({ durable: [9n, 4n] }));
    assert.deepEqual(events, []);
    await truncation.follow(mapAt({ durable: [9n] }));
    assert.deepEqual(events, ['purge to 9, floor 9']);
  });

  it('looks at the newest of several pictures', async () => {
    const { truncation, events } = rig();
    const pictures = [2n, 3n, 4n].map((mark) => truncation.follow(mapAt({ durable: [mark] })));
    await Promise.all(pictures);
    assert.deepEqual(events, ['purge to 4, floor 4']);
  });

  it('tries again at the next change after a failure', async () => {
    const each = rig();
    each.fail = true;
    await each.truncation.follow(mapAt({ durable: [4n] }));
    each.fail = false;
    await each.truncation.follow(mapAt({ durable: [4n] }));
    assert.equal(each.events.length, 1);
  });

  it('leaves nothing behind of a collection that was dropped', async () => {
    const { truncation, entries, events } = rig();
    entries.clear();
    await truncation.follow(mapAt({ durable: [4n] }));
    assert.deepEqual([entries.size, events.length], [0, 0]);
  });
});
