/** Trains a collection before it is measured, and waits until what was trained is what serves. */
import { sleep, type Clock } from '../../../base/clock.js';
import { ShoalError } from '../../../base/errors.js';
import type { ShoalClient } from '../../sdk/connect.js';
import type { TrainingProgress } from '../../sdk/types.js';

const lookEveryMs = 200;

export interface TrainAllOptions {
  readonly collection: string;
  /** One after the other. */
  readonly methods: readonly string[];
  readonly clock: Clock;
  onProgress(progress: TrainingProgress): void;
}

/**
 * Resolves when every replica has re-encoded what it holds. FAILED_PRECONDITION when something is not published, since then it is not what
 * would be measured.
 */
export async function trainAll(client: ShoalClient, options: TrainAllOptions): Promise<void> {
  const { collection, methods, clock, onProgress } = options;
  for (const method of methods) {
    const { published, reason, codebook } = await client.training.train(collection, { method, onProgress });
    if (!published) {
      throw new ShoalError('FAILED_PRECONDITION', `the ${method} of '${collection}' is not published: ${reason}`);
    }
    while (!(await isTakenOver(client, collection, codebook.structureVersion))) await sleep(clock, lookEveryMs);
  }
}

async function isTakenOver(client: ShoalClient, collection: string, structure: number): Promise<boolean> {
  const { shards } = await client.cluster.shards(collection);
  const replicas = shards.flatMap((shard) => shard.replicas);
  return replicas.every(({ structureVersion, olderRows }) => structureVersion >= structure && olderRows === 0);
}
