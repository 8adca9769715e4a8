/**
 * Fourth step: the shards' candidates become one list.
 *
 * Of one id (compared by its 64-bit hash) only the largest docId stays; order is by score, ties by smaller docId, so that the
 * same documents give the same answer however they are spread over shards.
 */
import { float32From, uint64From } from '../../base/bytes.js';
import type { Candidates, ShardScan } from '../../proto/generated/shoal/v1/shard.js';

export interface Candidate {
  readonly docId: bigint;
  readonly idHash: bigint;
  readonly shard: number;
  /** NaN = not known yet, or the document has none. */
  readonly dense: number;
  readonly sparse: number;
  /** Reduced MaxSim; NaN = not known yet, or the document has none. */
  readonly multi: number;
}

export interface Merged {
  /** Union of both stages, ascending by docId. */
  readonly candidates: readonly Candidate[];
  readonly denseCount: number;
  readonly sparseCount: number;
  /** Best sparse scores over all shards, descending; at most ten. */
  readonly bestSparse: readonly number[];
}

/** The best `k` of each stage over all `scans`, united. */
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
    denseCount: bestDense.length,
    sparseCount: bestSparse.length,
    bestSparse: bestSparse.slice(0, 10).map((candidate) => candidate.sparse),
  };
}

function collect(columns: Candidates | undefined, shard: number, stage: 'dense' | 'sparse', into: Candidate[]): void {
  if (columns === undefined) return;
  const docIds = uint64From(columns.docIds, 'docIds of candidates');
  const idHashes = uint64From(columns.idHashes, 'id hashes of candidates');
  const scores = float32From(columns.scores, 'scores of candidates');
  for (let i = 0; i < docIds.length; i += 1) {
    const unknown = { docId: docIds[i]!, idHash: idHashes[i]!, shard, dense: NaN, sparse: NaN, multi: NaN };
    into.push({ ...unknown, [stage]: scores[i]! });
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

function best(candidates: readonly Candidate[], stage: 'dense' | 'sparse', k: number): readonly Candidate[] {
  return [...candidates].sort((a, b) => b[stage] - a[stage] || compareDocIds(a, b)).slice(0, k);
}

function unite(dense: readonly Candidate[], sparse: readonly Candidate[]): readonly Candidate[] {
  const united = new Map(dense.map((candidate) => [candidate.docId, candidate]));
  for (const candidate of sparse) {
    const known = united.get(candidate.docId);
    united.set(candidate.docId, known === undefined ? candidate : { ...known, sparse: candidate.sparse });
  }
  return [...united.values()].sort(compareDocIds);
}

/** Ascending by docId. */
export function compareDocIds(a: { readonly docId: bigint }, b: { readonly docId: bigint }): number {
  if (a.docId === b.docId) return 0;
  return a.docId < b.docId ? -1 : 1;
}
