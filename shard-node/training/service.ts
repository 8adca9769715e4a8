/** The gRPC face of trainings on a shard node. */
import type { Clock } from '../../base/clock.js';
import { limits } from '../../base/limits.js';
import type { Logger } from '../../base/logger.js';
import { unaryHandler } from '../../cluster/rpc/handlers.js';
import type { ShardTrainingServer } from '../../proto/generated/shoal/v1/training.js';
import type { Trainings } from './trainings.js';

/** The handlers of `shoal.v1.ShardTraining` over `trainings`. */
export function shardTrainingService(
  trainings: Trainings,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): ShardTrainingServer {
  const options = { clock, logger, deadlineMsDefault: limits.writeDeadlineMs };
  return {
    beginTraining: unaryHandler(async (request) => trainings.begin(request), options),
    awaitTraining: unaryHandler(({ training }) => trainings.await(training), options),
    storeTraining: unaryHandler(async (request) => {
      await trainings.store(request);
      return {};
    }, options),
    endTraining: unaryHandler(async ({ training }) => {
      await trainings.end(training);
      return {};
    }, options),
  };
}
