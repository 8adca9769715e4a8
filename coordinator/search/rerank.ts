/** Fifth step: every candidate gets the scores that it lacks, computed where its tokens are; scores come back, not vectors. */
import { bufferOf, float32From } from '../../base/bytes.js';
import { present } from '../../base/assert.js';
import type { Deadline } from '../../base/deadline.js';
import type { ShardScores } from '../../proto/generated/shoal/v1/shard.js';
import { fanOut } from './fan-out.js';
import type { Candidate, Merged } from './merge.js';
import type { SearchParts } from './parts.js';
import type { Question } from './question.js';
import type { Plan } from './route.js';
import type { WireQuestion } from './wire-question.js';

/**
 * Twice the hits asked for are scored exactly, so that the approximation cannot change who is among them; beyond a page or two nobody
 * can tell, and exact scores are dear.
 */
const exactTopMax = 64;

export interface Reranked {
  readonly candidates: readonly Candidate[];
  /** Shard → why its candidates could not be scored and are left out. */
  readonly missing: ReadonlyMap<number, string>;
}

/** The candidates of `merged` with every score that `question` is made of. Candidates of shards that fail are left out. */
export async function rerank(
  merged: Merged,
  question: Question,
  wire: WireQuestion,
  parts: Pick<SearchParts, 'encoders' | 'peers' | 'fanOut'> & { readonly plan: Plan; readonly deadline: Deadline },
): Promise<Reranked> {
  const needsDense = question.dense && merged.candidates.some(({ dense }) => Number.isNaN(dense));
  const needsSparse = wire.sparse !== undefined && merged.candidates.some(({ sparse }) => Number.isNaN(sparse));
  if (merged.candidates.length === 0 || (!needsDense && !needsSparse && wire.tokenCount === 0)) {
    return { candidates: merged.candidates, missing: new Map() };
  }
  const byShard = groupByShard(merged.candidates);
  const { answers, missing } = await fanOut(
    parts.plan.shards.map(({ placement }) => placement).filter(({ shard }) => byShard.has(shard)),
    async (address, placements, deadline) => {
      const shards = placements.map(({ shard, generation }) => ({
        ref: { shard, generation },
        docIds: docIdColumn(present(byShard.get(shard), 'the candidates of a shard')),
        passages: Buffer.alloc(0),
      }));
      const request = {
        uid: question.settings.uid,
        shards,
        dense: needsDense ? wire.dense : Buffer.alloc(0),
        sparse: needsSparse ? wire.sparse : undefined,
        queryTokens: wire.tokens,
        matches: false,
        exactTop: Math.min(exactTopMax, 2 * (question.offset + question.k)),
      };
      return (await parts.peers.rerank(address, request, deadline)).shards;
    },
    parts.fanOut,
    parts.deadline,
  );
  const divisor = wire.tokenCount === 0 ? 1 : await maxSimDivisor(question, wire, parts);
  const scored = [...answers].flatMap(([shard, { part }]) =>
    withScores(present(byShard.get(shard), 'the candidates of a shard'), part, divisor),
  );
  return { candidates: scored, missing };
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

function groupByShard(candidates: readonly Candidate[]): Map<number, Candidate[]> {
  const groups = new Map<number, Candidate[]>();
  for (const candidate of candidates) {
    const group = groups.get(candidate.shard);
    if (group === undefined) groups.set(candidate.shard, [candidate]);
    else group.push(candidate);
  }
  return groups;
}

function docIdColumn(candidates: readonly Candidate[]): Buffer {
  return bufferOf(BigUint64Array.from(candidates, ({ docId }) => docId));
}

/** What the scan said is kept, so that a score never depends on whether another stage ran; unknown ones are filled in. */
function withScores(candidates: readonly Candidate[], part: ShardScores, divisor: number): readonly Candidate[] {
  const dense = float32From(part.dense, 'dense scores');
  const sparse = float32From(part.sparse, 'sparse scores');
  const multi = float32From(part.multi, 'MaxSim scores');
  return candidates.map((candidate, i) => ({
    ...candidate,
    dense: Number.isNaN(candidate.dense) ? (dense[i] ?? NaN) : candidate.dense,
    sparse: Number.isNaN(candidate.sparse) ? (sparse[i] ?? NaN) : candidate.sparse,
    multi: (multi[i] ?? NaN) / divisor,
  }));
}
