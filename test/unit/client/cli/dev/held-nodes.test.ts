import assert from 'node:assert/strict';
import { keys } from '../../../../../cluster/keys.js';
import type { Registry } from '../../../../../cluster/registry.js';
import { shardNodesHeld } from '../../../../../client/cli/dev/held-nodes.js';
import { DirectoryPlacement, ShardPlacement } from '../../../../../proto/generated/shoal/v1/cluster.js';

function registryWith(shards: readonly string[][], directories: readonly string[][]): Registry {
  const values: Record<string, Uint8Array[]> = {
    [keys.placements]: shards.map((nodes) => ShardPlacement.encode(ShardPlacement.fromPartial({ nodes })).finish()),
    [keys.directories]: directories.map((nodes) =>
      DirectoryPlacement.encode(DirectoryPlacement.fromPartial({ nodes })).finish(),
    ),
  };
  const list = async (prefix: string): Promise<object[]> =>
    values[prefix]!.map((value, index) => ({ key: `${prefix}u/${index}`, value, revision: 1n }));
  return { list } as unknown as Registry;
}

describe('the shard nodes that a data folder needs', () => {
  it('are none where nothing is placed', async () => {
    assert.equal(await shardNodesHeld(registryWith([], [])), 0);
  });

  it('are as many as the last one that has a shard or a part of a directory says', async () => {
    assert.equal(await shardNodesHeld(registryWith([['shard-1'], ['shard-2', 'shard-10']], [['shard-1']])), 10);
    assert.equal(await shardNodesHeld(registryWith([['shard-1']], [['shard-3', 'shard-2']])), 3);
  });

  it('are not told by names that are not numbered so', async () => {
    assert.equal(await shardNodesHeld(registryWith([['a7', 'shard-x', 'shard-2']], [])), 2);
  });
});
