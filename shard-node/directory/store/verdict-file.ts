/**
 * Verdicts on disk: one small file a commit that gave any.
 *
 * Little-endian: magic 8 bytes @0 · format version u32 @8 · count u32 @12 · records · CRC-32 of all before u32. A record: sequence u64 ·
 * time float64 ms · bytes of the writeId u16 · positions u16 · sequence of the first record with the writeId u64 · its time float64 ms ·
 * writeId · verdicts u8[positions] · docIds u64[positions]. Version 1 is without the first record.
 */
import { crc32 } from 'node:zlib';
import { bytesOf, uint64From } from '../../../base/bytes.js';
import { ShoalError } from '../../../base/errors.js';
import type { Verdict } from '../../../proto/generated/shoal/v1/directory.js';
import type { VerdictRecord } from './directory-entry.js';
import { damaged } from './run-format.js';

const magic = Buffer.from('ShoalVdt', 'latin1');
const version = 2;
/** Bytes of a record before its writeId. */
const recordBytes = 36;
const recordBytesV1 = 20;

export function encodeVerdicts(records: readonly VerdictRecord[]): Buffer {
  const head = Buffer.alloc(16);
  magic.copy(head);
  head.writeUInt32LE(version, 8);
  head.writeUInt32LE(records.length, 12);
  const body = Buffer.concat([head, ...records.flatMap(partsOf)]);
  const end = Buffer.alloc(4);
  end.writeUInt32LE(crc32(body));
  return Buffer.concat([body, end]);
}

/** DATA_LOSS when `bytes`, read from `path`, are damaged; FAILED_PRECONDITION when a newer Shoal wrote them. */
export function decodeVerdicts(bytes: Buffer, path: string): VerdictRecord[] {
  const body = bytes.subarray(0, Math.max(0, bytes.length - 4));
  const isWhole = body.length >= 16 && bytes.readUInt32LE(body.length) === crc32(body);
  if (!isWhole || !magic.equals(body.subarray(0, 8))) throw damaged(path, 'the file');
  const written = body.readUInt32LE(8);
  if (written > version) {
    const message = `${path} has format version ${written}, this program reads up to ${version}; use the newer Shoal that wrote it`;
    throw new ShoalError('FAILED_PRECONDITION', message);
  }
  const hasFirst = written > 1;
  const headBytes = hasFirst ? recordBytes : recordBytesV1;
  const records: VerdictRecord[] = [];
  for (let at = 16, left = body.readUInt32LE(12); left > 0; left -= 1) {
    const [nameBytes, positions] = [body.readUInt16LE(at + 16), body.readUInt16LE(at + 18)];
    const verdictsAt = at + headBytes + nameBytes;
    const docIdsAt = verdictsAt + positions;
    const end = docIdsAt + positions * 8;
    const [sequence, timeMs] = [body.readBigUInt64LE(at), body.readDoubleLE(at + 8)];
    records.push({
      sequence,
      timeMs,
      writeId: body.toString('utf8', at + headBytes, verdictsAt),
      firstSequence: hasFirst ? body.readBigUInt64LE(at + 20) : sequence,
      firstMs: hasFirst ? body.readDoubleLE(at + 28) : timeMs,
      verdicts: [...body.subarray(verdictsAt, docIdsAt)] as Verdict[],
      docIds: uint64From(body.subarray(docIdsAt, end), path),
    });
    at = end;
  }
  return records;
}

function partsOf({ sequence, timeMs, writeId, firstSequence, firstMs, verdicts, docIds }: VerdictRecord): Uint8Array[] {
  const name = Buffer.from(writeId, 'utf8');
  const head = Buffer.alloc(recordBytes);
  head.writeBigUInt64LE(sequence, 0);
  head.writeDoubleLE(timeMs, 8);
  head.writeUInt16LE(name.length, 16);
  head.writeUInt16LE(verdicts.length, 18);
  head.writeBigUInt64LE(firstSequence, 20);
  head.writeDoubleLE(firstMs, 28);
  return [head, name, Uint8Array.from(verdicts), bytesOf(docIds)];
}
