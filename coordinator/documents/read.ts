/** Reading documents by id and in order, as of everything written through this coordinator. */
import { bufferOf, uint64From } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { placementsOf } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { FetchedDocument } from '../../proto/generated/shoal/v1/shard.js';
import type { Appenders } from '../ingest/appenders.js';
import type { Peers } from '../peers.js';
import { onEveryShard, onOneReplica } from './shards.js';

export interface ReadParts {
  readonly view: ClusterView;
  readonly peers: Peers;
  readonly appenders: Appenders;
}

/** Where an id is: its newest docId and the shard that holds it. */
export interface Place {
  readonly docId: bigint;
  readonly placement: ShardPlacement;
}

/** What one replica counts of its shard. */
export interface ShardSize {
  readonly documents: bigint;
  readonly diskBytes: bigint;
}

/** The place of each id; null where it does not exist. */
export async function locate(
  ids: readonly string[],
  settings: CollectionSettings,
  parts: ReadParts,
  deadline: Deadline,
): Promise<readonly (Place | null)[]> {
  const places = new Array<Place | null>(ids.length).fill(null);
  const minSequence = parts.appenders.writtenUpTo(settings.uid);
  const found = await onEveryShard(settings, parts.view, deadline, async (placement, address) => {
    const request = { uid: settings.uid, ref: placement, ids: [...ids], minSequence };
    const { docIds } = await parts.peers.lookup(address, request, deadline);
    return { placement, docIds: uint64From(docIds, 'docIds of a lookup') };
  });
  for (const { placement, docIds } of found) {
    docIds.forEach((docId, i) => {
      if (docId > (places[i]?.docId ?? 0n)) places[i] = { docId, placement };
    });
  }
  return places;
}

/** Between finding a document and fetching it, it may be replaced; so often it is looked up before that is reported. */
const lookupsMax = 3;

/** The newest version of the document `id`. NOT_FOUND when there is none, ABORTED when it is replaced faster than it is read. */
export async function getDocument(
  id: string,
  withVectors: boolean,
  settings: CollectionSettings,
  parts: ReadParts & { readonly deadline: Deadline },
): Promise<FetchedDocument> {
  for (let lookup = 0; lookup < lookupsMax; lookup += 1) {
    const [place] = await locate([id], settings, parts, parts.deadline);
    if (!place) throw new ShoalError('NOT_FOUND', `document '${id}' does not exist in collection '${settings.name}'`);
    const document = await fetchOne(place, withVectors, settings, parts);
    if (document !== undefined) return document;
  }
  const what = `document '${id}' of collection '${settings.name}' was replaced each time before it could be read`;
  throw new ShoalError('ABORTED', `${what}; ask again`);
}

async function fetchOne(
  { docId, placement }: Place,
  withVectors: boolean,
  settings: CollectionSettings,
  parts: ReadParts & { readonly deadline: Deadline },
): Promise<FetchedDocument | undefined> {
  return onOneReplica(placement, parts.view, parts.deadline, async ({ shard, generation }, address) => {
    const shards = [{ ref: { shard, generation }, docIds: bufferOf(BigUint64Array.of(docId)) }];
    const answer = await parts.peers.fetch(address, { uid: settings.uid, shards, withVectors }, parts.deadline);
    const [part] = answer.shards;
    if (part !== undefined && part.status !== 0) throw new ShoalError('UNAVAILABLE', part.message);
    const [document] = part?.documents ?? [];
    return document === undefined ? undefined : exported(document, settings);
  });
}

/** Live documents of the collection. */
export async function countDocuments(
  settings: CollectionSettings,
  parts: ReadParts,
  deadline: Deadline,
): Promise<bigint> {
  await locate([], settings, parts, deadline);
  const counts = await shardStatistics(settings, parts, deadline);
  return counts.reduce((sum, { documents }) => sum + documents, 0n);
}

/** One replica's counts for every shard. */
export function shardStatistics(
  settings: CollectionSettings,
  parts: Pick<ReadParts, 'view' | 'peers'>,
  deadline: Deadline,
): Promise<readonly ShardSize[]> {
  return onEveryShard(settings, parts.view, deadline, (placement, address) =>
    statisticsAt(address, placement, parts.peers, deadline),
  );
}

/** The same, with nothing for a shard that no replica can count now: looking at a collection must not wait until it is whole. */
export async function knownShardStatistics(
  settings: CollectionSettings,
  parts: Pick<ReadParts, 'view' | 'peers'>,
  deadline: Deadline,
): Promise<readonly ShardSize[]> {
  const known = placementsOf(parts.view.current(), settings.uid).map(async (placement) => {
    try {
      return [
        await onOneReplica(placement, parts.view, deadline, (_, address) =>
          statisticsAt(address, placement, parts.peers, deadline),
        ),
      ];
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      if (error.code !== 'UNAVAILABLE') throw error;
      return [];
    }
  });
  return (await Promise.all(known)).flat();
}

async function statisticsAt(
  address: string,
  { uid, shard, generation }: ShardPlacement,
  peers: Peers,
  deadline: Deadline,
): Promise<ShardSize> {
  const request = { uid, shards: [{ shard, generation }], termIds: Buffer.alloc(0) };
  const [counts] = (await peers.statistics(address, request, deadline)).shards;
  if (counts === undefined || counts.status !== 0) throw new ShoalError('UNAVAILABLE', counts?.message ?? 'no answer');
  return counts;
}

/** Every document, shard after shard in ascending docId, `batch` at a time. A version replaced meanwhile may be missed or met anew. */
export async function* scrollDocuments(
  settings: CollectionSettings,
  options: { readonly batch: number; readonly withVectors: boolean },
  parts: ReadParts,
  deadline: Deadline,
): AsyncGenerator<readonly FetchedDocument[]> {
  await locate([], settings, parts, deadline);
  for (const placement of placementsOf(parts.view.current(), settings.uid)) {
    let after = 0n;
    for (let isDone = false; !isDone;) {
      const request = {
        uid: settings.uid,
        ref: placement,
        after,
        limit: options.batch,
        withVectors: options.withVectors,
      };
      const answer = await onOneReplica(placement, parts.view, deadline, (_, address) =>
        parts.peers.readDocuments(address, request, deadline),
      );
      isDone = answer.done;
      after = answer.documents.at(-1)?.docId ?? after;
      if (answer.documents.length > 0) yield answer.documents.map((document) => exported(document, settings));
    }
  }
}

/** BM25's weights come from the text again at import; to give them back would weigh them twice. */
function exported(fetched: FetchedDocument, settings: CollectionSettings): FetchedDocument {
  const { document } = fetched;
  if (document === undefined || settings.sparseWeighting !== 'bm25') return fetched;
  return { ...fetched, document: { ...document, sparse: undefined } };
}
