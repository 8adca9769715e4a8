/**
 * The client of a Shoal cluster for programs: connect once, call from anywhere, close at the end.
 *
 *     const shoal = connect({ address: 'localhost:7420' });
 *     await shoal.documents.upsert('notes', [{ id: '1', text: 'a cobbler mends shoes' }]);
 *     const { hits } = await shoal.search('notes', 'who repairs shoes');
 *     await shoal.close();
 */
import { systemClock, type Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { BackupsClient } from '../../proto/generated/shoal/v1/backup.js';
import { ClusterClient } from '../../proto/generated/shoal/v1/cluster.js';
import { CollectionsClient } from '../../proto/generated/shoal/v1/collections.js';
import { DocumentsClient } from '../../proto/generated/shoal/v1/documents.js';
import { SearchClient } from '../../proto/generated/shoal/v1/search.js';
import { TrainingClient } from '../../proto/generated/shoal/v1/training.js';
import { backupCalls, type BackupCalls } from './backups.js';
import { channelCredentials, channelOptions, type Target } from './call.js';
import { clusterCalls, type ClusterCalls } from './cluster.js';
import { collectionCalls, type CollectionCalls } from './collections.js';
import { documentCalls, type DocumentCalls } from './documents.js';
import { search, searchBatch, type Question } from './search.js';
import { trainingCalls, type TrainingCalls } from './training.js';
import type { SearchAnswer, SearchOptions, SearchOutcome } from './types.js';

export interface ConnectOptions {
  /** HOST:PORT of a coordinator. */
  readonly address: string;
  /** Milliseconds of a call that has no deadline of its own; default 10,000. */
  readonly deadlineMs?: number;
  readonly clock?: Clock;
}

export interface ShoalClient {
  readonly collections: CollectionCalls;
  readonly documents: DocumentCalls;
  search(collection: string, query: Question, options?: SearchOptions): Promise<SearchAnswer>;
  /** Several questions in one call, each with its own outcome; see `searchBatch`. */
  searchBatch(
    collection: string,
    queries: readonly Question[],
    options?: SearchOptions,
  ): Promise<readonly SearchOutcome[]>;
  readonly backups: BackupCalls;
  readonly training: TrainingCalls;
  readonly cluster: ClusterCalls;
  /** Ends the connection; calls under way end with CANCELLED. Idempotent. */
  close(): Promise<void>;
}

/** A client of the cluster at `address`. Connects with the first call. INVALID_ARGUMENT unless the address is HOST:PORT. */
export function connect(options: ConnectOptions): ShoalClient {
  const { address, deadlineMs = 10_000, clock = systemClock } = options;
  if (!/^[^\s/]+:\d{1,5}$/.test(address)) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `${JSON.stringify(address)} is no address; give HOST:PORT, such as localhost:7420`,
    );
  }
  const target: Target = { address, clock, deadlineMs };
  const collections = new CollectionsClient(address, channelCredentials, channelOptions);
  const shared = { ...channelOptions, channelOverride: collections.getChannel() };
  const documents = new DocumentsClient(address, channelCredentials, shared);
  const searches = new SearchClient(address, channelCredentials, shared);
  const cluster = new ClusterClient(address, channelCredentials, shared);
  const backups = new BackupsClient(address, channelCredentials, shared);
  const training = new TrainingClient(address, channelCredentials, shared);
  return {
    collections: collectionCalls(target, collections),
    documents: documentCalls(target, documents),
    search: (collection, query, searchOptions) => search(target, searches, { collection, query }, searchOptions),
    searchBatch: (collection, queries, searchOptions) =>
      searchBatch(target, searches, { collection, queries }, searchOptions),
    backups: backupCalls(target, backups),
    training: trainingCalls(target, training),
    cluster: clusterCalls(target, cluster),
    close: async () => collections.close(),
  };
}
