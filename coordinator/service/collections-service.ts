/** The gRPC face of collections. */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { unaryHandler } from '../../cluster/rpc/handlers.js';
import { collectionNamed } from '../../cluster/shard-map/cluster-map.js';
import type { CollectionSettings, CollectionsServer } from '../../proto/generated/shoal/v1/collections.js';
import { createCollection } from '../collections/create.js';
import { describeCollection, dropCollection, updateCollection } from '../collections/manage.js';
import { countDocuments } from '../documents/read.js';
import type { CoordinatorParts } from '../parts.js';

/** The handlers of `shoal.v1.Collections`. */
export function collectionsService(parts: CoordinatorParts): CollectionsServer {
  const options = { clock: parts.clock, logger: parts.logger, deadlineMsDefault: limits.writeDeadlineMs };
  const named = (name: string): ReturnType<typeof collectionNamed> => collectionNamed(parts.view.current(), name);
  return {
    createCollection: unaryHandler(async (request, { deadline }) => {
      const settings = await createCollection(request, parts, deadline);
      return { collection: await describeCollection(settings, parts, deadline) };
    }, options),
    listCollections: unaryHandler(async (_request, { deadline }) => {
      const all = [...parts.view.current().uids.keys()].sort().map(named);
      return { collections: await Promise.all(all.map((settings) => describeCollection(settings, parts, deadline))) };
    }, options),
    describeCollection: unaryHandler(
      async ({ name }, { deadline }) => ({ collection: await describeCollection(named(name), parts, deadline) }),
      options,
    ),
    updateCollection: unaryHandler(async (request, { deadline }) => {
      const settings = await updateCollection(request, parts, deadline);
      return { collection: await describeCollection(settings, parts, deadline) };
    }, options),
    dropCollection: unaryHandler(async ({ name }, { deadline }) => {
      const documents = await countForDrop(named(name), parts, deadline);
      const settings = await dropCollection(name, parts, deadline);
      parts.statistics.forget(settings.uid);
      return { documents };
    }, options),
  };
}

/** What cannot be read must still be droppable: 0 where no replica is there to count. */
async function countForDrop(
  settings: CollectionSettings,
  parts: CoordinatorParts,
  deadline: Deadline,
): Promise<bigint> {
  try {
    return await countDocuments(settings, parts, deadline);
  } catch (thrown) {
    const error = ShoalError.from(thrown);
    if (error.code !== 'UNAVAILABLE') throw error;
    parts.logger.warn({ err: error, collection: settings.name }, 'dropped a collection without counting it');
    return 0n;
  }
}
