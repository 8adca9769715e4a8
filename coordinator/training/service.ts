/** The gRPC face of training. */
import { limits } from '../../base/limits.js';
import { serverStreamHandler, unaryHandler } from '../../cluster/rpc/handlers.js';
import type { TrainingServer } from '../../proto/generated/shoal/v1/training.js';
import { activateCodebook, listCodebooks } from './codebooks.js';
import type { TrainParts } from './train.js';
import type { TrainingOrders } from './training-orders.js';

/** Trainings of any size end sooner. */
const trainDeadlineMs = 24 * 3_600_000;

/** The handlers of `shoal.v1.Training`. */
export function trainingService(parts: TrainParts, orders: TrainingOrders): TrainingServer {
  const { clock, logger, view } = parts;
  const options = { clock, logger, deadlineMsDefault: limits.writeDeadlineMs };
  return {
    train: serverStreamHandler((request, { deadline }) => orders.train(request, deadline), {
      ...options,
      deadlineMsDefault: trainDeadlineMs,
    }),
    listCodebooks: unaryHandler(
      ({ collection }) => Promise.resolve(listCodebooks(collection, view.current())),
      options,
    ),
    activateCodebook: unaryHandler(async ({ collection, version }, { deadline }) => {
      return { active: await activateCodebook(collection, version, parts, deadline) };
    }, options),
    cancelTraining: unaryHandler(
      async ({ collection }, { deadline }) => ({ cancelled: await orders.cancel(collection, deadline) }),
      options,
    ),
  };
}
