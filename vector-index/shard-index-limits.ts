/** When an index seals and merges; every value may be set by the node's configuration. */

export interface ShardIndexLimits {
  /** Bytes of the mutable segment above which it is sealed. */
  readonly mutableBytesMax: number;
  /** Bytes that a merged segment may have at most; larger ones are merged only to drop dead rows. */
  readonly segmentBytesMax: number;
  /** Segments of similar size that are merged into one. */
  readonly mergeFanIn: number;
  /** Share of dead rows above which a segment is rewritten. */
  readonly tombstoneShareMax: number;
  /** Blocks of 64 KiB that one background step checks. */
  readonly verifyBlocks: number;
}

export const defaultShardIndexLimits: ShardIndexLimits = {
  mutableBytesMax: 16 * 1024 * 1024,
  segmentBytesMax: 2 * 1024 * 1024 * 1024,
  mergeFanIn: 4,
  tombstoneShareMax: 0.2,
  verifyBlocks: 32,
};
