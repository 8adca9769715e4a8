/** One training on a shard node, as a coordinator sees to it: begun, awaited with its progress, stored, ended. */
import { Deadline } from '../../base/deadline.js';
import type { Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { Codebook } from '../../proto/generated/shoal/v1/collections.js';
import {
  ShardTrainingService,
  type BeginTrainingRequest,
  type BeginTrainingResponse,
  type TrainProgress,
} from '../../proto/generated/shoal/v1/training.js';
import type { Peers } from '../peers.js';

/** A node that does not answer for so long is taken for lost; it forgets the training when nobody asks. */
const answerMs = 20_000;
const storeMs = 120_000;

export interface RemoteTrainingParts {
  readonly peers: Pick<Peers, 'transfer'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A shard node that is to train. */
export interface TrainingNode {
  readonly id: string;
  readonly address: string;
}

export class RemoteTraining {
  /** Whether the node carried it out already. */
  readonly isTakenOver: boolean;
  readonly #node: TrainingNode;
  readonly #training: bigint;
  readonly #parts: RemoteTrainingParts;

  private constructor(node: TrainingNode, { training, takenOver }: BeginTrainingResponse, parts: RemoteTrainingParts) {
    this.isTakenOver = takenOver;
    this.#node = node;
    this.#training = training;
    this.#parts = parts;
  }

  /** The caller ends it, whatever comes of it. */
  static async begin(
    node: TrainingNode,
    request: BeginTrainingRequest,
    parts: RemoteTrainingParts,
    deadline: Deadline,
  ): Promise<RemoteTraining> {
    const within = deadline.within(answerMs);
    try {
      const method = ShardTrainingService.beginTraining;
      return new RemoteTraining(node, await parts.peers.transfer(node.address, method, request, within), parts);
    } catch (thrown) {
      const error = lostNode(thrown, node, deadline);
      // The map says of this node what it does not hold, or not yet again: another one is asked, or this one later.
      if (error.code !== 'FAILED_PRECONDITION') throw error;
      throw new ShoalError('UNAVAILABLE', error.message, { cause: error });
    } finally {
      within.close();
    }
  }

  /** Progress, and at the end what was trained, without versions. UNAVAILABLE when the node is gone, else the training's own error. */
  async *progress(deadline: Deadline): AsyncGenerator<TrainProgress, Codebook> {
    for (;;) {
      const within = deadline.within(answerMs);
      try {
        const request = { training: this.#training };
        const method = ShardTrainingService.awaitTraining;
        const { step, share, resumedShare, codebook } = await this.#parts.peers.transfer(
          this.#node.address,
          method,
          request,
          within,
        );
        if (codebook !== undefined) return codebook;
        yield { step, share, resumedShare, node: this.#node.id };
      } catch (thrown) {
        throw lostNode(thrown, this.#node, deadline);
      } finally {
        within.close();
      }
    }
  }

  /** Has the node put structure and codebook into the object store, under versions that no object has. */
  async store(version: number, deadline: Deadline): Promise<void> {
    const request = { training: this.#training, structureVersion: version, codebookVersion: version };
    const within = deadline.within(storeMs);
    try {
      await this.#parts.peers.transfer(this.#node.address, ShardTrainingService.storeTraining, request, within);
    } catch (thrown) {
      throw lostNode(thrown, this.#node, deadline);
    } finally {
      within.close();
    }
  }

  /** Stops it, or lets its result go. Never rejects: a node that cannot be told notices that nobody asks. */
  async end(): Promise<void> {
    const { peers, clock, logger } = this.#parts;
    const deadline = Deadline.after(clock, answerMs);
    try {
      await peers.transfer(
        this.#node.address,
        ShardTrainingService.endTraining,
        { training: this.#training },
        deadline,
      );
    } catch (error) {
      logger.debug({ err: error, node: this.#node.id }, 'the end of a training could not be told to its node');
    } finally {
      deadline.close();
    }
  }
}

/** A node that took too long, or stopped the training by itself, is a node that is gone, unless the caller has ended it. */
function lostNode(thrown: unknown, node: TrainingNode, deadline: Deadline): ShoalError {
  deadline.check();
  const error = ShoalError.from(thrown);
  if (error.code !== 'DEADLINE_EXCEEDED' && error.code !== 'CANCELLED') return error;
  return new ShoalError('UNAVAILABLE', `node ${node.id} does not train any more: ${error.message}`, { cause: error });
}
