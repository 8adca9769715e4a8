/** Judged queries as a training takes them: texts to vectors, ids of what is relevant to docIds. */
import { counted } from '../../base/counted.js';
import { bufferOf } from '../../base/bytes.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { seededRandom } from '../../base/random.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { BeginTrainingRequest, TrainRequest } from '../../proto/generated/shoal/v1/training.js';
import { locate } from '../documents/located.js';
import { heardPosition, type ReadParts } from '../documents/read.js';
import { encodedQueries, queriesMax, sampled, type ShortQueryParts } from './short-queries.js';

/** Ids that one request to a directory names. */
const idsPerRequest = 4_096;
/** Ids that a message names, of those that are not there. */
const idsNamed = 5;

/** Queries with the ids of what is relevant to each, every id once. */
interface JudgedQuery {
  readonly text: string;
  readonly ids: ReadonlySet<string>;
}

/**
 * The queries of `request` with what is relevant to them, as many as a message takes, equal texts as one. INVALID_ARGUMENT where judgements
 * name documents that the collection does not have, or the model gives no query a vector.
 */
export async function judgedQueries(
  request: Pick<TrainRequest, 'queries' | 'relevant'> & { readonly seed: number },
  settings: CollectionSettings,
  parts: ReadParts & Pick<ShortQueryParts, 'encoders'>,
  deadline: Deadline,
): Promise<Pick<BeginTrainingRequest, 'queries' | 'relevant' | 'relevantCounts'>> {
  const all = byText(request);
  const docIds = await docIdsOf(new Set(all.flatMap(({ ids }) => [...ids])), settings, parts, deadline);
  const some = sampled(all, queriesMax(settings), seededRandom(request.seed));
  const texts = some.map(({ text }) => text);
  const vectors = await encodedQueries(texts, settings, parts, deadline);
  const asked = some.filter((_, at) => vectors[at]!.length > 0);
  return {
    queries: Buffer.concat(vectors),
    relevant: bufferOf(BigUint64Array.from(asked.flatMap(({ ids }) => Array.from(ids, (id) => docIds.get(id)!)))),
    relevantCounts: bufferOf(Uint32Array.from(asked, ({ ids }) => ids.size)),
  };
}

function byText({ queries, relevant }: Pick<TrainRequest, 'queries' | 'relevant'>): JudgedQuery[] {
  const idsOf = new Map<string, Set<string>>();
  queries.forEach((query, at) => {
    const text = query.trim();
    idsOf.set(text, new Set([...(idsOf.get(text) ?? []), ...relevant[at]!.ids]));
  });
  return Array.from(idsOf, ([text, ids]) => ({ text, ids }));
}

/** The docId of each of `ids`. INVALID_ARGUMENT where some do not exist. */
async function docIdsOf(
  ids: ReadonlySet<string>,
  settings: CollectionSettings,
  parts: ReadParts,
  deadline: Deadline,
): Promise<ReadonlyMap<string, bigint>> {
  const heard = await heardPosition(0n, settings, parts, deadline);
  const [all, docIds, unknown] = [[...ids], new Map<string, bigint>(), [] as string[]];
  for (let at = 0; at < all.length; at += idsPerRequest) {
    const asked = all.slice(at, at + idsPerRequest);
    const places = await locate(asked, settings, { view: parts.view, peers: parts.peers, deadline, heard });
    asked.forEach((id, i) => {
      const place = places[i];
      if (place) docIds.set(id, place.docId);
      else unknown.push(id);
    });
  }
  if (unknown.length === 0) return docIds;
  const named = unknown.slice(0, idsNamed).map((id) => `'${id}'`);
  const names = `${named.join(', ')}${unknown.length > idsNamed ? ', …' : ''}`;
  const what = `the judgements name ${counted(unknown.length, 'document')} that collection '${settings.name}' does not have: ${names}`;
  throw new ShoalError('INVALID_ARGUMENT', `${what}; leave them out, or import them first`);
}
