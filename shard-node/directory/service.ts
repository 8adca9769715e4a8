/** The unary face of a node's directory partitions; coordinators ask the same over the shards' stream. */
import type { Clock } from '../../base/clock.js';
import { limits } from '../../base/limits.js';
import type { Logger } from '../../base/logger.js';
import { unaryHandler } from '../../cluster/rpc/handlers.js';
import type { DirectoryServer } from '../../proto/generated/shoal/v1/directory.js';
import type { DirectoryAnswers } from './answers.js';

/** The handlers of `shoal.v1.Directory`. */
export function directoryService(
  answers: DirectoryAnswers,
  environment: { readonly clock: Clock; readonly logger: Logger },
): DirectoryServer {
  const options = { ...environment, deadlineMsDefault: limits.searchDeadlineMs };
  const slow = { ...environment, deadlineMsDefault: limits.writeDeadlineMs };
  return {
    locate: unaryHandler((request, { deadline }) => answers.locate(request, deadline), options),
    listLocated: unaryHandler((request, { deadline }) => answers.listLocated(request, deadline), options),
    awaitCommitted: unaryHandler((request, { deadline }) => answers.awaitCommitted(request, deadline), options),
    awaitVerdicts: unaryHandler((request, { deadline }) => answers.awaitVerdicts(request, deadline), slow),
    findUnchanged: unaryHandler((request, { deadline }) => answers.findUnchanged(request, deadline), options),
    readCopy: unaryHandler((request) => answers.readCopy(request), options),
  };
}
