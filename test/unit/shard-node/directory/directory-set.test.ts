/** A node opens, closes and reports its directory partitions as the placements say. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../../base/clock.js';
import { keys } from '../../../../cluster/keys.js';
import type { Connections } from '../../../../cluster/rpc/transport.js';
import type { ClusterMap } from '../../../../cluster/shard-map/cluster-map.js';
import { DirectoryPlacement, DirectoryState } from '../../../../proto/generated/shoal/v1/cluster.js';
import { shardNodeConfigSchema } from '../../../../shard-node/config.js';
import { DirectorySet, directoryFolder, isDirectoryFolder } from '../../../../shard-node/directory/directory-set.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { logDocument, mapOf, nodeId, placement, silent, uid, withRig, type Rig } from '../fixtures.js';

function mapWith(...partitions: readonly { readonly partition: number; readonly nodes: string[] }[]): ClusterMap {
  const placements = partitions.map(({ partition, nodes }) =>
    DirectoryPlacement.fromPartial({ uid, partition, hashFirst: 0n, hashLast: 2n ** 64n - 1n, nodes }),
  );
  const directories = new Map([[uid, new Map(placements.map((each) => [each.partition, each]))]]);
  return { ...mapOf([placement()]), directories };
}

const here = { partition: 0, nodes: [nodeId] };

async function withSet(work: (set: DirectorySet, rig: Rig, data: string) => Promise<void>): Promise<void> {
  await withRig(async (rig) => {
    const { registry, log, lease, directory } = rig;
    const dataDirectory = join(directory, 'data');
    const config = shardNodeConfigSchema.parse({ id: nodeId, dataDirectory, directoryCommitEveryMs: 5 });
    const connections = {} as unknown as Connections;
    const standing = { lease, term: () => 1 };
    const shared = { config, registry, log, connections, standing };
    const parts = { ...shared, files: systemFiles, clock: systemClock, logger: silent };
    const set = new DirectorySet(parts);
    try {
      await work(set, rig, dataDirectory);
    } finally {
      await set.close();
    }
  });
}

async function stateOf({ registry }: Rig, partition: number): Promise<DirectoryState | null> {
  const entry = await registry.get(keys.directoryState(uid, partition, nodeId));
  return entry === null ? null : DirectoryState.decode(entry.value);
}

async function committed(rig: Rig, sequence: bigint): Promise<void> {
  while (((await stateOf(rig, 0))?.committed ?? 0n) < sequence) {
    rig.deadline.check();
    await systemClock.pause();
  }
}

describe('the directory partitions of a node', () => {
  it('open where they are placed, and say how far they are', () =>
    withSet(async (set, rig) => {
      const last = await rig.write(logDocument('a'));
      await set.follow(mapWith(here, { partition: 1, nodes: ['other'] }));
      await set.settled(rig.deadline);
      assert.equal(set.partition(uid, 0).phase, 'ready');
      await committed(rig, last);
      assert.deepEqual(await stateOf(rig, 0), {
        uid,
        partition: 0,
        node: nodeId,
        state: 'ready',
        committed: last,
        rememberedAfter: last,
        problem: '',
      });
      assert.equal(await stateOf(rig, 1), null);
    }));

  it('are refused where they are not held', () =>
    withSet(async (set) => {
      await set.follow(mapWith(here));
      assert.throws(() => set.partition(uid, 1), {
        code: 'FAILED_PRECONDITION',
        message: `this node does not hold partition 1 of the directory of collection ${uid}; refresh the map and ask again`,
      });
    }));

  it('that are placed elsewhere leave nothing behind', () =>
    withSet(async (set, rig, data) => {
      const last = await rig.write(logDocument('a'));
      await set.follow(mapWith(here));
      await committed(rig, last);
      assert.ok(readdirSync(join(data, uid, directoryFolder(0))).length > 0);
      await set.follow(mapWith({ partition: 0, nodes: ['other'] }));
      assert.equal(existsSync(join(data, uid)), false);
      assert.equal(await stateOf(rig, 0), null);
      assert.throws(() => set.partition(uid, 0), { code: 'FAILED_PRECONDITION' });
    }));

  it('leave the folders of shards alone', () =>
    withSet(async (set, rig, data) => {
      await systemFiles.makeDirectory(join(data, uid, '7'));
      await set.follow(mapWith(here));
      await set.settled(rig.deadline);
      await set.follow(mapWith());
      assert.deepEqual(readdirSync(join(data, uid)), ['7']);
    }));

  it('open once, however often the map changes', () =>
    withSet(async (set) => {
      await Promise.all([1, 2, 3].map(() => set.follow(mapWith(here))));
      const partition = set.partition(uid, 0);
      await set.follow(mapWith(here));
      assert.equal(set.partition(uid, 0), partition);
    }));

  it('say everything again under a new lease', () =>
    withSet(async (set, rig) => {
      await set.follow(mapWith(here));
      await set.settled(rig.deadline);
      const key = keys.directoryState(uid, 0, nodeId);
      await rig.registry.transact([], [{ operation: 'delete', key }]);
      await set.renew();
      await set.settled(rig.deadline);
      assert.equal((await stateOf(rig, 0))?.state, 'ready');
    }));

  it('say nothing more once the node leaves', () =>
    withSet(async (set, rig) => {
      await set.leave();
      await set.follow(mapWith(here));
      await set.settled(rig.deadline);
      await set.leave();
      assert.equal(await stateOf(rig, 0), null);
    }));

  it('lie in folders of their own', () => {
    assert.deepEqual(
      ['directory-0', 'directory-12.damaged', 'directory-', '0', 'directory-0.old'].map(isDirectoryFolder),
      [true, true, false, false, false],
    );
  });
});
