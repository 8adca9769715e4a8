/**
 * Last step: id, title, text and attributes of the hits.
 *
 * A candidate that is gone by now, and a second version of an id that is there already, make room for the next candidate. The text of
 * a document is with its primary passage: a hit by another one takes it from there.
 */
import { present } from '../../base/assert.js';
import type { Deadline } from '../../base/deadline.js';
import type { Document } from '../../proto/generated/shoal/v1/document.js';
import type { FetchedDocument, ShardDocuments } from '../../proto/generated/shoal/v1/shard.js';
import { ownerOf } from '../documents/shards.js';
import { fanOut, type FanOutResult } from './fan-out.js';
import type { RankedCandidate } from './fuse.js';
import type { SearchParts } from './parts.js';
import type { Question } from './question.js';
import type { Required } from './required.js';
import { groupByShard, rowColumns } from './rerank.js';
import { seenMarks, type Scattered } from './scatter.js';

/** Documents asked for in one message: 256 abstracts are well below the message limit. */
const documentsPerMessage = 256;

export interface FoundHit extends RankedCandidate {
  readonly document: Document;
  /** UTF-16 offsets of the passage in title + " " + text; end 0 = the end of the text. */
  readonly start: number;
  readonly end: number;
}

export interface Fetched {
  readonly hits: readonly FoundHit[];
  readonly missing: ReadonlyMap<number, string>;
  /** Candidates that the shards had at the scan and have no longer. */
  readonly gone: number;
}

type FetchParts = Pick<SearchParts, 'peers' | 'fanOut'> & {
  readonly scans: Scattered;
  readonly required: Required;
  readonly deadline: Deadline;
};

/** One passage of a version, and the shard that has it. */
interface Row {
  readonly docId: bigint;
  readonly passage: number;
  readonly shard: number;
}

/** The hits of `ranked` in the question's window (offset, k) that still exist, with their documents. */
export async function fetch(
  ranked: readonly RankedCandidate[],
  question: Question,
  parts: FetchParts,
): Promise<Fetched> {
  const { scoreThreshold } = question;
  const wanted = scoreThreshold === null ? ranked : ranked.filter(({ score }) => score >= scoreThreshold);
  const found = await fetchFirst(wanted, question, parts);
  return { ...found, hits: found.hits.slice(question.offset) };
}

async function fetchFirst(ranked: readonly RankedCandidate[], question: Question, parts: FetchParts): Promise<Fetched> {
  const count = question.offset + question.k;
  const hits: FoundHit[] = [];
  const missing = new Map<number, string>();
  let gone = 0;
  const ids = new Set<string>(question.like === null ? [] : [question.like]);
  for (let next = 0; hits.length < count && next < ranked.length;) {
    const batch = ranked.slice(next, next + Math.min(documentsPerMessage, count - hits.length));
    next += batch.length;
    const found = await fetchRows(batch, question.settings.uid, parts, missing);
    const whole = await wholeDocuments([...found.values()], question.settings.uid, parts, missing);
    for (const candidate of batch) {
      const row = found.get(candidate.docId);
      const document = row && whole.get(row.docId);
      if (row === undefined && !missing.has(candidate.shard)) gone += 1;
      if (row === undefined || document === undefined || ids.has(document.id)) continue;
      ids.add(document.id);
      hits.push({ ...candidate, document, start: row.start, end: row.end });
    }
  }
  return { hits, missing, gone };
}

/** The documents of `found` by docId; those of further passages with title and text from their home. */
async function wholeDocuments(
  found: readonly FetchedDocument[],
  uid: string,
  parts: FetchParts,
  missing: Map<number, string>,
): Promise<ReadonlyMap<bigint, Document>> {
  const whole = new Map<bigint, Document>();
  const elsewhere: Row[] = [];
  for (const { docId, document, passage, home } of found) {
    if (passage === 0) whole.set(docId, present(document, 'a fetched document'));
    else elsewhere.push({ docId, passage: 0, shard: ownerOf(home, parts.scans.plan.placements).shard });
  }
  if (elsewhere.length === 0) return whole;
  for (const [docId, { document }] of await fetchRows(elsewhere, uid, parts, missing)) {
    whole.set(docId, present(document, 'a fetched document'));
  }
  return whole;
}

/** What is there of `rows`, by docId; large documents take several rounds, since shards bound the size of an answer. */
async function fetchRows(
  rows: readonly Row[],
  uid: string,
  parts: FetchParts,
  missing: Map<number, string>,
): Promise<ReadonlyMap<bigint, FetchedDocument>> {
  const found = new Map<bigint, FetchedDocument>();
  const open = groupByShard(rows);
  while (open.size > 0) {
    const result = await askShards(open, uid, parts);
    for (const [shard, reason] of result.missing) {
      missing.set(shard, reason);
      open.delete(shard);
    }
    for (const [shard, { part }] of result.answers) {
      for (const document of part.documents) found.set(document.docId, document);
      const unread = part.unread === 0 ? [] : (open.get(shard) ?? []).slice(-part.unread);
      if (unread.length === 0) open.delete(shard);
      else open.set(shard, unread);
    }
  }
  return found;
}

function askShards(
  open: ReadonlyMap<number, readonly Row[]>,
  uid: string,
  { scans, required, ...parts }: FetchParts,
): Promise<FanOutResult<ShardDocuments>> {
  return fanOut(
    scans.plan.placements.filter(({ shard }) => open.has(shard)),
    async (address, placements, deadline) => {
      const shards = placements.map((placement) => {
        const { shard, generation } = placement;
        const marks = seenMarks(placement, scans, required);
        return { ref: { shard, generation }, ...rowColumns(open.get(shard) ?? []), required: marks };
      });
      const request = { uid, shards, withVectors: false, filter: undefined, withRecord: false };
      return (await parts.peers.fetch(address, request, deadline)).shards;
    },
    { ...parts.fanOut, prefer: scans.nodes },
    parts.deadline,
  );
}
