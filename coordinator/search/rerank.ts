/**
 * Fifth step: every candidate gets the scores that it lacks, computed where its tokens are; scores come back, not vectors.
 *
 * A passage that is not the primary one has a dense score and MaxSim of its own; the sparse score is its document's, which is kept
 * with the primary passage, here or in another shard that was asked.
 */
import { bufferOf, float32From } from '../../base/bytes.js';
import { present } from '../../base/assert.js';
import type { Deadline } from '../../base/deadline.js';
import type { RerankRequest, ShardScores } from '../../proto/generated/shoal/v1/shard.js';
import { bestPassages } from './best-passage.js';
import { fanOut } from './fan-out.js';
import type { Candidate, Merged } from './merge.js';
import type { SearchParts } from './parts.js';
import type { Question } from './question.js';
import type { Required } from './required.js';
import { seenMarks, type Scattered } from './scatter.js';
import type { WireQuestion } from './wire-question.js';

/**
 * Twice the hits asked for are scored exactly, so that the approximation cannot change who is among them; beyond a page or two nobody
 * can tell, and exact scores are dear.
 */
const exactTopMax = 64;

const noBytes = Buffer.alloc(0);

export interface Reranked {
  /** One a document. */
  readonly candidates: readonly Candidate[];
  /** Shard → why its candidates could not be scored and are left out. */
  readonly missing: ReadonlyMap<number, string>;
}

type RerankParts = Pick<SearchParts, 'encoders' | 'peers' | 'fanOut'> & {
  readonly scans: Scattered;
  readonly required: Required;
  readonly deadline: Deadline;
};

/** The documents of `merged` with every score that `question` is made of. Candidates of shards that fail are left out. */
export async function rerank(
  merged: Merged,
  question: Question,
  wire: WireQuestion,
  parts: RerankParts,
): Promise<Reranked> {
  const scored = await scoreRows(merged.candidates, question, wire, parts);
  const best = bestPassages(scored.candidates, question);
  const candidates = wire.sparse === undefined ? best : await withDocumentScores(best, question, wire, parts);
  return { candidates, missing: scored.missing };
}

/** What each row lacks of dense, MaxSim and, where the primary one is in the same shard, sparse. */
async function scoreRows(
  candidates: readonly Candidate[],
  question: Question,
  wire: WireQuestion,
  parts: RerankParts,
): Promise<Reranked> {
  const needsDense = question.dense && candidates.some(({ dense }) => Number.isNaN(dense));
  const needsSparse = wire.sparse !== undefined && candidates.some(lacksSparse);
  if (candidates.length === 0 || (!needsDense && !needsSparse && wire.tokenCount === 0)) {
    return { candidates, missing: new Map() };
  }
  const byShard = groupByShard(candidates);
  const { answers, missing } = await ask(byShard, parts, {
    uid: question.settings.uid,
    dense: needsDense ? wire.dense : noBytes,
    sparse: needsSparse ? wire.sparse : undefined,
    queryTokens: wire.tokens,
    matches: false,
    exactTop: question.exact ? candidates.length : Math.min(exactTopMax, 2 * (question.offset + question.k)),
  });
  const divisor = wire.tokenCount === 0 ? 1 : await maxSimDivisor(question, wire, parts);
  const scored = [...answers].flatMap(([shard, part]) =>
    withScores(present(byShard.get(shard), 'the candidates of a shard'), part, divisor),
  );
  return { candidates: scored, missing };
}

/** Sparse scores of the documents that were found by another passage: their primary one may be in any of the shards asked. */
async function withDocumentScores(
  candidates: readonly Candidate[],
  question: Question,
  wire: WireQuestion,
  parts: RerankParts,
): Promise<readonly Candidate[]> {
  const unknown = candidates.filter((candidate) => candidate.passage !== 0 && Number.isNaN(candidate.sparse));
  if (unknown.length === 0) return candidates;
  const primary = unknown.map((candidate) => ({ ...candidate, passage: 0 }));
  const { uid } = question.settings;
  const { answers } = await ask(
    new Map(parts.scans.plan.shards.map(({ placement }) => [placement.shard, primary])),
    parts,
    {
      uid,
      dense: noBytes,
      sparse: wire.sparse,
      queryTokens: noBytes,
      matches: false,
      exactTop: 0,
    },
  );
  const found = new Map<bigint, number>();
  for (const { sparse } of answers.values()) {
    float32From(sparse, 'sparse scores').forEach((score, i) => {
      if (!Number.isNaN(score)) found.set(primary[i]!.docId, score);
    });
  }
  return candidates.map((candidate) => ({ ...candidate, sparse: found.get(candidate.docId) ?? candidate.sparse }));
}

async function ask(
  byShard: ReadonlyMap<number, readonly Candidate[]>,
  parts: RerankParts,
  request: Omit<RerankRequest, 'shards'>,
): Promise<{ answers: ReadonlyMap<number, ShardScores>; missing: ReadonlyMap<number, string> }> {
  const { scans, required, fanOut: fanOutParts } = parts;
  const { answers, missing } = await fanOut(
    scans.plan.shards.map(({ placement }) => placement).filter(({ shard }) => byShard.has(shard)),
    async (address, placements, deadline) => {
      const shards = placements.map((placement) => {
        const { shard, generation } = placement;
        const rows = present(byShard.get(shard), 'the candidates of a shard');
        return { ref: { shard, generation }, ...rowColumns(rows), required: seenMarks(placement, scans, required) };
      });
      return (await parts.peers.rerank(address, { ...request, shards }, deadline)).shards;
    },
    { ...fanOutParts, prefer: scans.nodes },
    parts.deadline,
  );
  return { answers: new Map([...answers].map(([shard, { part }]) => [shard, part])), missing };
}

/** Passages as columns; the column of their numbers is left out where all are primary. */
export function rowColumns(rows: readonly Pick<Candidate, 'docId' | 'passage'>[]): {
  docIds: Buffer;
  passages: Buffer;
} {
  const isPrimary = rows.every(({ passage }) => passage === 0);
  return {
    docIds: bufferOf(BigUint64Array.from(rows, ({ docId }) => docId)),
    passages: isPrimary ? noBytes : bufferOf(Uint32Array.from(rows, ({ passage }) => passage)),
  };
}

/** Shards answer with the sum over query tokens; models that mean it divide it by their number (M3), the others do not (ColBERT). */
async function maxSimDivisor(
  question: Question,
  wire: WireQuestion,
  parts: Pick<SearchParts, 'encoders'> & { readonly deadline: Deadline },
): Promise<number> {
  const { reduction } = await parts.encoders.infoOf(question.settings, parts.deadline);
  return reduction === 'mean' ? wire.tokenCount : 1;
}

function lacksSparse({ sparse }: Candidate): boolean {
  return Number.isNaN(sparse);
}

/** `rows` by the shard in which each was found. */
export function groupByShard<Row extends Pick<Candidate, 'shard'>>(rows: readonly Row[]): Map<number, Row[]> {
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.shard);
    if (group === undefined) groups.set(row.shard, [row]);
    else group.push(row);
  }
  return groups;
}

/** What the scan said is kept, so that a score never depends on whether another stage ran; unknown ones are filled in. */
function withScores(candidates: readonly Candidate[], part: ShardScores, divisor: number): readonly Candidate[] {
  const dense = float32From(part.dense, 'dense scores');
  const sparse = float32From(part.sparse, 'sparse scores');
  const multi = float32From(part.multi, 'MaxSim scores');
  return candidates.map((candidate, i) => ({
    ...candidate,
    dense: Number.isNaN(candidate.dense) ? (dense[i] ?? NaN) : candidate.dense,
    sparse: lacksSparse(candidate) ? (sparse[i] ?? NaN) : candidate.sparse,
    multi: (multi[i] ?? NaN) / divisor,
  }));
}
