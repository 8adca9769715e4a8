/**
 * A chunk of a stream: one lmdb file with consecutive sequences, some purged.
 *
 * lmdb never makes a file smaller, so a purge only notes how far it went, and the stream deletes chunks whose entries are all
 * purged. Purging so costs one small write and works on a full disk. Each chunk knows, for every subject, the last sequence ever
 * appended, also from chunks that were deleted before it.
 */
import { setImmediate } from 'node:timers/promises';
import { ShoalError } from '../../base/errors.js';
import type { LogEntry } from '../change-log.js';
import { bodyBytesOf, checkBody, decodeHeader, encodeHeader, logKeys } from './log-record.js';
import { LmdbStore, type StoreWrite } from './lmdb-store.js';
import { checksOf } from './log-checks.js';

/** What a chunk knows of a subject. */
export interface SubjectRow {
  /** Largest sequence ever appended, in this chunk or one that was deleted. */
  readonly last: bigint;
  /** Entries still held in this chunk, and the bytes of their headers and bodies. */
  readonly entries: number;
  readonly bytes: number;
  /** Entries up to and including this sequence are purged: invisible, their bytes gone when the chunk's file is deleted. */
  readonly purged: bigint;
}

const emptyRow: SubjectRow = { last: 0n, entries: 0, bytes: 0, purged: 0n };
/** Entries that a purge counts in one go. */
const countedMax = 1_000;

export interface LogChunkOptions {
  /** The stream's name, for messages. */
  readonly stream: string;
  readonly path: string;
  /** The first sequence that belongs here. */
  readonly first: bigint;
  readonly mapBytes: number;
}

export interface ChunkRead {
  /** Sequences larger than this one. */
  readonly after: bigint;
  /** Up to and including. */
  readonly upTo: bigint;
  readonly isWanted: (subject: string) => boolean;
  readonly headersOnly: boolean;
  /** Entries looked at, and bytes returned, after which a read stops. */
  readonly entriesMax: number;
  readonly bytesMax: number;
}

export class LogChunk {
  readonly path: string;
  /** The first sequence that belongs here. */
  readonly first: bigint;
  readonly #stream: string;
  readonly #store: LmdbStore;
  #last: bigint;
  #subjects: Map<string, SubjectRow>;
  #appendedBytes = 0;

  private constructor({ stream, path, first }: LogChunkOptions, store: LmdbStore) {
    this.#stream = stream;
    this.path = path;
    this.first = first;
    this.#store = store;
    const meta = this.#store.get(logKeys.meta);
    this.#last = meta === undefined ? first - 1n : meta.readBigUInt64LE(0);
    this.#subjects = this.#readSubjects();
    for (const row of this.#subjects.values()) this.#appendedBytes += row.bytes;
  }

  /** Opens the chunk at `path` or creates an empty one. DATA_LOSS when its file is damaged; bodies are checked when they are read. */
  static async open(options: LogChunkOptions): Promise<LogChunk> {
    const store = await LmdbStore.open(options.path, { mapBytes: options.mapBytes, own: checksOf(options.path) });
    return new LogChunk(options, store);
  }

  /** The last sequence given when this chunk was written to; first − 1 when none was. */
  get last(): bigint {
    return this.#last;
  }

  get subjects(): ReadonlyMap<string, SubjectRow> {
    return this.#subjects;
  }

  /** Bytes appended since it was opened and held when it was: what the file's size follows. */
  get appendedBytes(): number {
    return this.#appendedBytes;
  }

  get commits(): number {
    return this.#store.commits;
  }

  get entries(): number {
    let entries = 0;
    for (const row of this.#subjects.values()) entries += row.entries;
    return entries;
  }

  get bytes(): number {
    let bytes = 0;
    for (const row of this.#subjects.values()) bytes += row.bytes;
    return bytes;
  }

  /** Smallest sequence held, or null. */
  firstHeld(): bigint | null {
    this.#store.refresh();
    let first: bigint | null = null;
    for (const [subject, row] of this.#subjects) {
      if (row.entries === 0) continue;
      const [key] = this.#indexKeys(subject, row.purged, row.last, 1);
      const sequence = key === undefined ? null : logKeys.sequenceOf(key);
      if (sequence !== null && (first === null || sequence < first)) first = sequence;
    }
    return first;
  }

  /** Appends `entries`, whose sequences follow `last`, in one transaction. Resolves when they are on disk. */
  async append(entries: readonly LogEntry[]): Promise<void> {
    const writes: StoreWrite[] = [];
    const changed = new Map<string, SubjectRow>();
    let appended = 0;
    let last = this.#last;
    for (const entry of entries) {
      const header = encodeHeader(entry);
      const bytes = header.length + entry.body.length;
      writes.push({ key: logKeys.header(entry.sequence), value: header });
      if (entry.body.length > 0) writes.push({ key: logKeys.body(entry.sequence), value: entry.body });
      writes.push({ key: logKeys.index(entry.subject, entry.sequence), value: Buffer.alloc(1) });
      const row = changed.get(entry.subject) ?? this.#row(entry.subject);
      changed.set(entry.subject, {
        ...row,
        last: entry.sequence,
        entries: row.entries + 1,
        bytes: row.bytes + bytes,
      });
      last = entry.sequence;
      appended += bytes;
    }
    await this.#commit(writes, changed, last);
    this.#appendedBytes += appended;
  }

  /** Takes over the last sequences of a chunk that is about to be deleted. Durable when it resolves. */
  async inherit(from: LogChunk): Promise<void> {
    const changed = new Map<string, SubjectRow>();
    for (const [subject, { last }] of from.subjects) {
      const row = this.#row(subject);
      if (row.last < last) changed.set(subject, { ...row, last });
    }
    const last = this.#last > from.last ? this.#last : from.last;
    await this.#commit([], changed, last);
  }

  /** Entries in ascending order, and the sequence up to which everything wanted has been returned. */
  read(read: ChunkRead): { readonly entries: LogEntry[]; readonly through: bigint } {
    this.#store.refresh();
    const entries: LogEntry[] = [];
    let bytes = 0;
    let through = read.after;
    const keys = this.#keysAfter(read);
    for (const key of keys) {
      through = logKeys.sequenceOf(key);
      const entry = this.entry(through, read);
      if (entry === null) continue;
      entries.push(entry);
      bytes += entry.body.length;
      if (bytes >= read.bytesMax) return { entries, through };
    }
    return { entries, through: keys.length < read.entriesMax ? read.upTo : through };
  }

  /** The entry at `sequence` if it is held and wanted, else null. DATA_LOSS when its checksum does not match. */
  entry(sequence: bigint, want: Pick<ChunkRead, 'isWanted' | 'headersOnly'>): LogEntry | null {
    const block = this.#store.get(logKeys.header(sequence));
    if (block === undefined) return this.#missing(sequence);
    const where = this.#where(sequence);
    const header = decodeHeader(sequence, block, where);
    if (!want.isWanted(header.subject) || this.isPurged(header.subject, sequence)) return null;
    const { subject, timeMs, headers } = header;
    if (want.headersOnly) return { sequence, subject, timeMs, headers, body: new Uint8Array(0) };
    const body = this.#store.get(logKeys.body(sequence)) ?? Buffer.alloc(0);
    checkBody(header, body, where);
    return { sequence, subject, timeMs, headers, body };
  }

  /** True for an entry of this chunk that a purge made invisible. */
  isPurged(subject: string, sequence: bigint): boolean {
    return sequence <= this.#row(subject).purged;
  }

  /** Purges the entries of `subject` up to and including `upTo`; durable when it resolves. */
  async purge(subject: string, upTo: bigint): Promise<void> {
    const row = this.#row(subject);
    const purged = upTo < row.last ? upTo : row.last;
    if (row.entries === 0 || purged <= row.purged) return;
    const gone = await this.#measure(subject, row.purged, purged);
    const left = { last: row.last, entries: row.entries - gone.entries, bytes: row.bytes - gone.bytes, purged };
    await this.#commit([], new Map([[subject, left]]), this.#last);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  /** Keys to look at: those of the one wanted subject where there is one, else all headers. */
  #keysAfter({ after, upTo, isWanted, entriesMax }: ChunkRead): Buffer[] {
    const wanted = [...this.#subjects].filter(([subject, row]) => row.entries > 0 && isWanted(subject));
    const [only] = wanted;
    if (only === undefined) return [];
    if (wanted.length === 1) {
      const [subject, { purged }] = only;
      return this.#indexKeys(subject, purged > after ? purged : after, upTo, entriesMax);
    }
    return this.#store.keys({ start: logKeys.header(after + 1n), end: logKeys.header(upTo + 1n), limit: entriesMax });
  }

  /** Index keys of `subject` after one sequence, up to and including another. */
  #indexKeys(subject: string, after: bigint, upTo: bigint, limit: number): Buffer[] {
    return this.#store.keys({
      start: logKeys.index(subject, after + 1n),
      end: logKeys.index(subject, upTo + 1n),
      limit,
    });
  }

  /** Number and bytes of the entries of `subject` in a range; the event loop gets its turn in between. */
  async #measure(subject: string, after: bigint, upTo: bigint): Promise<{ entries: number; bytes: number }> {
    const sum = { entries: 0, bytes: 0 };
    let position = after;
    while (position < upTo) {
      this.#store.refresh();
      const keys = this.#indexKeys(subject, position, upTo, countedMax);
      for (const key of keys) {
        position = logKeys.sequenceOf(key);
        const block = this.#store.get(logKeys.header(position));
        sum.entries += 1;
        sum.bytes += block === undefined ? 0 : block.length + bodyBytesOf(block);
      }
      if (keys.length < countedMax) return sum;
      await setImmediate();
    }
    return sum;
  }

  /** Sequences within the chunk were all given, and its file still holds the purged ones. */
  #missing(sequence: bigint): null {
    if (sequence < this.first || sequence > this.#last) return null;
    throw new ShoalError('DATA_LOSS', `${this.#where(sequence)} is missing, though it was written`);
  }

  #where(sequence: bigint): string {
    return `sequence ${sequence} of stream ${this.#stream} in ${this.path}`;
  }

  #row(subject: string): SubjectRow {
    return this.#subjects.get(subject) ?? emptyRow;
  }

  /** Writes records, changed subject rows and the last sequence together; memory follows the disk, never leads it. */
  async #commit(writes: StoreWrite[], changed: ReadonlyMap<string, SubjectRow>, last: bigint): Promise<void> {
    for (const [subject, row] of changed) writes.push({ key: logKeys.subject(subject), value: encodeRow(row) });
    const meta = Buffer.alloc(8);
    meta.writeBigUInt64LE(last);
    writes.push({ key: logKeys.meta, value: meta });
    await this.#store.commit(writes);
    for (const [subject, row] of changed) this.#subjects.set(subject, row);
    this.#last = last;
  }

  #readSubjects(): Map<string, SubjectRow> {
    const keys = this.#store.keys({ start: logKeys.subjectsStart, end: logKeys.subjectsEnd });
    return new Map(keys.map((key) => [key.toString('utf8', 1), decodeRow(this.#store.get(key))]));
  }
}

/** last u64 @0 · entries u64 @8 · bytes u64 @16 · purged u64 @24, little-endian. */
function encodeRow(row: SubjectRow): Buffer {
  const bytes = Buffer.alloc(32);
  bytes.writeBigUInt64LE(row.last, 0);
  bytes.writeBigUInt64LE(BigInt(row.entries), 8);
  bytes.writeBigUInt64LE(BigInt(row.bytes), 16);
  bytes.writeBigUInt64LE(row.purged, 24);
  return bytes;
}

function decodeRow(bytes: Buffer | undefined): SubjectRow {
  if (bytes === undefined) return emptyRow;
  return {
    last: bytes.readBigUInt64LE(0),
    entries: Number(bytes.readBigUInt64LE(8)),
    bytes: Number(bytes.readBigUInt64LE(16)),
    purged: bytes.readBigUInt64LE(24),
  };
}
