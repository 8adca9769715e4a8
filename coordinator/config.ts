/** What a coordinator can be told; every value has a default but its identity. */
import { z } from 'zod';
import { usualSplitLimits } from '../vector-index/lists/list-limit.js';

export const coordinatorConfigSchema = z.strictObject({
  /** Name in the registry. */
  id: z.string().min(1),
  host: z.string().default('127.0.0.1'),
  /** 0 = a free port. */
  port: z.int().min(0).max(65_535).default(7420),
  /** Replicas of a shard where a collection does not say. */
  defaultReplicas: z.int().positive().default(1),
  /** Milliseconds between two sweeps of expired documents. */
  expirySweepMs: z.int().positive().default(60_000),
  /** Documents that a collection needs to be trained: fewer are scanned faster than lists of them are chosen. */
  trainDocumentsMin: z.int().positive().default(1_000),
  /** Documents from which on a collection that allows it gets codes that need no training: fewer are scanned exactly in a millisecond. */
  autoCodeDocuments: z.int().positive().default(10_000),
  /** Documents from which on a collection that allows it is trained by itself. */
  autoTrainDocuments: z.int().positive().default(50_000),
  /** Milliseconds between two looks for collections, and lists of theirs, that have grown. */
  autoTrainEveryMs: z.int().positive().default(60_000),
  /** Lists with more vectors than a multiple of the mean, and than the least, are split. */
  splitLimits: z.strictObject({ means: z.number().min(1), least: z.int().positive() }).default(usualSplitLimits),
});

export type CoordinatorConfig = z.infer<typeof coordinatorConfigSchema>;
export type CoordinatorConfigInput = z.input<typeof coordinatorConfigSchema>;
