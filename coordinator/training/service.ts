/** The gRPC face of training. */
import { limits } from '../../base/limits.js';
import { serverStreamHandler, unaryHandler } from '../../cluster/rpc/handlers.js';
import type { TrainingServer } from '../../proto/generated/shoal/v1/training.js';
import { activateCodebook, listCodebooks } from './codebooks.js';
import { trainCollection, type TrainParts } from './train.js';

/** Trainings of any size end sooner. */
const trainDeadlineMs = 24 * 3_600_000;

/** The handlers of `shoal.v1.Training`. */
export function trainingService(parts: TrainParts): TrainingServer {
  const { clock, logger, view } = parts;
  const options = { clock, logger, deadlineMsDefault: limits.writeDeadlineMs };
  return {
    train: serverStreamHandler((request, { deadline }) => trainCollection(request, parts, deadline), {
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
  };
}
