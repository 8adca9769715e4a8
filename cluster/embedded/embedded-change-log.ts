/**
 * The change log of one process: a folder for each stream, in lmdb.
 *
 * What `append` acknowledged survives a kill at any instant and a power cut. Streams appear and vanish by renaming their folder, so
 * that none is ever seen half made.
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import type { ChangeLog, ConsumeOptions, LogConsumer, LogEntry, LogRecord, StreamState } from '../change-log.js';
import { checkFormat, diskError, ensureDirectory, syncDirectory } from './disk-format.js';
import { EmbeddedLogConsumer, subjectFilter } from './log-consumer.js';
import { checkRecord } from './log-record.js';
import { LogStream, type LogStreamOptions } from './log-stream.js';

export const logFormat = 2;
/** Ends the names of folders of streams that are half made or half removed. */
export const unfinished = '.unfinished';

export interface EmbeddedChangeLogOptions {
  /** Its own folder; created when missing. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Bytes of records after which a stream begins another file; the granularity in which purging gives disk back. */
  readonly chunkBytes?: number;
}

/** Opens the log in `directory`. FAILED_PRECONDITION for a newer format, DATA_LOSS for a damaged folder. */
export async function openEmbeddedChangeLog(options: EmbeddedChangeLogOptions): Promise<EmbeddedChangeLog> {
  await checkFormat(options.directory, 'log', logFormat);
  const log = new EmbeddedChangeLog(options);
  await log.load();
  return log;
}

export class EmbeddedChangeLog implements ChangeLog {
  readonly #options: EmbeddedChangeLogOptions;
  readonly #streams = new Map<string, LogStream>();
  /** Creating and dropping, one at a time. */
  #changes: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: EmbeddedChangeLogOptions) {
    this.#options = options;
  }

  /** Opens what is in the folder and clears what a kill left unfinished. */
  async load(): Promise<void> {
    const { directory, logger } = this.#options;
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      if (!entry.isDirectory()) continue;
      if (entry.name.endsWith(unfinished)) {
        await rm(join(directory, entry.name), { recursive: true, force: true });
        continue;
      }
      const name = decodeURIComponent(entry.name);
      const stream = await LogStream.open(this.#streamOptions(name, entry.name));
      this.#streams.set(name, stream);
      logger.info({ stream: name, lastSequence: String(stream.lastSequence) }, 'stream opened');
    }
  }

  createStream(name: string, firstSequence: bigint): Promise<void> {
    return this.#change(() => this.#create(name, firstSequence));
  }

  raiseStream(name: string, firstSequence: bigint): Promise<void> {
    return this.#change(() => this.#raise(name, firstSequence));
  }

  dropStream(name: string): Promise<void> {
    return this.#change(() => this.#drop(name));
  }

  async state(name: string): Promise<StreamState> {
    return this.#stream(name).state();
  }

  async lastSequence(name: string, subject: string): Promise<bigint> {
    return this.#stream(name).lastSequenceOf(subject);
  }

  async append(name: string, subject: string, record: LogRecord, deadline: Deadline): Promise<bigint> {
    deadline.check();
    checkRecord(subject, record);
    return await this.#stream(name).append(subject, record, deadline);
  }

  async read(name: string, sequence: bigint): Promise<LogEntry | null> {
    return this.#stream(name).read(sequence);
  }

  consume(name: string, options: ConsumeOptions): LogConsumer {
    subjectFilter(options.subjects);
    return new EmbeddedLogConsumer(async () => this.#stream(name), options);
  }

  async purge(name: string, subject: string, upTo: bigint): Promise<void> {
    if (upTo <= 0n) return;
    await this.#stream(name).purge(subject, upTo);
  }

  /** Transactions, each with one fsync, since `stream` was opened. */
  commits(name: string): number {
    return this.#stream(name).commits;
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#changes.catch(() => undefined);
    for (const stream of this.#streams.values()) await stream.close();
  }

  #change(task: () => Promise<void>): Promise<void> {
    const turn = this.#changes.then(task, task);
    this.#changes = turn.catch(() => undefined);
    return turn;
  }

  async #create(name: string, firstSequence: bigint): Promise<void> {
    this.#assertOpen();
    if (this.#streams.has(name)) return;
    const folder = folderOf(name);
    if (firstSequence < 1n) throw new ShoalError('INVALID_ARGUMENT', `first sequence ${firstSequence} is below 1`);
    const options = this.#streamOptions(name, folder);
    const laying = `${options.directory}${unfinished}`;
    try {
      await ensureDirectory(laying);
      await LogStream.lay({ ...options, directory: laying }, firstSequence);
      await rename(laying, options.directory);
      await syncDirectory(this.#options.directory);
    } catch (thrown) {
      throw await diskError(thrown, `stream ${name}`, this.#options.directory);
    }
    this.#streams.set(name, await LogStream.open(options));
    this.#options.logger.info({ stream: name }, 'stream created');
  }

  async #raise(name: string, firstSequence: bigint): Promise<void> {
    this.#assertOpen();
    const stream = this.#streams.get(name);
    if (stream !== undefined && !(await stream.endBelow(firstSequence))) return;
    await this.#drop(name);
    await this.#create(name, firstSequence);
  }

  async #drop(name: string): Promise<void> {
    this.#assertOpen();
    const stream = this.#streams.get(name);
    if (stream === undefined) return;
    this.#streams.delete(name);
    await stream.close();
    const { directory } = this.#streamOptions(name, folderOf(name));
    await rename(directory, `${directory}${unfinished}`);
    await syncDirectory(this.#options.directory);
    await rm(`${directory}${unfinished}`, { recursive: true, force: true });
    this.#options.logger.info({ stream: name }, 'stream dropped');
  }

  #stream(name: string): LogStream {
    this.#assertOpen();
    const stream = this.#streams.get(name);
    if (stream !== undefined) return stream;
    throw new ShoalError('NOT_FOUND', `the log has no stream ${JSON.stringify(name)}`);
  }

  #streamOptions(name: string, folder: string): LogStreamOptions {
    const { directory, chunkBytes = 16 * 1024 * 1024, clock } = this.#options;
    return { name, directory: join(directory, folder), chunkBytes, clock };
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new ShoalError('UNAVAILABLE', 'the log was closed');
  }
}

/** A folder's name for any stream name; INVALID_ARGUMENT for one that no file system would take. */
function folderOf(name: string): string {
  const folder = encodeURIComponent(name);
  const isUsable = /^[^.]/.test(folder) && folder.length <= 200 && !folder.endsWith(unfinished);
  if (isUsable) return folder;
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `stream name ${JSON.stringify(name)} is empty, too long or begins with a dot`,
  );
}
