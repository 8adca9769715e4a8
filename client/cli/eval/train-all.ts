/** Trains a collection before it is measured, and waits until what was trained is what serves. */
import { sleep, type Clock } from '../../../base/clock.js';
import { ShoalError } from '../../../base/errors.js';
import type { ShoalClient } from '../../sdk/connect.js';
import type { TrainingProgress } from '../../sdk/types.js';

const lookEveryMs = 200;
/** Re-encoding takes minutes for a million documents. */
const usualWaitMs = 3_600_000;

export interface TakenOverOptions {
  readonly collection: string;
  readonly clock: Clock;
  /** How long replicas may take, after a training, to re-encode what they hold; an hour. */
  readonly waitMs?: number;
}

export interface TrainAllOptions extends TakenOverOptions {
  /** One after the other. */
  readonly methods: readonly string[];
  /** Of the random numbers of each. */
  readonly seed: number;
  onProgress(progress: TrainingProgress): void;
}

/**
 * Resolves when every replica that serves has re-encoded what it holds, and one of each shard does. FAILED_PRECONDITION when something is not
 * published, since then it is not what would be measured; DEADLINE_EXCEEDED where re-encoding does not end.
 */
export async function trainAll(client: ShoalClient, options: TrainAllOptions): Promise<void> {
  const { collection, methods, seed, onProgress } = options;
  for (const method of methods) {
    const { published, reason, codebook } = await client.training.train(collection, { method, seed, onProgress });
    if (!published) {
      throw new ShoalError('FAILED_PRECONDITION', `the ${method} of '${collection}' is not published: ${reason}`);
    }
    await takenOver(client, codebook.structureVersion, options);
  }
}

/**
 * Resolves when every replica that serves has re-encoded what it holds for `structure` or a newer one, and one of each shard does.
 * DEADLINE_EXCEEDED where that takes too long.
 */
export async function takenOver(
  client: ShoalClient,
  structure: number,
  { collection, clock, waitMs = usualWaitMs }: TakenOverOptions,
): Promise<void> {
  const endMs = clock.monotonicMs() + waitMs;
  for (;;) {
    const late = await lateReplica(client, collection, structure);
    if (late === null) return;
    if (clock.monotonicMs() >= endMs) {
      const what = `${late} of '${collection}' has not re-encoded its documents for structure ${structure}`;
      throw new ShoalError('DEADLINE_EXCEEDED', `${what}; \`shoal status\` says what is wrong`);
    }
    await sleep(clock, lookEveryMs);
  }
}

/** Who is waited for, in words; null where nobody is. Replicas that do not serve now are not, unless they are all that a shard has. */
async function lateReplica(client: ShoalClient, collection: string, structure: number): Promise<string | null> {
  const { shards } = await client.cluster.shards(collection);
  for (const { shard, replicas } of shards) {
    const ready = replicas.filter(({ state }) => state === 'ready');
    const asked = ready.length === 0 ? replicas : ready;
    const late = asked.find(
      ({ state, structureVersion, olderRows }) => state !== 'ready' || structureVersion < structure || olderRows > 0,
    );
    if (late !== undefined) return `the replica of shard ${shard} on node ${late.node} (${late.state})`;
  }
  return null;
}
