/**
 * Last step: id, title, text and attributes of the hits.
 *
 * A candidate that is gone by now, and a second version of an id that is there already, make room for the next candidate.
 */
import { bufferOf } from '../../base/bytes.js';
import { present } from '../../base/assert.js';
import type { Deadline } from '../../base/deadline.js';
import type { Document } from '../../proto/generated/shoal/v1/document.js';
import type { ShardDocuments } from '../../proto/generated/shoal/v1/shard.js';
import { fanOut, type FanOutResult } from './fan-out.js';
import type { RankedCandidate } from './fuse.js';
import type { SearchParts } from './parts.js';
import type { Question } from './question.js';
import type { Plan } from './route.js';

/** Documents asked for in one message: 256 abstracts are well below the message limit. */
const documentsPerMessage = 256;

export interface FoundHit extends RankedCandidate {
  readonly document: Document;
}

export interface Fetched {
  readonly hits: readonly FoundHit[];
  readonly missing: ReadonlyMap<number, string>;
}

type FetchParts = Pick<SearchParts, 'peers' | 'fanOut'> & { readonly plan: Plan; readonly deadline: Deadline };

/** The hits of `ranked` in the question's window (offset, k) that still exist, with their documents. */
export async function fetch(
  ranked: readonly RankedCandidate[],
  question: Question,
  parts: FetchParts,
): Promise<Fetched> {
  const { scoreThreshold } = question;
  const wanted = scoreThreshold === null ? ranked : ranked.filter(({ score }) => score >= scoreThreshold);
  const { hits, missing } = await fetchFirst(wanted, question, parts);
  return { hits: hits.slice(question.offset), missing };
}

async function fetchFirst(ranked: readonly RankedCandidate[], question: Question, parts: FetchParts): Promise<Fetched> {
  const count = question.offset + question.k;
  const hits: FoundHit[] = [];
  const missing = new Map<number, string>();
  const ids = new Set<string>();
  for (let next = 0; hits.length < count && next < ranked.length;) {
    const batch = ranked.slice(next, next + Math.min(documentsPerMessage, count - hits.length));
    next += batch.length;
    const documents = await fetchBatch(batch, question.settings.uid, parts, missing);
    for (const candidate of batch) {
      const document = documents.get(candidate.docId);
      if (document === undefined || ids.has(document.id)) continue;
      ids.add(document.id);
      hits.push({ ...candidate, document });
    }
  }
  return { hits, missing };
}

/** The documents of `batch` by docId; large ones take several rounds, since shards bound the size of an answer. */
async function fetchBatch(
  batch: readonly RankedCandidate[],
  uid: string,
  parts: FetchParts,
  missing: Map<number, string>,
): Promise<ReadonlyMap<bigint, Document>> {
  const documents = new Map<bigint, Document>();
  const open = docIdsByShard(batch);
  while (open.size > 0) {
    const result = await askShards(open, uid, parts);
    for (const [shard, reason] of result.missing) {
      missing.set(shard, reason);
      open.delete(shard);
    }
    for (const [shard, { part }] of result.answers) {
      for (const found of part.documents) documents.set(found.docId, present(found.document, 'a fetched document'));
      const unread = part.unread === 0 ? [] : (open.get(shard) ?? []).slice(-part.unread);
      if (unread.length === 0) open.delete(shard);
      else open.set(shard, unread);
    }
  }
  return documents;
}

function askShards(
  open: ReadonlyMap<number, readonly bigint[]>,
  uid: string,
  parts: FetchParts,
): Promise<FanOutResult<ShardDocuments>> {
  return fanOut(
    parts.plan.shards.map(({ placement }) => placement).filter(({ shard }) => open.has(shard)),
    async (address, placements, deadline) => {
      const shards = placements.map(({ shard, generation }) => ({
        ref: { shard, generation },
        docIds: bufferOf(BigUint64Array.from(open.get(shard) ?? [])),
        passages: Buffer.alloc(0),
        required: [],
      }));
      return (await parts.peers.fetch(address, { uid, shards, withVectors: false, filter: undefined, withRecord: false }, deadline)).shards;
    },
    parts.fanOut,
    parts.deadline,
  );
}

function docIdsByShard(batch: readonly RankedCandidate[]): Map<number, readonly bigint[]> {
  const byShard = new Map<number, bigint[]>();
  for (const { shard, docId } of batch) {
    const known = byShard.get(shard);
    if (known === undefined) byShard.set(shard, [docId]);
    else known.push(docId);
  }
  return byShard;
}
