/**
 * Of the shards that hold a query's nearest lists, which does it need? Where shards hold neighbouring lists most of a query's neighbours are in two or three
 * of them, and the others have a few of its lists each, far down the order.
 *
 * A list weighs 1 / (rank + 4)², whatever the scores are, so that it does not matter how vectors are scaled; a shard as much as its lists. Shards are taken, the heaviest
 * first, until they have the wanted share of the weight of all. Reading more lists in fewer shards finds as much as reading fewer in more: a list costs a
 * microsecond, a shard a message.
 */
import { assert } from '../../base/assert.js';

const firstRank = 4;

/**
 * Of `nearest`, lists by their distance, those in the shards that have `share` of the weight, in the same order; `shardOf` uint32[lists] says which
 * list is where. Share 1 = all of them.
 */
export function listsOfNeededShards(nearest: Uint32Array, shardOf: Uint32Array, share: number): Uint32Array {
  assert(share > 0 && share <= 1, 'a share is above 0 and at most 1');
  if (share === 1) return nearest;
  const weights = new Map<number, number>();
  let total = 0;
  nearest.forEach((list, rank) => {
    const weight = 1 / (rank + firstRank) ** 2;
    const shard = shardOf[list]!;
    weights.set(shard, (weights.get(shard) ?? 0) + weight);
    total += weight;
  });
  // A map keeps the order in which shards were met: of equally heavy ones that with the nearer list comes first.
  const heaviest = [...weights].sort(([, left], [, right]) => right - left);
  const needed = new Set<number>();
  let weight = 0;
  for (const [shard, own] of heaviest) {
    if (weight >= share * total) break;
    needed.add(shard);
    weight += own;
  }
  return nearest.filter((list) => needed.has(shardOf[list]!));
}
