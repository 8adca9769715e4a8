/** What a shard node can be told; every value has a default but its identity and its place on disk. */
import { z } from 'zod';
import { usualSplitLimits } from '../vector-index/lists/list-limit.js';

export const shardNodeConfigSchema = z.strictObject({
  /** Name in the registry; the same after a restart. */
  id: z.string().min(1),
  host: z.string().default('127.0.0.1'),
  /** 0 = a free port. */
  port: z.int().min(0).max(65_535).default(0),
  /** Folder of the replicas. */
  dataDirectory: z.string().min(1),
  /** Bytes of memory after which a mutable segment is sealed. */
  sealBytes: z.int().positive().optional(),
  /** Milliseconds after which a mutable segment that holds anything is sealed. */
  sealAgeMs: z.int().positive().default(60_000),
  /** Milliseconds between two looks for background work. */
  maintainEveryMs: z.int().positive().default(500),
  /** Milliseconds after which a directory stores what is settled. */
  directoryCommitEveryMs: z.int().positive().default(1_000),
  /** Milliseconds after which a training leaves what it can be gone on with from. */
  trainingCheckpointEveryMs: z.int().positive().default(20_000),
  /** Milliseconds for which a replica that has moved away still answers those who have not heard of it. */
  leaveAfterMs: z.int().min(0).default(5_000),
  /** Bytes a second of a replica's data that are taken from another node. */
  copyBytesPerSecondMax: z
    .number()
    .positive()
    .default(256 * 2 ** 20),
  /** Lists with more vectors than a multiple of the mean, and than the least, are split. */
  splitLimits: z.strictObject({ means: z.number().min(1), least: z.int().positive() }).default(usualSplitLimits),
});

export type ShardNodeConfig = z.infer<typeof shardNodeConfigSchema>;
export type ShardNodeConfigInput = z.input<typeof shardNodeConfigSchema>;
