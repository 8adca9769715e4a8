/** Which segments to merge next: a pure decision over sizes. */
import { segmentRowsMax } from '../segment/segment-layout.js';
import type { ShardIndexLimits } from '../shard-index-limits.js';

export interface SegmentSize {
  readonly bytes: number;
  readonly rows: number;
  readonly deadRows: number;
  /** Of the structure that its rows are coded under; 0 where they are not. Only segments of one become one. */
  readonly structureVersion: number;
}

/**
 * Positions of the segments to merge, null when nothing is due. A segment with too many dead rows is rewritten first; else the
 * `mergeFanIn` or more smallest segments of one tier, where a tier spans a factor of `mergeFanIn` in bytes. Each document is so
 * rewritten once per tier.
 */
export function planMerge(segments: readonly SegmentSize[], limits: ShardIndexLimits): number[] | null {
  const decayed = segments.findIndex(({ rows, deadRows }) => deadRows > rows * limits.tombstoneShareMax);
  if (decayed >= 0) return [decayed];
  for (const version of new Set(segments.map(({ structureVersion }) => structureVersion))) {
    const plan = planTier(segments, version, limits);
    if (plan !== null) return plan;
  }
  return null;
}

function planTier(segments: readonly SegmentSize[], version: number, limits: ShardIndexLimits): number[] | null {
  const tiers = new Map<number, number[]>();
  for (const [position, { bytes, structureVersion }] of segments.entries()) {
    if (structureVersion !== version) continue;
    const tier = Math.floor(Math.log(Math.max(1, bytes)) / Math.log(limits.mergeFanIn));
    tiers.set(tier, [...(tiers.get(tier) ?? []), position]);
  }
  for (const tier of [...tiers.keys()].sort((left, right) => left - right)) {
    const chosen = fitting(tiers.get(tier)!, segments, limits);
    if (chosen.length >= limits.mergeFanIn) return chosen;
  }
  return null;
}

/** The longest beginning, smallest segments first, that keeps within the limits of one segment. */
function fitting(positions: readonly number[], segments: readonly SegmentSize[], limits: ShardIndexLimits): number[] {
  const chosen: number[] = [];
  let bytes = 0;
  let rows = 0;
  for (const position of [...positions].sort((left, right) => segments[left]!.bytes - segments[right]!.bytes)) {
    bytes += segments[position]!.bytes;
    rows += segments[position]!.rows;
    if (bytes > limits.segmentBytesMax || rows > segmentRowsMax || chosen.length === 255) break;
    chosen.push(position);
  }
  return chosen.sort((left, right) => left - right);
}
