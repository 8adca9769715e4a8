/** Values that say whether they are whole: the content, then the crc32 of key and content, u32 little-endian. */
import { crc32 } from 'node:zlib';
import { ShoalError } from '../../base/errors.js';
import { restoreRemedy } from '../object-remedies.js';

const sealBytes = 4;

/** `value` with its seal, as a new buffer. */
export function sealValue(key: Uint8Array, value: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(value.length + sealBytes);
  sealed.set(value);
  sealed.writeUInt32LE(crc32(value, crc32(key)), value.length);
  return sealed;
}

/** The content of a sealed value, a view; DATA_LOSS naming `where` unless it is the one that was sealed under `key`. */
export function openSealed(key: Uint8Array, sealed: Buffer, where: string): Buffer {
  const content = sealed.subarray(0, Math.max(0, sealed.length - sealBytes));
  const isWhole = sealed.length >= sealBytes && sealed.readUInt32LE(content.length) === crc32(content, crc32(key));
  if (isWhole) return content;
  const name = Buffer.from(key).toString('latin1');
  throw new ShoalError(
    'DATA_LOSS',
    `${where} is damaged: the checksum of entry ${JSON.stringify(name)} does not match; ${restoreRemedy}`,
  );
}
