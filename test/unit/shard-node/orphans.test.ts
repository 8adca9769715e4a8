/** Data is removed only where the registry surely knows this node's data, and surely not that collection. */
import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemFiles } from '../../../vector-index/system-files.js';
import { keys } from '../../../cluster/keys.js';
import type { Registry } from '../../../cluster/registry.js';
import { ReplicaState, ShardPlacement } from '../../../proto/generated/shoal/v1/cluster.js';
import { removeOrphans } from '../../../shard-node/orphans.js';
import { nodeId, silent, withRig } from './fixtures.js';

const value = Buffer.of(1);
const self = keys.node(nodeId);

/** What is left of `folders` where the registry holds `known`. */
async function left(folders: readonly string[], known: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  await withRig(async ({ directory, registry }) => {
    const dataDirectory = join(directory, 'data');
    for (const folder of folders) {
      await mkdir(join(dataDirectory, folder), { recursive: true });
      await writeFile(join(dataDirectory, folder, 'MANIFEST'), 'x');
    }
    await registry.transact(
      [],
      known.map((key) => ({ operation: 'put', key, value })),
    );
    await removeOrphans({ id: nodeId, dataDirectory, registry, files: systemFiles, logger: silent });
    found.push(...(await readdir(dataDirectory)).sort());
  });
  return found;
}

describe('the data of dropped collections', () => {
  it('is removed when the node starts', async () => {
    assert.deepEqual(await left(['a1/0', 'b2/0', 'b2/1', 'c3/7'], [self, keys.setting('a1')]), ['a1']);
  });

  it('is kept where the collection has settings, or a placement anywhere', async () => {
    const known = [self, keys.setting('a1'), keys.placement('b2', 5)];
    assert.deepEqual(await left(['a1/0', 'b2/0', 'c3/0'], known), ['a1', 'b2']);
    assert.deepEqual(await left(['a1/0', 'b2/directory-0'], [self, keys.setting('a1'), keys.directory('b2', 0)]), [
      'a1',
      'b2',
    ]);
  });

  it('is told from that of a collection which is still being made', async () => {
    const known = [self, keys.setting('a1'), keys.opening('b2'), keys.remains('b2'), keys.remains('c3')];
    assert.deepEqual(await left(['a1/0', 'b2/0', 'c3/0'], known), ['a1', 'b2']);
  });

  it('is that of directories too', async () => {
    const folders = ['a1/0', 'b2/0', 'b2/directory-0', 'b2/directory-0.damaged', 'c3/directory-1'];
    assert.deepEqual(await left(folders, [self, keys.setting('a1')]), ['a1']);
  });

  it('is kept where the registry knows nothing of what this node holds', async () => {
    assert.deepEqual(await left(['a1/0', 'b2/0'], [self]), ['a1', 'b2']);
    assert.deepEqual(await left(['a1/0'], [self, keys.setting('other')]), ['a1']);
  });

  it('is kept where the registry has not listed this node', async () => {
    assert.deepEqual(await left(['a1/0', 'b2/0'], [keys.setting('a1')]), ['a1', 'b2']);
  });

  it('is kept where the registry cannot be read, and the node starts all the same', () =>
    withRig(async ({ directory }) => {
      const dataDirectory = join(directory, 'data');
      await mkdir(join(dataDirectory, 'a1', '0'), { recursive: true });
      const registry = { list: () => Promise.reject(new Error('away')) } as unknown as Registry;
      await removeOrphans({ id: nodeId, dataDirectory, registry, files: systemFiles, logger: silent });
      assert.deepEqual(await readdir(dataDirectory), ['a1']);
    }));

  it('is told from folders that hold something else', async () => {
    const others = ['lost+found/0', 'mine/notes', 'Upper/0'];
    assert.deepEqual(await left(['a1/0', ...others], [self, keys.setting('a1')]), [
      'Upper',
      'a1',
      'lost+found',
      'mine',
    ]);
  });

  it('is nothing on a new node', async () => assert.deepEqual(await left([], [self]), []));
});

describe('the data of a shard that has moved away', () => {
  const placed = (nodes: string[]): Buffer =>
    Buffer.from(ShardPlacement.encode(ShardPlacement.fromPartial({ uid: 'a1', shard: 0, nodes })).finish());
  const state = (name: string): Buffer =>
    Buffer.from(ReplicaState.encode(ReplicaState.fromPartial({ uid: 'a1', node: 'other', state: name })).finish());

  /** What is left of a shard's folder and of what was kept aside, where `nodes` have the shard and `other` is in `phase`. */
  async function leftOf(nodes: string[], phase: string | null): Promise<readonly string[]> {
    const found: string[] = [];
    await withRig(async ({ directory, registry }) => {
      const dataDirectory = join(directory, 'data');
      for (const name of ['0', '0.damaged', 'directory-0'])
        await mkdir(join(dataDirectory, 'a1', name), { recursive: true });
      const entries = [
        { key: self, value },
        { key: keys.setting('a1'), value },
        { key: keys.placement('a1', 0), value: placed(nodes) },
        ...(phase === null ? [] : [{ key: keys.replica('a1', 0, 'other'), value: state(phase) }]),
      ];
      await registry.transact(
        [],
        entries.map((entry) => ({ operation: 'put', ...entry })),
      );
      await removeOrphans({ id: nodeId, dataDirectory, registry, files: systemFiles, logger: silent });
      found.push(...(await readdir(join(dataDirectory, 'a1'))).sort());
    });
    return found;
  }

  it('is removed where another node serves it', async () =>
    assert.deepEqual(await leftOf(['other'], 'ready'), ['directory-0']));

  it('is kept where none does, as where the node has got another name', async () => {
    const all = ['0', '0.damaged', 'directory-0'];
    assert.deepEqual(await leftOf(['other'], null), all);
    assert.deepEqual(await leftOf(['other'], 'loading'), all);
    assert.deepEqual(await leftOf([nodeId, 'other'], 'ready'), all);
  });
});
