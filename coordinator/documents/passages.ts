/**
 * Documents with all their passages, from whichever shards hold them, as a user would give them: for exports and whoever asks for
 * vectors. Passages of a document that is being written at this moment may still be on their way.
 */
import { bufferOf } from '../../base/bytes.js';
import { placementsOf } from '../../cluster/shard-map/cluster-map.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { DocumentPassage, TokenVectors } from '../../proto/generated/shoal/v1/document.js';
import type { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import type { FetchedDocument, ShardDocuments } from '../../proto/generated/shoal/v1/shard.js';
import { float32Rows } from '../../vector-index/codebook/float16-rows.js';
import { marksFor, requiredFor } from '../search/required.js';
import type { LocateParts } from './located.js';
import { fetchFrom, ownerOf } from './shards.js';

/** `found`, which were fetched with vectors and record, each with all its passages where it has several. */
export async function withPassages(
  found: readonly FetchedDocument[],
  settings: CollectionSettings,
  parts: LocateParts,
): Promise<readonly FetchedDocument[]> {
  const elsewhere = await passagesElsewhere(found, settings, parts);
  return found.map((fetched) => {
    const further = [...(fetched.record?.further ?? []), ...(elsewhere.get(fetched.docId) ?? [])];
    return further.length === 0 ? { ...fetched, record: undefined } : ofSeveral(fetched, further);
  });
}

function ofSeveral(fetched: FetchedDocument, further: readonly LogDocument[]): FetchedDocument {
  const { document, start, end } = fetched;
  if (document === undefined) return fetched;
  const first = { vector: document.vector ?? Buffer.alloc(0), tokens: document.tokens, start, end };
  const others = [...further].sort((a, b) => a.passage - b.passage).map(passageOf);
  const whole = { ...document, tokens: undefined, passages: [first, ...others] };
  delete whole.vector;
  return { ...fetched, record: undefined, document: whole };
}

function passageOf({ dense, tokens, start, end }: LogDocument): DocumentPassage {
  return { vector: dense, tokens: tokens && readable(tokens), start, end };
}

/** Users have uncoded rows as float32, records as float16. */
function readable(tokens: TokenVectors): TokenVectors {
  if (tokens.codec !== '') return tokens;
  return { ...tokens, rows: bufferOf(float32Rows(tokens.rows)) };
}

/** docId → passages in other shards than the one with the primary passage. */
async function passagesElsewhere(
  found: readonly FetchedDocument[],
  { uid }: Pick<CollectionSettings, 'uid'>,
  parts: LocateParts,
): Promise<ReadonlyMap<bigint, readonly LogDocument[]>> {
  const placements = placementsOf(parts.view.current(), uid);
  const passages = new Map<bigint, LogDocument[]>();
  if (placements.length < 2 || found.length === 0) return passages;
  const required = await requiredFor(uid, parts.heard, parts, parts.deadline);
  const homes = found.map(({ docId, home }) => ({ docId, shard: ownerOf(home, placements).shard }));
  const ask = async (placement: ShardPlacement): Promise<readonly ShardDocuments[]> => {
    const docIds = homes.filter(({ shard }) => shard !== placement.shard).map(({ docId }) => docId);
    const what = {
      docIds,
      required: marksFor(placement, required),
      withVectors: false,
      withRecord: true,
      filter: null,
    };
    return fetchFrom(placement, what, parts);
  };
  for (const answer of (await Promise.all(placements.map(ask))).flat()) {
    for (const { docId, record } of answer.documents) {
      if (record === undefined) continue;
      const here = [record, ...record.further].filter(({ passage }) => passage > 0);
      passages.set(docId, [...(passages.get(docId) ?? []), ...here]);
    }
  }
  return passages;
}
