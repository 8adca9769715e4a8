/** Asking the shards of a collection outside a search: one replica each, an error where no replica answers. */
import { bufferOf } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import type { Deadline } from '../../base/deadline.js';
import { addressesOfReady, placementsOf, replicasOf } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { SubjectMark } from '../../proto/generated/shoal/v1/directory.js';
import type { Filter } from '../../proto/generated/shoal/v1/filter.js';
import type { FetchRequest, ShardDocuments } from '../../proto/generated/shoal/v1/shard.js';
import { firstAnswer } from '../first-answer.js';
import type { Peers } from '../peers.js';

/** Addresses of the ready replicas of `placement`. */
export function readyAddresses(view: ClusterView, placement: ShardPlacement): readonly string[] {
  const map = view.current();
  return addressesOfReady(map, replicasOf(map, placement));
}

/** Asks one replica, within the time that it gets. */
export type AskReplica<T> = (placement: ShardPlacement, address: string, deadline: Deadline) => Promise<T>;

/** What `ask` gives for every shard of the collection, ascending by shard; a failing replica is followed by the next one. */
export async function onEveryShard<T>(
  settings: CollectionSettings,
  view: ClusterView,
  deadline: Deadline,
  ask: AskReplica<T>,
): Promise<readonly T[]> {
  return Promise.all(
    placementsOf(view.current(), settings.uid).map((placement) => onOneReplica(placement, view, deadline, ask)),
  );
}

/** What `ask` gives at the first replica of `placement` that answers. UNAVAILABLE when there is none. */
export async function onOneReplica<T>(
  placement: ShardPlacement,
  view: ClusterView,
  deadline: Deadline,
  ask: AskReplica<T>,
): Promise<T> {
  const addresses = readyAddresses(view, placement);
  const first = await firstAnswer(
    addresses,
    (address, share) => ask(placement, address, share),
    deadline,
    isOfOneReplica,
  );
  if ('answer' in first) return first.answer;
  const why = first.failure === null ? 'it has no ready replica' : first.failure.message;
  throw new ShoalError('UNAVAILABLE', `shard ${placement.shard} cannot be read: ${why}`, { cause: first.failure });
}

function isOfOneReplica({ code }: ShoalError): boolean {
  return code !== 'INVALID_ARGUMENT' && code !== 'CANCELLED' && code !== 'DEADLINE_EXCEEDED';
}

/**
 * The placement of the shard that owns `list`. The only one owns every list: its replicas may number them by a newer or an older structure
 * than `placements` do, while one takes the place of the other. UNAVAILABLE where several have no such list.
 */
export function ownerOf(list: number, placements: readonly ShardPlacement[]): ShardPlacement {
  const [only] = placements;
  const owner = placements.length === 1 ? only : placements.find(({ lists }) => hasList(lists, list));
  if (owner !== undefined) return owner;
  throw new ShoalError(
    'UNAVAILABLE',
    `no shard has list ${list} by what this coordinator knows; try again in a moment`,
  );
}

/** Whether the column `lists`, uint32[n], holds `list`. */
function hasList(lists: Buffer, list: number): boolean {
  for (let at = 0; at < lists.length; at += 4) if (lists.readUInt32LE(at) === list) return true;
  return false;
}

/** Documents of one shard to fetch. */
export interface FetchOrder {
  readonly docIds: readonly bigint[];
  readonly required: SubjectMark[];
  readonly withVectors: boolean;
  readonly withRecord: boolean;
  /** Null = every document. */
  readonly filter: Filter | null;
}

/** What the shard of `placement` says of `order`, in as many answers as it takes. UNAVAILABLE when no replica answers. */
export async function fetchFrom(
  placement: ShardPlacement,
  { docIds, filter, required, ...how }: FetchOrder,
  { view, peers, deadline }: { readonly view: ClusterView; readonly peers: Peers; readonly deadline: Deadline },
): Promise<readonly ShardDocuments[]> {
  const { uid, shard, generation } = placement;
  const answers: ShardDocuments[] = [];
  for (let open = docIds; open.length > 0;) {
    const asked = { docIds: bufferOf(BigUint64Array.from(open)), passages: Buffer.alloc(0), required };
    const request: FetchRequest = {
      ...{ uid, ...how, filter: filter ?? undefined },
      shards: [{ ref: { shard, generation }, ...asked }],
    };
    const answer = await onOneReplica(placement, view, deadline, async (_, address, share) => {
      const [part] = (await peers.fetch(address, request, share)).shards;
      if (part !== undefined && part.status === 0) return part;
      throw new ShoalError('UNAVAILABLE', part?.message ?? `${address} left out shard ${shard}`);
    });
    answers.push(answer);
    open = answer.unread === 0 ? [] : open.slice(-answer.unread);
  }
  return answers;
}
