/** The gRPC face of collections. */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { unaryHandler } from '../../cluster/rpc/handlers.js';
import { collectionNamed } from '../../cluster/shard-map/cluster-map.js';
import type { CollectionSettings, CollectionsServer } from '../../proto/generated/shoal/v1/collections.js';
import { dropAlias, setAlias } from '../collections/aliases.js';
import { createCollection } from '../collections/create.js';
import { describeCollection, dropCollection, updateCollection } from '../collections/manage.js';
import { countDocuments } from '../documents/count.js';
import type { CoordinatorParts } from '../parts.js';
import { collectionProblems } from '../status/status.js';

/** How long a drop waits for the number of documents that it takes away. */
const countForDropMs = 5_000;

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
      const { uids, aliases } = parts.view.current();
      const all = [...uids.keys()].sort().map(named);
      const collections = await Promise.all(all.map((settings) => describeCollection(settings, parts, deadline)));
      return { collections, aliases: Object.fromEntries(aliases) };
    }, options),
    describeCollection: unaryHandler(async ({ name }, { deadline }) => {
      const settings = named(name);
      const collection = await describeCollection(settings, parts, deadline);
      return { collection, problems: [...collectionProblems(parts.view.current(), settings)] };
    }, options),
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
    setAlias: unaryHandler(({ alias, target }, { deadline }) => setAlias(alias, target, parts, deadline), options),
    dropAlias: unaryHandler(async ({ alias }, { deadline }) => {
      await dropAlias(alias, parts, deadline);
      return {};
    }, options),
  };
}

/** What cannot be read must still be droppable, and soon: 0 where nobody is there to count. */
async function countForDrop(
  settings: CollectionSettings,
  parts: CoordinatorParts,
  deadline: Deadline,
): Promise<bigint> {
  const counting = deadline.within(countForDropMs);
  try {
    return await countDocuments({}, settings, parts, counting);
  } catch (thrown) {
    deadline.check();
    const error = ShoalError.from(thrown);
    if (error.code !== 'UNAVAILABLE' && error.code !== 'DEADLINE_EXCEEDED') throw error;
    parts.logger.warn({ err: error, collection: settings.name }, 'dropped a collection without counting it');
    return 0n;
  } finally {
    counting.close();
  }
}
