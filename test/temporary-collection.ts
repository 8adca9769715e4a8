/** A cluster in this process, in a folder that goes when it is closed, and a collection in it. */
import { systemClock } from '../base/clock.js';
import { createLogger } from '../base/logger.js';
import { startCluster, type RunningCluster } from '../client/cli/dev/cluster.js';
import { connect, type ShoalClient } from '../client/sdk/connect.js';
import type { Document } from '../client/sdk/types.js';
import { newFolder, removeFolder } from './temporary-folder.js';

export interface TemporaryCluster {
  readonly client: ShoalClient;
  /** HOST:PORT of the encoder node, which has the default model. */
  readonly encoder: string;
  close(): Promise<void>;
}

export interface TemporaryCollection extends TemporaryCluster {
  readonly collection: string;
  readonly documents: number;
  /** After everything was sealed. */
  readonly diskBytes: number;
}

/** Starts a cluster with one node of each kind. */
export async function startTemporaryCluster(): Promise<TemporaryCluster> {
  const directory = await newFolder();
  const undo: (() => Promise<void>)[] = [() => removeFolder(directory)];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const cluster = await start(directory);
    undo.push(() => cluster.close());
    const client = connect({ address: cluster.address });
    undo.push(() => client.close());
    const { nodes } = await client.cluster.status();
    const encoder = nodes.find(({ kind }) => kind === 'encoder')?.address ?? '';
    return { client, encoder, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts a cluster, imports `documents` with the default model, and seals. Fails when a document is refused. */
export async function openTemporaryCollection(
  documents: AsyncIterable<Document> | Iterable<Document>,
): Promise<TemporaryCollection> {
  const cluster = await startTemporaryCluster();
  const { client } = cluster;
  try {
    const { name: collection } = await client.collections.create('corpus');
    const written = await importAll(client, collection, documents);
    const { diskBytes } = await client.cluster.flush(collection);
    return { ...cluster, collection, documents: written, diskBytes };
  } catch (error) {
    await cluster.close();
    throw error;
  }
}

/** Imports `documents` and gives their number. Fails when one is refused. */
export async function importAll(
  client: ShoalClient,
  collection: string,
  documents: AsyncIterable<Document> | Iterable<Document>,
): Promise<number> {
  const { written, rejects } = await client.documents.import(collection, documents);
  const [reject] = rejects;
  if (reject === undefined) return written;
  throw new Error(`document ${reject.result.id} was refused: ${reject.result.error?.message ?? ''}`);
}

function start(directory: string): Promise<RunningCluster> {
  return startCluster({
    dataDirectory: directory,
    shardNodes: 1,
    encoderNodes: 1,
    replicas: 1,
    port: 0,
    clock: systemClock,
    logger: createLogger('shoal', 'warn'),
  });
}
