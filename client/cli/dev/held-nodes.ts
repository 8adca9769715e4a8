/**
 * How many shard nodes a data folder needs: those that it gives data to, by the registry in it, or nobody could read that data. What
 * `shoal dev` asks before it starts nodes, since its nodes are numbered and a folder may have been used with more of them.
 */
import { keys } from '../../../cluster/keys.js';
import type { Registry } from '../../../cluster/registry.js';
import { DirectoryPlacement, ShardPlacement } from '../../../proto/generated/shoal/v1/cluster.js';

/** The largest number among nodes of the names shard-1, shard-2, … that hold a shard or a part of a directory; 0 when none does. */
export async function shardNodesHeld(registry: Registry): Promise<number> {
  const [shards, directories] = await Promise.all([registry.list(keys.placements), registry.list(keys.directories)]);
  const placements = [
    ...shards.map(({ value }) => ShardPlacement.decode(value)),
    ...directories.map(({ value }) => DirectoryPlacement.decode(value)),
  ];
  const numbers = placements.flatMap(({ nodes }) => nodes.map((node) => Number(/^shard-(\d{1,4})$/.exec(node)?.[1])));
  return numbers.reduce((most, number) => (number > most ? number : most), 0);
}
