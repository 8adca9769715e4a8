/**
 * Documents whose vectors are given, through a real `shoal dev`: coordinator, log, directory and shard in one process, the client in
 * another. Beside it the loop that does nothing but write the same records to lmdb, each on disk before the next.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { open } from 'lmdb';
import type { Clock } from '../../../base/clock.js';
import { createLogger } from '../../../base/logger.js';
import { seededRandom, type Random } from '../../../base/random.js';
import { connect, type ShoalClient } from '../../../client/sdk/connect.js';
import type { Document } from '../../../client/sdk/types.js';
import type { LogEntry } from '../../../cluster/change-log.js';
import { openEmbeddedChangeLog } from '../../../cluster/embedded/embedded-change-log.js';
import { encodeHeader, logKeys } from '../../../cluster/embedded/log-record.js';
import { startDev } from '../../dev-process.js';
import { inFolder } from '../../temporary-folder.js';
import { segmentMemory, type SegmentMemory } from './segment-memory.js';

export interface ReadyVectorsOptions {
  readonly documents: number;
  readonly clock: Clock;
  progress(line: string): void;
}

export interface ReadyVectorsResult {
  readonly documents: number;
  /** From the first request to the moment at which a search sees everything. */
  readonly documentsPerSecond: number;
  /** To the acknowledgement of the last document. */
  readonly acknowledgedPerSecond: number;
  /** Of the loop over the same records. */
  readonly loopDocumentsPerSecond: number;
  readonly documentsPerRecord: number;
  /** Bytes of the records that hold it. */
  readonly logBytesPerDocument: number;
  readonly directoryBytesPerDocument: number;
  readonly memory: SegmentMemory;
  /** What a question gives, as lines. */
  readonly contents: readonly string[];
}

export const dim = 384;
const collection = 'ready';
const words = 'the a of cell protein model gene patient study effect on in with from was were result trial risk'.split(
  ' ',
);
const wordsPerText = 40;

export async function measureReadyVectors(options: ReadyVectorsOptions): Promise<ReadyVectorsResult> {
  return await inFolder(async (directory) => {
    const imported = await withDev(directory, (client) => importAll(client, options));
    options.progress(`${Math.round(imported.documentsPerSecond)} documents a second`);
    const log = await logOf(directory, options.clock);
    const perRecord = options.documents / log.written;
    const loop = await recordsPerSecond(join(directory, 'loop.mdb'), log, options.clock);
    const contents = await withDev(directory, sealed);
    return {
      documents: options.documents,
      ...imported,
      loopDocumentsPerSecond: loop * perRecord,
      documentsPerRecord: perRecord,
      logBytesPerDocument: log.recordBytes / log.entries.length / perRecord,
      directoryBytesPerDocument: directoryBytes(directory) / options.documents,
      memory: segmentMemory(join(directory, 'nodes')),
      contents,
    };
  });
}

/** Calls `work` with a client of a `shoal dev` over `directory`, which ends afterwards. */
export async function withDev<T>(directory: string, work: (client: ShoalClient) => Promise<T>): Promise<T> {
  const flags = ['--data', directory, '--port', '0', '--encoder-nodes', '0', '--log-level', 'error'];
  const { process: dev, address } = await startDev(flags);
  const client = connect({ address, deadlineMs: 60_000 });
  try {
    return await work(client);
  } finally {
    await client.close();
    await dev.end('SIGTERM');
  }
}

/** Imports everything and waits until a search sees it. */
async function importAll(
  client: ShoalClient,
  { documents, clock }: ReadyVectorsOptions,
): Promise<Pick<ReadyVectorsResult, 'documentsPerSecond' | 'acknowledgedPerSecond'>> {
  const all = readyDocuments(seededRandom(7), documents);
  await client.collections.create(collection, { model: 'none', dim });
  const beginMs = clock.monotonicMs();
  const { uid, sequence, written } = await client.documents.import(collection, all);
  const acknowledgedMs = clock.monotonicMs();
  const visible = { minSequence: { uid, sequence }, requireFull: true, deadlineMs: 60_000 };
  await client.search(collection, all[0]!.vector!, { k: 1, ...visible });
  const visibleMs = clock.monotonicMs();
  if (written !== documents) throw new Error(`${written} of ${documents} documents were written`);
  return {
    documentsPerSecond: (1_000 * documents) / (visibleMs - beginMs),
    acknowledgedPerSecond: (1_000 * documents) / (acknowledgedMs - beginMs),
  };
}

/** What a question of the sealed collection gives. */
async function sealed(client: ShoalClient): Promise<string[]> {
  await client.cluster.flush(collection);
  const { documents } = await client.documents.count(collection);
  const { hits } = await client.search(collection, new Float32Array(dim).fill(1), { k: 10 });
  return [`${documents} documents`, ...hits.map(({ id, score }) => `${id} ${score.toFixed(4)}`)];
}

export function readyDocuments(random: Random, count: number): Document[] {
  return Array.from({ length: count }, (_, i) => {
    const vector = Float32Array.from({ length: dim }, () => random.unit() - 0.5);
    const text = Array.from({ length: wordsPerText }, () => words[random.below(words.length)]).join(' ');
    return { id: `document-${i}`, text, vector, attributes: { number: BigInt(i) } };
  });
}

interface WrittenLog {
  /** Those that are still held. */
  readonly entries: readonly LogEntry[];
  /** Records ever written. */
  readonly written: number;
  /** Of the entries: headers and bodies. */
  readonly recordBytes: number;
}

/** The records that the import left, after a regular end. */
async function logOf(directory: string, clock: Clock): Promise<WrittenLog> {
  const folder = join(directory, 'log');
  const log = await openEmbeddedChangeLog({ directory: folder, clock, logger: createLogger('bench', 'silent') });
  try {
    const [stream = ''] = readdirSync(folder, { withFileTypes: true })
      .filter(isFolder)
      .map(({ name }) => name);
    const { firstSequence, lastSequence } = await log.state(stream);
    const entries: LogEntry[] = [];
    for (let sequence = firstSequence; sequence <= lastSequence; sequence += 1n) {
      const entry = await log.read(stream, sequence);
      if (entry !== null) entries.push(entry);
    }
    const recordBytes = entries.reduce((sum, entry) => sum + encodeHeader(entry).length + entry.body.length, 0);
    return { entries, written: Number(lastSequence), recordBytes };
  } finally {
    await log.close();
  }
}

/** Writes as many records of the same bytes, each a transaction that is on disk before the next begins. */
async function recordsPerSecond(path: string, { entries, written }: WrittenLog, clock: Clock): Promise<number> {
  const database = open<Buffer, Buffer>({ path, encoding: 'binary', keyEncoding: 'binary', overlappingSync: false });
  const rounds = entries.map((entry) => ({ header: encodeHeader(entry), body: Buffer.from(entry.body) }));
  const beginMs = clock.monotonicMs();
  for (let number = 0; number < written; number += 1) {
    const { header, body } = rounds[number % rounds.length]!;
    await database.batch(() => {
      void database.put(logKeys.header(BigInt(number)), header);
      void database.put(logKeys.body(BigInt(number)), body);
    });
  }
  const seconds = (clock.monotonicMs() - beginMs) / 1_000;
  await database.close();
  return written / seconds;
}

function directoryBytes(directory: string): number {
  return bytesBelow(join(directory, 'nodes'), /\/directory-\d+\/[^/]+$/);
}

function bytesBelow(folder: string, pattern: RegExp): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return paths.filter((path) => pattern.test(path)).reduce((sum, path) => sum + statSync(path).size, 0);
}

function isFolder(entry: { isDirectory(): boolean }): boolean {
  return entry.isDirectory();
}
