/**
 * A chunk of a stream: one lmdb file with consecutive sequences, some purged.
 *
 * A stream deletes whole chunks, since lmdb never makes a file smaller. Each chunk therefore knows, for every subject,
 * the last sequence ever appended, also from chunks that were deleted before it.
 */
import type { LogEntry } from '../change-log.js';
import { checkBody, decodeHeader, encodeHeader, logKeys } from './log-record.js';
import { LmdbStore, type StoreWrite } from './lmdb-store.js';

/** What a chunk knows of a subject. */
export interface SubjectRow {
  /** Largest sequence ever appended, in this chunk or one that was deleted. */
  readonly last: bigint;
  /** Entries still held in this chunk, and the bytes of their headers and bodies. */
  readonly entries: number;
  readonly bytes: number;
}

const emptyRow: SubjectRow = { last: 0n, entries: 0, bytes: 0 };

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

  private constructor(stream: string, path: string, first: bigint, mapBytes: number) {
    this.#stream = stream;
    this.path = path;
    this.first = first;
    this.#store = new LmdbStore(path, mapBytes);
    const meta = this.#store.get(logKeys.meta);
    this.#last = meta === undefined ? first - 1n : meta.readBigUInt64LE(0);
    this.#subjects = this.#readSubjects();
    for (const row of this.#subjects.values()) this.#appendedBytes += row.bytes;
  }

  /** Opens the chunk at `path`, which may be empty. */
  static open(stream: string, path: string, first: bigint, mapBytes: number): LogChunk {
    return new LogChunk(stream, path, first, mapBytes);
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
    const [key] = this.#store.keys({ start: logKeys.header(0n), end: logKeys.body(0n), limit: 1 });
    return key === undefined ? null : logKeys.sequenceOf(key);
  }

  /** Appends `entries`, whose sequences follow `last`, in one transaction. Resolves when they are on disk. */
  async append(entries: readonly LogEntry[]): Promise<void> {
    const writes: StoreWrite[] = [];
    const changed = new Map<string, SubjectRow>();
    let appended = 0;
    let last = this.#last;
    for (const entry of entries) {
      const header = encodeHeader(entry.subject, entry, entry.timeMs);
      const bytes = header.length + entry.body.length;
      writes.push({ key: logKeys.header(entry.sequence), value: header });
      if (entry.body.length > 0) writes.push({ key: logKeys.body(entry.sequence), value: entry.body });
      writes.push({ key: logKeys.index(entry.subject, entry.sequence), value: Buffer.alloc(1) });
      const row = changed.get(entry.subject) ?? this.#subjects.get(entry.subject) ?? emptyRow;
      changed.set(entry.subject, { last: entry.sequence, entries: row.entries + 1, bytes: row.bytes + bytes });
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
      const row = this.#subjects.get(subject) ?? emptyRow;
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
    if (block === undefined) return null;
    const where = `sequence ${sequence} of stream ${this.#stream}`;
    const header = decodeHeader(block, where);
    if (!want.isWanted(header.subject)) return null;
    const { subject, timeMs, headers } = header;
    if (want.headersOnly) return { sequence, subject, timeMs, headers, body: new Uint8Array(0) };
    const body = this.#store.get(logKeys.body(sequence)) ?? Buffer.alloc(0);
    checkBody(header, body, where);
    return { sequence, subject, timeMs, headers, body };
  }

  /** Deletes at most `entriesMax` entries of `subject` up to `upTo`; true when more may be left. */
  async remove(subject: string, upTo: bigint, entriesMax: number): Promise<boolean> {
    this.#store.refresh();
    const range = { start: logKeys.index(subject, 0n), end: logKeys.index(subject, upTo + 1n), limit: entriesMax };
    const keys = this.#store.keys(range);
    const row = this.#subjects.get(subject);
    if (keys.length === 0 || row === undefined) return false;
    const writes: StoreWrite[] = [];
    let bytes = 0;
    for (const key of keys) {
      const sequence = logKeys.sequenceOf(key);
      const header = this.#store.get(logKeys.header(sequence));
      bytes += (header?.length ?? 0) + (header?.readUInt32LE(8) ?? 0);
      writes.push({ key, value: null }, { key: logKeys.header(sequence), value: null });
      writes.push({ key: logKeys.body(sequence), value: null });
    }
    const left = { last: row.last, entries: row.entries - keys.length, bytes: row.bytes - bytes };
    await this.#commit(writes, new Map([[subject, left]]), this.#last);
    return keys.length === entriesMax;
  }

  async close(): Promise<void> {
    await this.#store.close();
  }

  /** Keys to look at: those of the one wanted subject where there is one, else all headers. */
  #keysAfter({ after, upTo, isWanted, entriesMax }: ChunkRead): Buffer[] {
    const wanted = [...this.#subjects].filter(([subject, row]) => row.entries > 0 && isWanted(subject));
    const [only] = wanted;
    if (only === undefined) return [];
    const [from, to, limit] = [after + 1n, upTo + 1n, entriesMax];
    if (wanted.length > 1) return this.#store.keys({ start: logKeys.header(from), end: logKeys.header(to), limit });
    return this.#store.keys({ start: logKeys.index(only[0], from), end: logKeys.index(only[0], to), limit });
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

/** last u64 @0 · entries u64 @8 · bytes u64 @16, little-endian. */
function encodeRow(row: SubjectRow): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeBigUInt64LE(row.last, 0);
  bytes.writeBigUInt64LE(BigInt(row.entries), 8);
  bytes.writeBigUInt64LE(BigInt(row.bytes), 16);
  return bytes;
}

function decodeRow(bytes: Buffer | undefined): SubjectRow {
  if (bytes === undefined) return emptyRow;
  return {
    last: bytes.readBigUInt64LE(0),
    entries: Number(bytes.readBigUInt64LE(8)),
    bytes: Number(bytes.readBigUInt64LE(16)),
  };
}
