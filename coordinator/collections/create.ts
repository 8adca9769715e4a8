/** A new collection: one list in one shard, or the lists of given centroids in several shards; no training needed to write and search. */
import type { Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import {
  codecObject,
  directorySubject,
  keys,
  positionValue,
  shardSubject,
  streamOf,
  structureObject,
} from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { Registry, RegistryWrite } from '../../cluster/registry.js';
import { directoryStatesOf, replicasOf, type ClusterMap } from '../../cluster/shard-map/cluster-map.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import { attributeTypes } from '../../proto/attributes.js';
import { DirectoryPlacement, ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings, type CreateCollectionRequest } from '../../proto/generated/shoal/v1/collections.js';
import { writeStructureFile } from '../../vector-index/codebook/structure-file.js';
import { type Structure } from '../../vector-index/codebook/structure.js';
import { noModel, type Encoders } from '../encoders.js';
import { packLists } from '../placement/pack-lists.js';
import { placeDirectory, placeShards } from '../placement/place.js';
import { beginOpening, clearRemains, type Opening } from './remains.js';
import { checkPooling, checkRequest, structureOf } from './validate.js';

export interface OpenParts {
  readonly view: ClusterView;
  readonly registry: Registry;
  readonly log: ChangeLog;
  readonly objects: ObjectStore;
  readonly logger: Logger;
  readonly clock: Clock;
}

export interface CreateParts extends OpenParts {
  readonly encoders: Encoders;
  /** A name that was never given before. */
  readonly newUid: () => string;
  /** Replicas of a shard where the request does not say. */
  readonly defaultReplicas: number;
}

/** A collection that is to be opened: its settings decided, its log and its shards empty. */
export interface NewCollection {
  readonly settings: CollectionSettings;
  /** Null = one list. */
  readonly structure: Structure | null;
  readonly directoryPartitions: number;
}

/** Where the parts of a collection are. */
export interface Placed {
  readonly shards: readonly ShardPlacement[];
  readonly directory: readonly DirectoryPlacement[];
}

/**
 * BM25's average length until structure training fixes the collection's own: WordPiece terms of a passage. With b = 0.4 a
 * wrong value costs little: halving or doubling it moves a length norm by less than a third.
 */
const averageLengthDefault = 200;

/** Creates the collection and waits until its shards can be written and read. */
export async function createCollection(
  request: CreateCollectionRequest,
  parts: CreateParts,
  deadline: Deadline,
): Promise<CollectionSettings> {
  checkRequest(request);
  const model = await modelSettings(request, parts, deadline);
  checkPooling(request, model.model, model.tokenDim);
  const structure = structureOf(request, model.dim);
  const settings = { ...settingsOf(request, parts), ...model, structureVersion: structure === null ? 0 : 1 };
  const directoryPartitions = Math.max(1, request.directoryPartitions);
  await openCollection({ settings, structure, directoryPartitions }, parts, deadline);
  return settings;
}

/**
 * Places the collection on nodes, opens its log and waits until every replica and every copy of its directory is ready.
 * ALREADY_EXISTS when the name is taken, with nothing left behind.
 */
export async function openCollection(collection: NewCollection, parts: OpenParts, deadline: Deadline): Promise<void> {
  const { settings, structure, directoryPartitions } = collection;
  const { uid, structureVersion } = settings;
  const { clock } = parts;
  const { shards } = settings;
  const groups = structure === null ? [Uint32Array.of(0)] : await packLists(structure, { shards, clock });
  const map = parts.view.current();
  const placed = {
    shards: placeShards(map, settings, groups),
    directory: placeDirectory(map, settings, directoryPartitions),
  };
  const opening = await beginOpening(uid, parts);
  try {
    if (structure !== null)
      await parts.objects.put(structureObject(uid, structureVersion), writeStructureFile(structure));
    await publishCollection({ settings, placed, after: 0n, opening }, parts, deadline);
  } catch (error) {
    await giveUp(uid, opening, parts);
    throw error;
  } finally {
    await opening.end();
  }
}

/** What is not removed now is swept later. */
async function giveUp(uid: string, opening: Opening, parts: OpenParts): Promise<void> {
  try {
    await opening.end();
    await clearRemains(uid, parts);
  } catch (error) {
    parts.logger.warn({ err: error, uid }, 'what a creation that failed has left cannot be removed for now');
  }
}

/** A collection whose log is to be opened and whose objects are stored. */
export interface StoredCollection extends Pick<NewCollection, 'settings'> {
  readonly placed: Placed;
  /** Its nodes have everything up to this log position, and its log begins above it: no docId is given twice. */
  readonly after: bigint;
  readonly opening: Opening;
}

/**
 * Opens the log of a collection whose objects are stored, makes it known, and waits until it is served. ALREADY_EXISTS when the name
 * is taken; what was made stays for the caller to clear.
 */
export async function publishCollection(
  collection: StoredCollection,
  parts: OpenParts,
  deadline: Deadline,
): Promise<void> {
  const { settings, placed, after } = collection;
  const { uid, name } = settings;
  await parts.log.createStream(streamOf(uid), after + 1n);
  const revision = await write(collection, parts.registry);
  await parts.view.when(
    (seen) => (isServed(seen, placed, { name, revision }) ? true : undefined),
    `the replicas of collection '${name}' to open`,
    deadline,
  );
}

function settingsOf(
  request: CreateCollectionRequest,
  parts: CreateParts,
): Omit<CollectionSettings, keyof ModelSettings | 'structureVersion'> {
  const { expiresBy, attributes } = request;
  return {
    name: request.name,
    uid: parts.newUid(),
    shards: request.shards === 0 ? 1 : request.shards,
    replicas: request.replicas === 0 ? parts.defaultReplicas : request.replicas,
    // Fixed from the start: a first document with a text under this name would make every later expiry an error.
    attributes: expiresBy === '' ? attributes : { ...attributes, [expiresBy]: attributeTypes.timestamp },
    targetRecall: request.targetRecall === 0 ? 0.95 : request.targetRecall,
    keepVectors: request.keepVectors ?? true,
    bm25AverageLength: averageLengthDefault,
    created: new Date(parts.clock.wallMs()),
    expiresBy,
    codebooks: [],
    codebookVersion: 0,
    parametersVersion: 0,
    versionsGiven: 0,
    autoTrain: request.autoTrain,
    copies: request.copies,
    tokenPooling: request.tokenPooling,
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

/** One transaction, so that no half of a collection is ever seen; gives its revision. */
async function write({ settings, placed, after, opening }: StoredCollection, registry: Registry): Promise<bigint> {
  const { uid, name } = settings;
  const put = (key: string, value: Uint8Array): RegistryWrite => ({ operation: 'put', key, value });
  const free = [keys.collection(name), keys.alias(name)].map((key) => ({ key, revision: 0n }));
  const revision = await registry.transact(
    [...free, ...opening.conditions],
    [
      ...opening.writes,
      put(keys.collection(name), Buffer.from(uid)),
      put(keys.setting(uid), CollectionSettings.encode(settings).finish()),
      ...placed.shards.map((each) => put(keys.placement(uid, each.shard), ShardPlacement.encode(each).finish())),
      ...placed.directory.map((each) =>
        put(keys.directory(uid, each.partition), DirectoryPlacement.encode(each).finish()),
      ),
      ...floors(placed, after),
    ],
  );
  if (revision !== null) return revision;
  const [alias, collection] = [await registry.get(keys.alias(name)), await registry.get(keys.collection(name))];
  const taken = alias !== null ? `'${name}' is an alias` : `collection '${name}' exists already`;
  if (alias !== null || collection !== null)
    throw new ShoalError('ALREADY_EXISTS', `${taken}; drop it or choose another name`);
  const what = `this coordinator was away from the registry while it made collection '${name}'`;
  throw new ShoalError('UNAVAILABLE', `${what}, and nothing of it is left; try again`);
}

/** What the log never had, a copy that lost its data cannot hear again: by these it knows. */
function floors({ shards }: Placed, after: bigint): readonly RegistryWrite[] {
  if (after === 0n) return [];
  const own = shards.map(({ uid, generation, shard }) => shardSubject(uid, generation, shard));
  return [...own, directorySubject(shards[0]!.uid)].map((subject) => ({
    operation: 'put',
    key: keys.floor(subject),
    value: positionValue(after),
  }));
}

/** Every copy is ready; a failed one is told at once rather than waited for, as is a collection that another caller dropped. */
function isServed(
  map: ClusterMap,
  { shards, directory }: Placed,
  written: { readonly name: string; readonly revision: bigint },
): boolean {
  const { uid } = shards[0]!;
  if (map.revision >= written.revision && !map.settings.has(uid)) {
    throw new ShoalError('NOT_FOUND', `collection '${written.name}' was dropped meanwhile; create it again`);
  }
  return (
    shards.every((each) => isOpen(replicasOf(map, each), each.nodes, `shard ${each.shard}`)) &&
    directory.every((each) => isOpen(directoryStatesOf(map, each), each.nodes, `directory ${each.partition}`))
  );
}

function isOpen(
  copies: readonly { readonly state: string; readonly node: string; readonly problem: string }[],
  nodes: readonly string[],
  what: string,
): boolean {
  const failed = copies.find(({ state }) => state === 'failed');
  if (failed !== undefined) {
    throw new ShoalError('UNAVAILABLE', `node ${failed.node} cannot open ${what}: ${failed.problem}`);
  }
  return copies.length === nodes.length && copies.every(({ state }) => state === 'ready');
}
