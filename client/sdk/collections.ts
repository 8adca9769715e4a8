/** Collections: create, list, describe, update, drop; their aliases. */
import { bufferOf } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import {
  CreateCollectionRequest,
  UpdateCollectionRequest,
  type Collection as WireCollection,
  type LatestTraining as WireTraining,
  type CollectionsClient,
} from '../../proto/generated/shoal/v1/collections.js';
import { attributeTypeName, attributeTypes, type AttributeTypeName } from '../../proto/attributes.js';
import { unary, type Target } from './call.js';
import type { Collection, CollectionOptions, DescribedCollection, LatestTraining } from './types.js';

export interface CollectionUpdate {
  readonly replicas?: number;
  readonly targetRecall?: number;
  readonly autoTrain?: boolean;
  readonly copies?: number;
}

export interface CollectionCalls {
  /** ALREADY_EXISTS when the name is taken, NOT_FOUND for an unknown model. */
  create(name: string, options?: CollectionOptions): Promise<Collection>;
  list(): Promise<readonly Collection[]>;
  /** NOT_FOUND when there is none. */
  describe(name: string): Promise<DescribedCollection>;
  update(name: string, changes: CollectionUpdate): Promise<Collection>;
  /** Deletes the collection and gives the number of documents that it had. FAILED_PRECONDITION while an alias points to it. */
  drop(name: string): Promise<number>;
  /** Alias → the collection or alias that it points to. */
  aliases(): Promise<Readonly<Record<string, string>>>;
  /** Points `alias` to a collection or another alias, at once for reads and writes. FAILED_PRECONDITION for a cycle. */
  setAlias(alias: string, target: string): Promise<{ readonly collection: string; readonly uid: string }>;
  /** NOT_FOUND when there is none. */
  dropAlias(alias: string): Promise<void>;
}

/** The calls about collections over `client`. */
export function collectionCalls(target: Target, client: CollectionsClient): CollectionCalls {
  return {
    async create(name, options = {}) {
      const request = createRequest(name, options);
      const answer = await unary(target, client.createCollection.bind(client), request);
      return collectionFromWire(answer.collection);
    },
    async list() {
      const answer = await unary(target, client.listCollections.bind(client), {});
      return answer.collections.map(collectionFromWire);
    },
    async describe(name) {
      const { collection, problems } = await unary(target, client.describeCollection.bind(client), { name });
      return { ...collectionFromWire(collection), problems };
    },
    async update(name, changes) {
      const request = UpdateCollectionRequest.fromPartial({ name, ...changes });
      const answer = await unary(target, client.updateCollection.bind(client), request);
      return collectionFromWire(answer.collection);
    },
    async drop(name) {
      const answer = await unary(target, client.dropCollection.bind(client), { name });
      return Number(answer.documents);
    },
    async aliases() {
      return (await unary(target, client.listCollections.bind(client), {})).aliases;
    },
    async setAlias(alias, to) {
      return unary(target, client.setAlias.bind(client), { alias, target: to });
    },
    async dropAlias(alias) {
      await unary(target, client.dropAlias.bind(client), { alias });
    },
  };
}

function createRequest(name: string, options: CollectionOptions): CreateCollectionRequest {
  const attributes = Object.fromEntries(
    Object.entries(options.attributes ?? {}).map(([attribute, type]: [string, AttributeTypeName]) => [
      attribute,
      attributeTypes[type],
    ]),
  );
  const { centroids, ...rest } = options;
  const structure = centroids === undefined ? {} : { centroids: bufferOf(centroids) };
  return CreateCollectionRequest.fromPartial({ ...rest, ...structure, name, attributes });
}

function collectionFromWire(wire: WireCollection | undefined): Collection {
  const settings = wire?.settings;
  if (wire === undefined || settings === undefined) {
    throw new ShoalError('UNKNOWN', 'the cluster answered without the settings of the collection; are versions equal?');
  }
  return {
    name: settings.name,
    uid: settings.uid,
    model: settings.model,
    modelDigest: settings.modelDigest,
    dim: settings.dim,
    tokenDim: settings.tokenDim,
    tokenCodec: settings.tokenCodec,
    tokenPooling: settings.tokenPooling === 0 ? 1 : settings.tokenPooling,
    shardsTarget: settings.shards,
    replicas: settings.replicas,
    attributes: namesOfTypes(settings.attributes),
    targetRecall: settings.targetRecall,
    keepVectors: settings.keepVectors,
    bm25AverageLength: settings.bm25AverageLength,
    created: settings.created ?? null,
    expiresBy: settings.expiresBy,
    structureVersion: settings.structureVersion,
    codebookVersion: settings.codebookVersion,
    parametersVersion: settings.parametersVersion,
    autoTrain: settings.autoTrain ?? true,
    copies: settings.copies === 0 ? 1 : settings.copies,
    copiesServing: servingCopies(settings),
    documents: Number(wire.documents),
    diskBytes: Number(wire.diskBytes),
    shards: wire.shards,
    lists: wire.lists,
    shardsUncounted: wire.shardsUncounted,
    training: wire.training === undefined ? null : trainingFromWire(wire.training),
  };
}

/** Types that this client does not know are left out. */
function namesOfTypes(types: NonNullable<WireCollection['settings']>['attributes']): Collection['attributes'] {
  const names: Record<string, AttributeTypeName> = {};
  for (const [attribute, type] of Object.entries(types)) {
    const name = attributeTypeName(type);
    if (name !== 'unknown') names[attribute] = name;
  }
  return names;
}

/** Lists that a vector lies in; 1 before the first training. */
function servingCopies({ codebooks, codebookVersion }: NonNullable<WireCollection['settings']>): number {
  return codebooks.find(({ version }) => version === codebookVersion)?.copies === 2 ? 2 : 1;
}

function trainingFromWire({ ordered, ended, ...rest }: WireTraining): LatestTraining {
  return { ...rest, ordered: ordered ?? null, ended: ended ?? null };
}
