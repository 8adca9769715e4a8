/** A coordinator in memory, behind the real wire: what client tests talk to. Searches by counting shared words. */
import { isDeepStrictEqual } from 'node:util';
import { Server, ServerCredentials, status as grpcStatus, type ServiceError } from '@grpc/grpc-js';
import { BackupsService, type BackupsServer, type RestorePart } from '../../../proto/generated/shoal/v1/backup.js';
import {
  ClusterService,
  NodeKind,
  type ClusterServer,
  type Problem,
} from '../../../proto/generated/shoal/v1/cluster.js';
import {
  Collection,
  CollectionsService,
  type CollectionsServer,
  type CreateCollectionRequest,
} from '../../../proto/generated/shoal/v1/collections.js';
import {
  DocumentsService,
  type DeleteDocumentsRequest,
  type DocumentsServer,
  type ScrollRequest,
  type SetAttributesRequest,
  type UpsertRequest,
  type WriteResult,
} from '../../../proto/generated/shoal/v1/documents.js';
import {
  SearchResponse,
  SearchService,
  type SearchBatchRequest,
  type SearchOutcome,
  type SearchRequest,
  type SearchServer,
} from '../../../proto/generated/shoal/v1/search.js';
import { TrainingService } from '../../../proto/generated/shoal/v1/training.js';
import type { AttributeValue, Document } from '../../../proto/generated/shoal/v1/document.js';
import { partsOf, smallArchive } from '../cluster/archive/small-archive.js';
import { answer, failure, find, type Held } from './fake-answers.js';
import { trainingServer } from './fake-training.js';

export interface FakeCoordinator {
  readonly address: string;
  /** Every search request, in order. */
  readonly searches: SearchRequest[];
  /** Every upsert, delete, create and scroll request, in order. */
  readonly requests: unknown[];
  /** Every message of a restore, in order. */
  readonly restored: RestorePart[];
  /** Documents in each message of an import. */
  readonly importMessages: number[];
  /** Awaited before each message of an import is taken. */
  gate: Promise<void>;
  /** Ends the next import with this error after its first message. */
  failImport: { code: grpcStatus; details: string } | null;
  /** What a collection holds, by id. */
  documentsOf(name: string): ReadonlyMap<string, Document>;
  close(): Promise<void>;
}

/** Starts one on a free port. Documents whose id begins with "bad" are refused. */
export async function startFakeCoordinator(): Promise<FakeCoordinator> {
  const held = new Map<string, Held>();
  const aliases: Record<string, string> = {};
  const fake = {
    searches: [] as SearchRequest[],
    requests: [] as unknown[],
    restored: [] as RestorePart[],
    importMessages: [] as number[],
    gate: Promise.resolve(),
    failImport: null,
  };
  const server = new Server();
  const documentsOf = (name: string): ReadonlyMap<string, Document> =>
    new Map([...find(held, name).documents].map(([id, { document }]) => [id, document]));
  const state: FakeCoordinator = { ...fake, documentsOf, address: '', close: async () => server.forceShutdown() };
  server.addService(CollectionsService, collectionsServer(held, { aliases, state }));
  server.addService(DocumentsService, documentsServer(held, state));
  server.addService(SearchService, searchServer(held, state));
  server.addService(ClusterService, clusterServer(held));
  server.addService(BackupsService, backupsServer(held, state));
  server.addService(TrainingService, trainingServer(held, state.requests));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return Object.assign(state, { address: `127.0.0.1:${port}` });
}

/** A collection named `ill` has a problem. */
function problemsOf(name: string): Problem[] {
  const what = `replica of shard 0 of 'ill' on shard-1 does not serve`;
  return name === 'ill' ? [{ what, why: 'the node is away', todo: 'wait, or start the node' }] : [];
}

function collectionsServer(
  held: Map<string, Held>,
  { aliases, state }: { aliases: Record<string, string>; state: FakeCoordinator },
): CollectionsServer {
  const view = (name: string): Collection => {
    const { collection, documents } = find(held, name);
    return { ...collection, documents: BigInt(documents.size), diskBytes: BigInt(documents.size * 100) };
  };
  return {
    createCollection: answer((request: CreateCollectionRequest) => {
      state.requests.push(request);
      if (held.has(request.name)) throw failure(grpcStatus.ALREADY_EXISTS, `collection ${request.name} exists already`);
      held.set(request.name, { collection: newCollection(request), documents: new Map() });
      return { collection: view(request.name) };
    }),
    listCollections: answer(() => ({ collections: [...held.keys()].map(view), aliases: { ...aliases } })),
    setAlias: answer(({ alias, target }: { alias: string; target: string }) => {
      find(held, target);
      aliases[alias] = target;
      return { collection: target, uid: `uid-${target}` };
    }),
    dropAlias: answer(({ alias }: { alias: string }) => {
      if (!Object.hasOwn(aliases, alias)) throw failure(grpcStatus.NOT_FOUND, `there is no alias ${alias}`);
      Reflect.deleteProperty(aliases, alias);
      return {};
    }),
    describeCollection: answer(({ name }: { name: string }) => ({
      collection: view(name),
      problems: problemsOf(name),
    })),
    updateCollection: answer(({ name, replicas }: { name: string; replicas?: number | undefined }) => {
      const { settings } = find(held, name).collection;
      if (settings !== undefined && replicas !== undefined) settings.replicas = replicas;
      return { collection: view(name) };
    }),
    dropCollection: answer(({ name }: { name: string }) => {
      const { documents } = find(held, name);
      held.delete(name);
      return { documents: BigInt(documents.size) };
    }),
  };
}

function newCollection(request: CreateCollectionRequest): Collection {
  return Collection.fromPartial({
    settings: {
      ...request,
      uid: `uid-${request.name}`,
      model: request.model === '' ? 'default' : request.model,
      dim: request.dim === 0 ? 3 : request.dim,
      replicas: request.replicas === 0 ? 1 : request.replicas,
      keepVectors: request.keepVectors ?? true,
      created: new Date(0),
    },
    shards: 1,
    lists: 1,
  });
}

function write(held: Held, document: Document): WriteResult {
  if (document.id.startsWith('bad')) {
    return {
      id: document.id,
      docId: 0n,
      status: grpcStatus.INVALID_ARGUMENT,
      message: 'the fake refuses it',
      unchanged: false,
    };
  }
  const before = held.documents.get(document.id);
  if (before !== undefined && isDeepStrictEqual(before.document, document)) {
    return { id: document.id, docId: before.docId, status: 0, message: '', unchanged: true };
  }
  const docId = BigInt(held.documents.size + 1) * 4096n;
  held.documents.set(document.id, { docId, document });
  return { id: document.id, docId, status: 0, message: '', unchanged: false };
}

function documentsServer(held: Map<string, Held>, fake: FakeCoordinator): DocumentsServer {
  return { ...writesServer(held, fake), ...readsServer(held, fake) };
}

type Writes = 'upsert' | 'import' | 'setAttributes' | 'deleteDocuments';
type Reads = 'getDocument' | 'countDocuments' | 'scroll';

function writesServer(held: Map<string, Held>, fake: FakeCoordinator): Pick<DocumentsServer, Writes> {
  return {
    upsert: answer((request: UpsertRequest) => {
      const { collection, documents } = request;
      fake.requests.push(request);
      const results = documents.map((document) => write(find(held, collection), document));
      return { uid: `uid-${collection}`, sequence: 7n, results };
    }),
    import: (call, done) => {
      const results: WriteResult[] = [];
      void (async () => {
        let target: Held | null = null;
        let name = '';
        for await (const message of call) {
          const { collection, documents } = message as { collection: string; documents: Document[] };
          if (target === null) {
            name = collection;
            target = find(held, collection);
          }
          await fake.gate;
          fake.importMessages.push(documents.length);
          if (fake.failImport !== null) throw failure(fake.failImport.code, fake.failImport.details);
          for (const document of documents) results.push(write(target, document));
        }
        const rejects = results.flatMap((result, position) =>
          result.status === 0 ? [] : [{ position: BigInt(position), result }],
        );
        const read = BigInt(results.length);
        const rejected = BigInt(rejects.length);
        const unchanged = BigInt(results.filter((result) => result.unchanged).length);
        done(null, {
          uid: `uid-${name}`,
          sequence: 9n,
          read,
          written: read - rejected - unchanged,
          unchanged,
          rejected,
          rejects,
        });
      })().catch((error: ServiceError) => done(error));
    },
    setAttributes: answer(({ collection, id, attributes, remove }: SetAttributesRequest) => {
      const found = find(held, collection).documents.get(id);
      if (found === undefined) throw failure(grpcStatus.NOT_FOUND, `collection ${collection} has no document ${id}`);
      const kept = Object.entries(found.document.attributes).filter(([name]) => !remove.includes(name));
      found.document.attributes = { ...Object.fromEntries(kept), ...attributes };
      found.docId += 4096n;
      return { uid: `uid-${collection}`, sequence: 13n, docId: found.docId };
    }),
    deleteDocuments: answer((request: DeleteDocumentsRequest) => {
      const { collection, filter } = request;
      fake.requests.push(request);
      const ids =
        filter === '' ? request.ids : matching(find(held, collection), filter).map(({ document }) => document.id);
      const deleted = ids.filter((id) => find(held, collection).documents.delete(id)).length;
      return { uid: `uid-${collection}`, sequence: 11n, deleted: BigInt(deleted) };
    }),
  };
}

function readsServer(held: Map<string, Held>, fake: FakeCoordinator): Pick<DocumentsServer, Reads> {
  return {
    getDocument: answer(({ collection, id }: { collection: string; id: string }) => {
      const found = find(held, collection).documents.get(id);
      if (found === undefined) throw failure(grpcStatus.NOT_FOUND, `collection ${collection} has no document ${id}`);
      return { uid: `uid-${collection}`, ...found };
    }),
    countDocuments: answer(({ collection, filter }: { collection: string; filter: string }) => ({
      uid: `uid-${collection}`,
      documents: BigInt(matching(find(held, collection), filter).length),
    })),
    scroll: (call) => {
      const found = held.get(call.request.collection);
      if (found === undefined) {
        call.emit('error', failure(grpcStatus.NOT_FOUND, `collection ${call.request.collection} does not exist`));
        return;
      }
      const { filter, afterId } = call.request as ScrollRequest;
      fake.requests.push(call.request);
      for (const entry of matching(found, filter).sort((a, b) => (a.document.id < b.document.id ? -1 : 1))) {
        if (afterId !== '' && entry.document.id <= afterId) continue;
        call.write({ uid: `uid-${call.request.collection}`, documents: [entry] });
      }
      call.end();
    },
  };
}

/** Of filters, only `NAME == VALUE` is understood: an int64 or a quoted string. */
function matching(held: Held, filter: string): { docId: bigint; document: Document }[] {
  const all = [...held.documents.values()];
  if (filter === '') return all;
  const [, name = '', value = ''] = /^(\w+) == (\d+|"[^"]*")$/.exec(filter) ?? [];
  if (name === '')
    throw failure(grpcStatus.INVALID_ARGUMENT, 'the filter has an error at position 4: expected a value');
  return all.filter(({ document }) => textOf(document.attributes[name]) === value);
}

function textOf(value: AttributeValue | undefined): string | undefined {
  const number = value?.int64Value ?? value?.doubleValue;
  return number?.toString() ?? (value?.stringValue === undefined ? undefined : `"${value.stringValue}"`);
}

function backupsServer(held: Map<string, Held>, fake: FakeCoordinator): BackupsServer {
  return {
    backup: (call) => {
      const { collection } = call.request;
      if (!held.has(collection)) {
        call.emit('error', failure(grpcStatus.NOT_FOUND, `collection ${collection} does not exist`));
        return;
      }
      for (const part of partsOf(smallArchive(collection))) {
        if (part.kind === 'member') call.write({ member: part.name });
        else
          call.write(part.kind === 'data' ? { data: Buffer.from(part.bytes) } : { manifest: Buffer.from(part.bytes) });
      }
      call.end();
    },
    restore: (call, done) => {
      void (async () => {
        for await (const message of call) {
          const part = message as RestorePart;
          fake.restored.push(part);
          if (part.start !== undefined && held.has(part.start.collection))
            throw failure(grpcStatus.ALREADY_EXISTS, `collection ${part.start.collection} exists already`);
        }
        done(null, { uid: 'uid-restored', documents: 3n, sequence: 12n });
      })().catch((error: ServiceError) => done(error));
    },
  };
}

function searchServer(held: Map<string, Held>, fake: FakeCoordinator): SearchServer {
  const search = (request: SearchRequest): SearchResponse => {
    fake.searches.push(request);
    const found = find(held, request.collection);
    if (request.requireFull && request.query === 'partial')
      throw failure(grpcStatus.UNAVAILABLE, 'shard 3 did not answer');
    return respond(request, matching(found, request.filter));
  };
  return {
    search: answer(search),
    searchBatch: answer(({ requests }: SearchBatchRequest) => {
      fake.requests.push(requests.length);
      return { outcomes: requests.map((request) => outcome(() => search(request))) };
    }),
  };
}

function outcome(make: () => SearchResponse): SearchOutcome {
  try {
    return { status: 0, message: '', response: make() };
  } catch (error) {
    const { code, details } = error as ServiceError;
    return { status: code, message: details, response: undefined };
  }
}

function respond(request: SearchRequest, all: readonly { docId: bigint; document: Document }[]): SearchResponse {
  const words = new Set(request.query.split(' '));
  const scored = all
    .map((entry) => ({
      ...entry,
      score: (entry.document.text ?? '').split(' ').filter((word) => words.has(word)).length,
    }))
    .filter((entry) => entry.score > 0 || request.vector !== undefined || request.like !== '')
    .filter((entry) => entry.document.id !== request.like)
    .sort((left, right) => right.score - left.score)
    .slice(request.offset, request.offset + (request.k || 10));
  const isPartial = request.query === 'partial';
  return SearchResponse.fromPartial({
    uid: `uid-${request.collection}`,
    hits: scored.map(({ docId, document, score }) => ({
      id: document.id,
      docId,
      score,
      scores: { dense: score },
      passage: { start: 0, end: (document.text ?? '').length },
      title: document.title,
      text: document.text ?? '',
      attributes: document.attributes,
      matches: request.explain ? [{ queryToken: 'shoes', documentToken: 'shoe', score: 0.9, start: 2, end: 6 }] : [],
    })),
    coverage: {
      full: !isPartial,
      listsProbed: isPartial ? 0 : 1,
      listsTotal: 1,
      shardsContacted: 1,
      shardsTotal: 1,
      ...(isPartial
        ? { shardsMissing: [3], listsMissing: [0], reasons: ['shard 3: no replica answered in time'] }
        : {}),
    },
    timings: { encodeMs: 2, totalMs: 5, rerankMs: 1 },
    ...(request.explain
      ? { explanation: { queryTokens: ['shoes'], listsProbed: [0], shardsProbed: [0], reranked: 1 } }
      : {}),
  });
}

function clusterServer(held: Map<string, Held>): ClusterServer {
  return {
    getStatus: answer(() => ({
      healthy: false,
      nodes: [
        {
          id: 'shard-1',
          kind: NodeKind.NODE_KIND_SHARD,
          address: '127.0.0.1:1',
          version: '0.1.0',
          kernels: 'avx2',
          executionProvider: '',
          model: '',
          modelDigest: '',
          earlierDigests: [],
        },
      ],
      collections: [...held.keys()],
      problems: [{ what: 'no encoder node', why: 'none has joined', todo: 'start one' }],
      version: '0.1.0',
    })),
    listShards: answer(({ collection }: { collection: string }) => ({
      problems: problemsOf(collection),
      shards: [
        {
          shard: 0,
          lists: 1,
          documents: BigInt(find(held, collection).documents.size),
          bytes: 2048n,
          replicas: [
            {
              node: 'shard-1',
              state: 'ready',
              applied: 9n,
              lag: 0n,
              structureVersion: 2,
              olderRows: find(held, collection).isTrained === true ? 0n : 5n,
            },
          ],
          segments: 1,
          tombstones: 0n,
        },
      ],
    })),
    flush: answer(({ collection }: { collection: string }) => ({
      durable: 9n,
      diskBytes: BigInt(find(held, collection).documents.size * 100),
    })),
    moveReplica: answer(({ to }: { to: string }) => ({ nodes: [to] })),
    listModels: answer(() => ({
      models: [
        {
          name: 'default',
          digest: 'abc',
          dim: 384,
          tokenDim: 96,
          sparse: 'bm25',
          tokenCodec: 'r2',
          nodes: ['encoder-1'],
        },
      ],
    })),
  };
}
