/**
 * One document with all that the log had of it, from whichever shards hold its passages, so that it can be written again changed.
 *
 * A collection of several shards may hold passages of the document in any of them, and the newest version may still be arriving. The
 * directory, which alone knows whether all its places were heard, is asked before the shards.
 */
import { bufferOf, uint64From } from '../../base/bytes.js';
import { present } from '../../base/assert.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { streamOf } from '../../cluster/keys.js';
import { placementsOf } from '../../cluster/shard-map/cluster-map.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import type { DecisionParts } from '../ingest/decisions.js';
import { findUnchanged } from '../ingest/find-unchanged.js';
import { subjectOf } from '../search/required.js';
import { fetchLocated, locate, type Place } from './located.js';
import { onOneReplica } from './shards.js';
import { visibleFilter } from './visible.js';

export type RecordParts = DecisionParts;

export interface StoredRecord {
  readonly docId: bigint;
  /** Sparse weights final, every passage but the primary one in `further`; null while not all passages are there. */
  readonly document: LogDocument | null;
}

interface Asking {
  readonly settings: CollectionSettings;
  readonly parts: RecordParts;
  readonly deadline: Deadline;
}

/** The newest version of the document `id`; null while it is just being replaced. NOT_FOUND when there is none. */
export async function readRecord(
  id: string,
  settings: CollectionSettings,
  parts: RecordParts,
  deadline: Deadline,
): Promise<StoredRecord | null> {
  const asking = { settings, parts, deadline };
  // A document that anybody was told of is in the log by then.
  const { lastSequence: heard } = await parts.log.state(streamOf(settings.uid));
  const how = { ...parts, deadline, heard };
  const [place] = await locate([id], settings, how);
  if (!place) throw unknown(id, settings);
  const options = { withVectors: false, withRecord: true, filter: visibleFilter('', settings, parts.clock.wallMs()) };
  const found = (await fetchLocated([{ id, place }], options, settings, how)).get(id);
  if (found === undefined) throw unknown(id, settings);
  if (found.docId !== place.docId) return null;
  const record = present(found.record, 'the record in a shard answer');
  const elsewhere = await passagesElsewhere(id, place, asking);
  if (elsewhere === null) return { docId: found.docId, document: null };
  const further = [...record.further, ...elsewhere].sort((a, b) => a.passage - b.passage);
  return { docId: found.docId, document: { ...record, further } };
}

/** The passages in other shards; null while it is not certain that they are all there. */
async function passagesElsewhere(id: string, place: Place, asking: Asking): Promise<readonly LogDocument[] | null> {
  const { settings, parts, deadline } = asking;
  const others = placementsOf(parts.view.current(), settings.uid).filter(
    ({ shard }) => shard !== place.placement.shard,
  );
  if (others.length === 0) return [];
  const hash = await contentHashOf(id, place, asking);
  if (hash === null) return null;
  const contents = { uid: settings.uid, ids: [id], hashes: BigUint64Array.of(hash) };
  const [whole] = (await findUnchanged(contents, parts, deadline)).docIds;
  if (whole !== place.docId) return null;
  const found = await Promise.all(others.map((placement) => passagesAt(placement, place.docId, asking)));
  return found.flat();
}

async function contentHashOf(
  id: string,
  { docId, placement, mark }: Place,
  { settings, parts, deadline }: Asking,
): Promise<bigint | null> {
  const { shard, generation } = placement;
  const request = {
    uid: settings.uid,
    ref: { shard, generation },
    after: docId - 1n,
    limit: 1,
    filter: undefined,
    required: [mark],
  };
  const rows = await onOneReplica(placement, parts.view, deadline, (_, address) =>
    parts.peers.listRows(address, request, deadline),
  );
  const [found] = uint64From(rows.docIds, 'docIds of rows');
  const [hash] = uint64From(rows.contentHashes, 'content hashes of rows');
  return found === docId && rows.ids[0] === id && hash !== undefined ? hash : null;
}

/** The passages of the document in one shard, as of all that its subject holds. */
async function passagesAt(
  placement: ShardPlacement,
  docId: bigint,
  { settings, parts, deadline }: Asking,
): Promise<readonly LogDocument[]> {
  const { uid } = settings;
  const subject = subjectOf(placement);
  const sequence = await parts.log.lastSequence(streamOf(uid), subject);
  const { shard, generation } = placement;
  const asked = {
    ref: { shard, generation },
    docIds: bufferOf(BigUint64Array.of(docId)),
    passages: Buffer.alloc(0),
    required: sequence === 0n ? [] : [{ subject, sequence }],
  };
  const request = { uid, shards: [asked], withVectors: false, withRecord: true, filter: undefined };
  const answer = await onOneReplica(placement, parts.view, deadline, async (_, address) => {
    const [part] = (await parts.peers.fetch(address, request, deadline)).shards;
    if (part !== undefined && part.status === 0) return part;
    throw new ShoalError('UNAVAILABLE', part?.message ?? `${address} left out shard ${shard}`);
  });
  return answer.documents.flatMap(({ record }) => {
    if (record === undefined) return [];
    const { further, ...first } = record;
    return [{ ...first, further: [] }, ...further];
  });
}

function unknown(id: string, { name }: CollectionSettings): ShoalError {
  return new ShoalError('NOT_FOUND', `document '${id}' does not exist in collection '${name}'`);
}
