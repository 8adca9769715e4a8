/**
 * The tail of a log as a member of an archive: records one after another, each behind its length (uint32 little-endian).
 *
 * A backup is the collection of one instant, `cut`, with everything that follows from what was written until then. Records above it
 * stay out, except what they carry of documents at or below it: ends of older versions, accepted conditional writes, passages.
 */
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { ArchivedRecord } from '../../proto/generated/shoal/v1/backup.js';
import type { LogEntry } from '../change-log.js';
import { sequenceOf } from '../log/doc-id.js';
import { changeOf, type LogChange } from '../log/records.js';

/** Bytes of one record with its headers, at most. */
const recordBytesMax = limits.messageBytesMax + 2 * limits.recordHeaderBytesMax;

/** `entry` as an archive holds it. */
export function encodeArchivedRecord(entry: LogEntry): Uint8Array {
  const { sequence, subject, timeMs, headers, body } = entry;
  const fields = {
    sequence,
    subject,
    timeMs: BigInt(Math.round(timeMs)),
    headers: { ...headers },
    body: Buffer.from(body),
  };
  const bytes = ArchivedRecord.encode(fields).finish();
  const framed = Buffer.alloc(4 + bytes.length);
  framed.writeUInt32LE(bytes.length);
  framed.set(bytes, 4);
  return framed;
}

/** The record as the log had it. */
export function entryOf(record: ArchivedRecord): LogEntry {
  const { sequence, subject, timeMs, headers, body } = record;
  return { sequence, subject, timeMs: Number(timeMs), headers, body };
}

/** Cuts bytes as they come into the records of a log member. */
export class ArchivedRecordReader {
  #pending: Buffer = Buffer.alloc(0);

  /** The records that are whole with these `bytes`. DATA_LOSS when they are none. */
  add(bytes: Uint8Array): ArchivedRecord[] {
    const records: ArchivedRecord[] = [];
    let rest = this.#pending.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#pending, bytes]);
    while (rest.length >= 4) {
      const length = rest.readUInt32LE(0);
      if (length > recordBytesMax) throw broken(`one has ${length} bytes, more than ${recordBytesMax}`);
      if (rest.length < 4 + length) break;
      records.push(decoded(rest.subarray(4, 4 + length)));
      rest = rest.subarray(4 + length);
    }
    this.#pending = rest;
    return records;
  }

  /** DATA_LOSS when the last record was cut off. */
  finish(): void {
    if (this.#pending.length > 0) throw broken('the last one is cut off');
  }
}

/**
 * What `entry` changes in the collection as of `cut`; null when that is nothing. Documents are numbered as in the record, so `as` and
 * own positions stay what they were.
 */
export function changeUpTo(entry: LogEntry, cut: bigint): LogChange | null {
  const change = changeOf(entry);
  if (change.operation === 'superseded') {
    const entries = change.entries.filter(({ docId }) => sequenceOf(docId) <= cut);
    return entries.length === 0 ? null : { operation: 'superseded', entries };
  }
  const kept = [...change.docIds.keys()].filter((at) => sequenceOf(change.docIds[at]!) <= cut);
  if (kept.length === change.docIds.length) return change;
  if (kept.length === 0) return null;
  return {
    operation: 'upsert',
    documents: kept.map((at) => change.documents[at]!),
    docIds: BigUint64Array.from(kept, (at) => change.docIds[at]!),
    contentHashes: BigUint64Array.from(kept, (at) => change.contentHashes[at]!),
    structure: change.structure,
    places: new Map(
      kept.flatMap((at, position) => {
        const subjects = change.places.get(at);
        return subjects === undefined ? [] : [[position, subjects] as const];
      }),
    ),
  };
}

function decoded(bytes: Buffer): ArchivedRecord {
  try {
    return ArchivedRecord.decode(bytes);
  } catch (error) {
    throw broken('one is no record', error);
  }
}

function broken(why: string, cause?: unknown): ShoalError {
  return new ShoalError('DATA_LOSS', `the log records of the backup are damaged: ${why}; use another backup`, {
    cause,
  });
}
