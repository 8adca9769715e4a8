/**
 * Which partition of a collection's directory knows an id, and asking one of its copies.
 *
 * A partition holds a contiguous range of XXH64(id). Any ready copy answers for it; the next one is asked where one fails.
 */
import type { Deadline } from '../base/deadline.js';
import { ShoalError } from '../base/errors.js';
import { hashText } from '../base/hash.js';
import {
  addressesOfReady,
  directoriesOf,
  directoryStatesOf,
  type ClusterMap,
} from '../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../cluster/shard-map/cluster-view.js';
import type { DirectoryPlacement } from '../proto/generated/shoal/v1/cluster.js';
import { firstAnswer } from './first-answer.js';

/** Hashes are 64 bits. */
const hashCount = 2n ** 64n;

/** The ids of one partition among those that a caller has. */
export interface PartitionGroup {
  readonly placement: DirectoryPlacement;
  /** Positions in the caller's ids, ascending. */
  readonly positions: readonly number[];
}

/** The range of hashes of partition `partition` of `count`, both ends included. */
export function hashRangeOf(partition: number, count: number): { readonly first: bigint; readonly last: bigint } {
  const start = (n: number): bigint => (hashCount * BigInt(n)) / BigInt(count);
  return { first: start(partition), last: start(partition + 1) - 1n };
}

/** `ids` by partition, ascending; partitions without an id among them are left out. */
export function byPartition(map: ClusterMap, uid: string, ids: readonly string[]): readonly PartitionGroup[] {
  const partitions = partitionsOf(map, uid);
  if (ids.length === 0) return [];
  // The usual directory has one partition, and a bulk import should not hash what cannot matter.
  if (partitions.length === 1) return [{ placement: partitions[0]!, positions: ids.map((_, position) => position) }];
  const groups = partitions.map((placement) => ({ placement, positions: [] as number[] }));
  const groupOf = new Map(groups.map((group) => [group.placement, group.positions]));
  ids.forEach((id, position) => groupOf.get(holderOf(partitions, id))?.push(position));
  return groups.filter(({ positions }) => positions.length > 0);
}

/** All partitions of the collection, ascending. UNAVAILABLE when it has none. */
export function partitionsOf(map: ClusterMap, uid: string): readonly DirectoryPlacement[] {
  const partitions = directoriesOf(map, uid);
  if (partitions.length > 0) return partitions;
  throw new ShoalError('UNAVAILABLE', 'the collection has no directory yet, or was dropped; try again in a moment');
}

/** What `ask` gives at the first ready copy of `placement` that answers in the time that it gets. UNAVAILABLE when there is none. */
export async function atPartition<T>(
  placement: DirectoryPlacement,
  view: ClusterView,
  deadline: Deadline,
  ask: (address: string, placement: DirectoryPlacement, deadline: Deadline) => Promise<T>,
): Promise<T> {
  const addresses = readyCopies(view.current(), placement);
  const first = await firstAnswer(addresses, (address, share) => ask(address, placement, share), deadline, isOfOneCopy);
  if ('answer' in first) return first.answer;
  const why = first.failure === null ? 'it has no ready copy' : first.failure.message;
  const what = `partition ${placement.partition} of the directory cannot be asked: ${why}`;
  throw new ShoalError('UNAVAILABLE', what, { cause: first.failure });
}

/** Addresses of the copies of `placement` that are ready. */
export function readyCopies(map: ClusterMap, placement: DirectoryPlacement): readonly string[] {
  return addressesOfReady(map, directoryStatesOf(map, placement));
}

/** Whether another copy may answer where this error came from. */
function isOfOneCopy({ code }: ShoalError): boolean {
  return (
    code === 'UNAVAILABLE' || code === 'FAILED_PRECONDITION' || code === 'NOT_FOUND' || code === 'RESOURCE_EXHAUSTED'
  );
}

function holderOf(partitions: readonly DirectoryPlacement[], id: string): DirectoryPlacement {
  if (partitions.length === 1) return partitions[0]!;
  const hash = hashText(id);
  const holder = partitions.find(({ hashFirst, hashLast }) => hashFirst <= hash && hash <= hashLast);
  if (holder !== undefined) return holder;
  throw new ShoalError('UNAVAILABLE', `no partition of the directory holds the id '${id}'; try again in a moment`);
}
