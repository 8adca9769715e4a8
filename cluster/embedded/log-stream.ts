/**
 * One stream: a folder of chunks, written by one queue, so that what comes together shares one transaction and one fsync.
 *
 * Everything that changes the chunks (append, rotate, purge) runs in that queue, one after the other. Readers take what is
 * committed. Disk space comes back chunk by chunk: a chunk without entries is deleted; the last one is replaced first.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { LogEntry, LogRecord, StreamState } from '../change-log.js';
import { assertRoom, diskError, syncDirectory } from './disk-format.js';
import { LogChunk, type ChunkRead } from './log-chunk.js';
import { RecentEntries } from './recent-entries.js';

/**
 * Bytes of the newest entries that are kept in memory: consumers that keep up get them from there, without reading, copying and
 * checking what was written a moment ago.
 */
const recentBytesMax = 8 * 1024 * 1024;

/** An empty last chunk is replaced when its file has grown beyond this. */
const emptyChunkBytesMax = 1024 * 1024;

export interface LogStreamOptions {
  readonly name: string;
  readonly directory: string;
  readonly chunkBytes: number;
  readonly clock: Clock;
}

interface Batch {
  readonly entries: LogEntry[];
  /** Everything wanted up to here is in `entries`. */
  readonly through: bigint;
}

const noBody = new Uint8Array(0);

interface PendingAppend {
  readonly subject: string;
  readonly record: LogRecord;
  resolve(sequence: bigint): void;
  reject(error: unknown): void;
  isWithdrawn: boolean;
}

export class LogStream {
  readonly #options: LogStreamOptions;
  /** Ascending; the last one is appended to. Never empty. */
  #chunks: LogChunk[];
  #pending: PendingAppend[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  readonly #recent = new RecentEntries(recentBytesMax);
  #waiters = new Set<() => void>();
  #commitsOfDeleted = 0;
  #isEnded = false;

  private constructor(options: LogStreamOptions, chunks: LogChunk[]) {
    this.#options = options;
    this.#chunks = chunks;
  }

  /** Lays down an empty stream in the existing folder `directory`; its first record gets `first`. */
  static async lay(options: LogStreamOptions, first: bigint): Promise<void> {
    const chunk = await createChunk(options, first);
    await chunk.close();
  }

  /** Opens the stream in `directory`. */
  static async open(options: LogStreamOptions): Promise<LogStream> {
    const names = (await readdir(options.directory)).filter((name) => /^[0-9]{20}\.mdb$/.test(name)).sort();
    const chunks: LogChunk[] = [];
    for (const name of names) chunks.push(await openChunk(options, BigInt(name.slice(0, 20))));
    if (chunks.length === 0) {
      const message = `the stream in ${options.directory} has no files; restore the folder from a backup or remove it`;
      throw new ShoalError('DATA_LOSS', message);
    }
    return new LogStream(options, chunks);
  }

  /** Largest sequence ever given. */
  get lastSequence(): bigint {
    return this.#active.last;
  }

  /** Transactions committed since the stream was opened. */
  get commits(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.commits, this.#commitsOfDeleted);
  }

  /** True once the stream was dropped or the log closed. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  state(): StreamState {
    const held = this.#chunks.map((chunk) => (chunk.entries === 0 ? null : chunk.firstHeld()));
    return {
      firstSequence: held.find((first) => first !== null) ?? this.lastSequence + 1n,
      lastSequence: this.lastSequence,
      entries: this.#chunks.reduce((sum, chunk) => sum + chunk.entries, 0),
      bytes: this.#chunks.reduce((sum, chunk) => sum + chunk.bytes, 0),
    };
  }

  lastSequenceOf(subject: string): bigint {
    const lasts = this.#chunks.map((chunk) => chunk.subjects.get(subject)?.last ?? 0n);
    return lasts.reduce((largest, last) => (last > largest ? last : largest), 0n);
  }

  /** Appends a record that was checked. On DEADLINE_EXCEEDED it may have been appended. */
  append(subject: string, record: LogRecord, deadline: Deadline): Promise<bigint> {
    return new Promise<bigint>((resolve, reject) => {
      const settle = deadline.onEnd((why) => {
        pending.isWithdrawn = true;
        reject(why);
      });
      const pending: PendingAppend = {
        subject,
        record,
        resolve: (sequence) => (settle(), resolve(sequence)),
        reject: (error) => (settle(), reject(error)),
        isWithdrawn: false,
      };
      this.#pending.push(pending);
      // The first of a group asks for a turn; the others that come before it share it.
      if (this.#pending.length === 1) void this.#inTurn(() => this.#appendPending());
    });
  }

  /** The entry at `sequence`, or null. */
  read(sequence: bigint): LogEntry | null {
    const chunk = this.#chunkOf(sequence);
    const recent = this.#recent.at(sequence);
    if (recent !== null) return chunk?.isPurged(recent.subject, sequence) === true ? null : recent;
    return chunk?.entry(sequence, { isWanted: () => true, headersOnly: false }) ?? null;
  }

  /** What `read` asks for from the chunk that holds the next sequence; `upTo` is the last one given. */
  readBatch(read: Omit<ChunkRead, 'upTo'>): Batch {
    let after = read.after;
    if (this.#recent.begins(after)) return this.#readRecent(read);
    for (const [position, chunk] of this.#chunks.entries()) {
      const next = this.#chunks[position + 1];
      const upTo = next === undefined ? chunk.last : next.first - 1n;
      if (upTo <= after) continue;
      const batch = chunk.read({ ...read, after, upTo });
      if (batch.entries.length > 0 || batch.through < upTo) return batch;
      after = upTo;
    }
    return { entries: [], through: after };
  }

  #readRecent({ after, isWanted, headersOnly, entriesMax, bytesMax }: Omit<ChunkRead, 'upTo'>): Batch {
    const entries: LogEntry[] = [];
    let through = after;
    let bytes = 0;
    for (const entry of this.#recent.after(after)) {
      if (entries.length >= entriesMax || bytes >= bytesMax) break;
      const { sequence, subject } = entry;
      through = sequence;
      if (!isWanted(subject) || this.#chunkOf(sequence)?.isPurged(subject, sequence) !== false) continue;
      entries.push(headersOnly ? { ...entry, body: noBody } : entry);
      bytes += headersOnly ? 0 : entry.body.length;
    }
    return { entries, through };
  }

  /** Resolves at the next append, end of the stream, or call of the function that `onWait` gets. */
  changed(onWait: (wake: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(wake);
        resolve();
      };
      this.#waiters.add(wake);
      onWait(wake);
    });
  }

  /** Purges the entries of `subject` up to and including `upTo`, and deletes the chunks that hold nothing else. */
  async purge(subject: string, upTo: bigint): Promise<void> {
    for (const chunk of this.#chunks) {
      if (chunk.first > upTo) break;
      // A turn for each chunk: appends go on in between.
      await this.#inTurn(() => this.#purgeChunk(chunk, subject, upTo));
    }
    await this.#inTurn(() => this.#replaceEmptyActive());
  }

  /** Ends the stream unless its next sequence is `first` or more; whether it did. What is appended afterwards is refused. */
  endBelow(first: bigint): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.lastSequence + 1n >= first) return false;
      this.#isEnded = true;
      this.#wakeAll();
      return true;
    });
  }

  /** Finishes what is under way, ends the readers and closes the files. Idempotent. */
  async close(): Promise<void> {
    this.#isEnded = true;
    this.#wakeAll();
    await this.#queue.catch(() => undefined);
    for (const chunk of this.#chunks) await chunk.close();
  }

  get #active(): LogChunk {
    const last = this.#chunks.at(-1);
    if (last === undefined) throw new ShoalError('INTERNAL', 'a stream has a chunk');
    return last;
  }

  /** Runs `task` after those before it, whether they failed or not. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(task, task);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Never rejects: each pending append gets its own answer. */
  async #appendPending(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    let rest = pending.filter((append) => !append.isWithdrawn);
    while (rest.length > 0) {
      const count = groupSize(rest, this.#options.chunkBytes);
      await this.#appendGroup(rest.slice(0, count));
      rest = rest.slice(count);
    }
  }

  async #appendGroup(group: readonly PendingAppend[]): Promise<void> {
    try {
      if (this.#isEnded) throw new ShoalError('UNAVAILABLE', `stream ${this.#options.name} was closed`);
      await assertRoom(this.#options.directory, groupBytes(group), `a record of stream ${this.#options.name}`);
      if (this.#active.appendedBytes >= this.#options.chunkBytes) await this.#rotate();
      const timeMs = this.#options.clock.wallMs();
      const first = this.lastSequence + 1n;
      const entries = group.map(({ subject, record }, position) => {
        const { headers, body } = record;
        return { sequence: first + BigInt(position), subject, timeMs, headers, body };
      });
      await this.#active.append(entries);
      this.#recent.add(entries);
      for (const [position, append] of group.entries()) append.resolve(first + BigInt(position));
      this.#wakeAll();
    } catch (thrown) {
      const error = await diskError(thrown, `a record of stream ${this.#options.name}`, this.#options.directory);
      for (const append of group) append.reject(error);
    }
  }

  async #purgeChunk(chunk: LogChunk, subject: string, upTo: bigint): Promise<void> {
    if (!this.#chunks.includes(chunk)) return;
    const row = chunk.subjects.get(subject);
    const isLastHeld = row !== undefined && row.entries === chunk.entries && row.last <= upTo;
    // A chunk that would be empty goes at once.
    if (chunk !== this.#active && (isLastHeld || chunk.entries === 0)) await this.#deleteChunk(chunk);
    else await chunk.purge(subject, upTo);
  }

  /** The last chunk gives its space back too: another takes its place. */
  async #replaceEmptyActive(): Promise<void> {
    const active = this.#active;
    if (active.entries > 0 || active.appendedBytes <= emptyChunkBytesMax) return;
    await this.#rotate();
    if (active !== this.#active) await this.#deleteChunk(active);
  }

  /** The new chunk knows the last sequence before it is used, so that sequences never run backwards. */
  async #rotate(): Promise<void> {
    const first = this.lastSequence + 1n;
    if (this.#active.first === first) return;
    const chunk = await createChunk(this.#options, first);
    this.#chunks = [...this.#chunks, chunk];
  }

  /** What the chunk knows of subjects is on disk elsewhere before its file goes. */
  async #deleteChunk(chunk: LogChunk): Promise<void> {
    await this.#active.inherit(chunk);
    this.#chunks = this.#chunks.filter((other) => other !== chunk);
    this.#commitsOfDeleted += chunk.commits;
    await chunk.close();
    await rm(chunk.path, { force: true });
    await rm(`${chunk.path}-lock`, { force: true });
    await syncDirectory(this.#options.directory);
  }

  #chunkOf(sequence: bigint): LogChunk | undefined {
    return this.#chunks.findLast((chunk) => chunk.first <= sequence);
  }

  #wakeAll(): void {
    for (const wake of [...this.#waiters]) wake();
  }
}

/** How many of `appends` fit one transaction; at least one. */
function groupSize(appends: readonly PendingAppend[], bytesMax: number): number {
  let bytes = 0;
  for (const [position, { record }] of appends.entries()) {
    bytes += record.body.length;
    if (position > 0 && bytes > bytesMax) return position;
    if (position + 1 === limits.documentsPerRecordMax) return position + 1;
  }
  return appends.length;
}

function groupBytes(group: readonly PendingAppend[]): number {
  return group.reduce((sum, { record }) => sum + record.body.length, 0);
}

async function createChunk(options: LogStreamOptions, first: bigint): Promise<LogChunk> {
  await assertRoom(options.directory, 0, `stream ${options.name}`);
  return await openChunk(options, first);
}

async function openChunk(options: LogStreamOptions, first: bigint): Promise<LogChunk> {
  const path = join(options.directory, `${String(first).padStart(20, '0')}.mdb`);
  return await LogChunk.open({ stream: options.name, path, first, mapBytes: options.chunkBytes * 4 });
}
