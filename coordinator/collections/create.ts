/** A new collection: one list, one shard, exact scan; no training needed to write and search. */
import type { Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { codecObject, keys, streamOf } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry } from '../../cluster/registry.js';
import { replicasOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings, type CreateCollectionRequest } from '../../proto/generated/shoal/v1/collections.js';
import { attributeTypeName } from '../../proto/attributes.js';
import { noModel, type Encoders } from '../encoders.js';
import { misnamed } from '../ingest/validate.js';
import { placeShard } from '../placement/place.js';

export interface CreateParts {
  readonly view: ClusterView;
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
  readonly encoders: Encoders;
  readonly clock: Clock;
  /** A name that was never given before. */
  readonly newUid: () => string;
  /** Replicas of a shard where the request does not say. */
  readonly defaultReplicas: number;
}

const collectionName = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const dimMax = 65_536;
const shardsMax = 4_096;

/**
 * BM25's average length until structure training fixes the collection's own: WordPiece terms of a passage. With b = 0.4 a
 * wrong value costs little: halving or doubling it moves a length norm by less than a third.
 */
const averageLengthDefault = 200;

/** Creates the collection and waits until its shard can be written and read. */
export async function createCollection(
  request: CreateCollectionRequest,
  parts: CreateParts,
  deadline: Deadline,
): Promise<CollectionSettings> {
  checkRequest(request);
  const settings = await settingsOf(request, parts, deadline);
  const placement = placeShard(parts.view.current(), settings, 0);
  await parts.log.createStream(streamOf(settings.uid), 1n);
  await write(settings, placement, parts);
  await parts.view.when(
    (map) => (isServed(map, placement) ? true : undefined),
    `the replicas of collection '${settings.name}' to open`,
    deadline,
  );
  return settings;
}

function checkRequest(request: CreateCollectionRequest): void {
  if (!collectionName.test(request.name)) {
    const form = 'lower-case letters, digits, _ and -, beginning with a letter or digit, at most 63 characters';
    throw new ShoalError('INVALID_ARGUMENT', `collection name '${request.name}' is not of the form: ${form}`);
  }
  for (const [name, type] of Object.entries(request.attributes)) {
    const isKnown = attributeTypeName(type) !== 'unknown';
    const why = isKnown ? misnamed(name) : `attribute '${name}' has type ${type}, which this cluster does not know`;
    if (why !== null) throw new ShoalError('INVALID_ARGUMENT', why);
  }
  if (request.shards > shardsMax) {
    throw new ShoalError('INVALID_ARGUMENT', `shards is ${request.shards}; it must be at most ${shardsMax}`);
  }
  if (!(request.targetRecall >= 0 && request.targetRecall < 1)) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `target recall is ${request.targetRecall}; it must be above 0 and below 1`,
    );
  }
  if (request.model === noModel && (request.dim < 1 || request.dim > dimMax)) {
    throw new ShoalError('INVALID_ARGUMENT', `dim is ${request.dim}; without a model it must be given, 1 to ${dimMax}`);
  }
  if (request.model !== noModel && request.dim !== 0) {
    throw new ShoalError('INVALID_ARGUMENT', 'dim is the model\'s; give it with model "none" only');
  }
}

async function settingsOf(
  request: CreateCollectionRequest,
  parts: CreateParts,
  deadline: Deadline,
): Promise<CollectionSettings> {
  return {
    name: request.name,
    uid: parts.newUid(),
    ...(await modelSettings(request, parts, deadline)),
    shards: request.shards === 0 ? 1 : request.shards,
    replicas: request.replicas === 0 ? parts.defaultReplicas : request.replicas,
    attributes: request.attributes,
    targetRecall: request.targetRecall === 0 ? 0.95 : request.targetRecall,
    keepVectors: request.keepVectors ?? true,
    bm25AverageLength: averageLengthDefault,
    created: new Date(parts.clock.wallMs()),
    expiresBy: request.expiresBy,
    structureVersion: 0,
  };
}

type ModelSettings = Pick<
  CollectionSettings,
  'model' | 'modelDigest' | 'dim' | 'tokenDim' | 'tokenCodec' | 'sparseWeighting'
>;

async function modelSettings(
  request: CreateCollectionRequest,
  parts: CreateParts,
  deadline: Deadline,
): Promise<ModelSettings> {
  if (request.model === noModel) {
    const { dim } = request;
    return { model: noModel, modelDigest: '', dim, tokenDim: 0, tokenCodec: '', sparseWeighting: 'learned' };
  }
  const info = await parts.encoders.infoOfModel(request.model, deadline);
  if (info.tokenCodec !== '') await parts.objects.put(codecObject(info.tokenCodec), info.tokenCodecTables);
  const { model, modelDigest, dim, tokenDim, tokenCodec, sparse } = info;
  return { model, modelDigest, dim, tokenDim, tokenCodec, sparseWeighting: sparse };
}

/** One transaction, so that no half of a collection is ever seen. */
async function write(settings: CollectionSettings, placement: ShardPlacement, parts: CreateParts): Promise<void> {
  const { uid, name } = settings;
  const nameKey = keys.collection(name);
  const revision = await parts.registry.transact(
    [{ key: nameKey, revision: 0n }],
    [
      { operation: 'put', key: nameKey, value: Buffer.from(uid) },
      { operation: 'put', key: keys.setting(uid), value: CollectionSettings.encode(settings).finish() },
      { operation: 'put', key: keys.placement(uid, 0), value: ShardPlacement.encode(placement).finish() },
    ],
  );
  if (revision !== null) return;
  await parts.log.dropStream(streamOf(uid));
  throw new ShoalError('ALREADY_EXISTS', `collection '${name}' exists already; drop it or choose another name`);
}

/** Every replica is ready; a failed one is told at once rather than waited for. */
function isServed(map: ClusterMap, placement: ShardPlacement): boolean {
  const replicas = replicasOf(map, placement);
  const failed = replicas.find(({ state }) => state === 'failed');
  if (failed !== undefined)
    throw new ShoalError('UNAVAILABLE', `node ${failed.node} cannot open the shard: ${failed.problem}`);
  return replicas.length === placement.nodes.length && replicas.every(({ state }) => state === 'ready');
}
