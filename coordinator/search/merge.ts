/**
 * Fourth step: the shards' candidates become one list.
 *
 * Of one id (compared by its 64-bit hash) only the largest docId stays; order is by score, ties by smaller docId, so that the
 * same documents give the same answer however they are spread over shards. A document with several passages may be there with some
 * of them; which one it is shown with is decided when all are scored.
 */
import { float32From, uint32From, uint64From } from '../../base/bytes.js';
import { limits } from '../../base/limits.js';
import type { Candidates, ShardScan } from '../../proto/generated/shoal/v1/shard.js';

export interface Candidate {
  readonly docId: bigint;
  readonly idHash: bigint;
  readonly shard: number;
  /** Which passage of the document; 0 = the primary one, to which the sparse score belongs. */
  readonly passage: number;
  /** NaN = not known yet, or the document has none. */
  readonly dense: number;
  readonly sparse: number;
  /** Reduced MaxSim; NaN = not known yet, or the document has none. */
  readonly multi: number;
}

export interface Merged {
  /** Union of both stages, ascending by docId and passage. */
  readonly candidates: readonly Candidate[];
  /** Documents of each stage. */
  readonly denseCount: number;
  readonly sparseCount: number;
  /** Best sparse scores over all shards, descending; at most ten. */
  readonly bestSparse: readonly number[];
}

/** The passages of the best `k` documents of each stage over all `scans`, united. */
export function merge(scans: Iterable<ShardScan>, k: number): Merged {
  const dense: Candidate[] = [];
  const sparse: Candidate[] = [];
  for (const scan of scans) {
    collect(scan.dense, scan.shard, 'dense', dense);
    collect(scan.sparse, scan.shard, 'sparse', sparse);
  }
  const newest = newestVersions([...dense, ...sparse]);
  const isNewest = (candidate: Candidate): boolean => newest.get(candidate.idHash) === candidate.docId;
  const bestDense = best(dense.filter(isNewest), 'dense', k);
  const bestSparse = best(sparse.filter(isNewest), 'sparse', k);
  return {
    candidates: unite(bestDense, bestSparse),
    denseCount: documentsOf(bestDense),
    sparseCount: documentsOf(bestSparse),
    bestSparse: bestSparse.slice(0, 10).map((candidate) => candidate.sparse),
  };
}

/** How many documents have a passage among `candidates`. */
export function documentsOf(candidates: readonly Candidate[]): number {
  return new Set(candidates.map(({ docId }) => docId)).size;
}

/** Names a passage of a version: its docId and its number, which has fewer bits than are left. */
export function passageKey({ docId, passage }: Pick<Candidate, 'docId' | 'passage'>): bigint {
  return docId * BigInt(limits.documentsPerRecordMax) + BigInt(passage);
}

function collect(columns: Candidates | undefined, shard: number, stage: 'dense' | 'sparse', into: Candidate[]): void {
  if (columns === undefined) return;
  const docIds = uint64From(columns.docIds, 'docIds of candidates');
  const idHashes = uint64From(columns.idHashes, 'id hashes of candidates');
  const scores = float32From(columns.scores, 'scores of candidates');
  const passages = uint32From(columns.passages, 'passages of candidates');
  for (let i = 0; i < docIds.length; i += 1) {
    const score = scores[i]!;
    into.push({
      docId: docIds[i]!,
      idHash: idHashes[i]!,
      shard,
      passage: passages[i] ?? 0,
      dense: stage === 'dense' ? score : NaN,
      sparse: stage === 'sparse' ? score : NaN,
      multi: NaN,
    });
  }
}

function newestVersions(candidates: readonly Candidate[]): Map<bigint, bigint> {
  const newest = new Map<bigint, bigint>();
  for (const { idHash, docId } of candidates) {
    const known = newest.get(idHash);
    if (known === undefined || known < docId) newest.set(idHash, docId);
  }
  return newest;
}

/** In order until `k` documents are there, each passage once: a copy of it may be in another shard. */
function best(candidates: readonly Candidate[], stage: 'dense' | 'sparse', k: number): readonly Candidate[] {
  const documents = new Set<bigint>();
  const chosen = new Map<bigint, Candidate>();
  for (const candidate of [...candidates].sort((a, b) => b[stage] - a[stage] || compareCandidates(a, b))) {
    if (documents.size === k && !documents.has(candidate.docId)) break;
    documents.add(candidate.docId);
    const key = passageKey(candidate);
    if (!chosen.has(key)) chosen.set(key, candidate);
  }
  return [...chosen.values()];
}

function unite(dense: readonly Candidate[], sparse: readonly Candidate[]): readonly Candidate[] {
  const united = new Map(dense.map((candidate) => [passageKey(candidate), candidate]));
  for (const candidate of sparse) {
    const key = passageKey(candidate);
    const known = united.get(key);
    united.set(key, known === undefined ? candidate : { ...known, sparse: candidate.sparse });
  }
  return [...united.values()].sort(compareCandidates);
}

/** Ascending by docId, then by passage. */
export function compareCandidates(a: Candidate, b: Candidate): number {
  return compareDocIds(a, b) || a.passage - b.passage;
}

/** Ascending by docId. */
export function compareDocIds(a: { readonly docId: bigint }, b: { readonly docId: bigint }): number {
  if (a.docId === b.docId) return 0;
  return a.docId < b.docId ? -1 : 1;
}
