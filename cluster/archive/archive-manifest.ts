/**
 * The manifest of a backup: which members an archive consists of, what they are, and the checksum of each.
 *
 * An archive is a folder of flat files; this one is written last, so that an archive with a manifest is whole. Format: one JSON
 * object, a line feed, the SHA-256 of that object's bytes in hex, a line feed. Pure: it reads and writes bytes, and trusts none.
 */
import { createHash } from 'node:crypto';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { ArchiveManifest } from './archive.js';
import { checkManifest } from './check-manifest.js';

/** Name of the manifest in an archive's folder. */
export const manifestName = 'backup-manifest';
export const archiveFormat = 1;

/** Bytes of `manifest` as they are stored. */
export function encodeManifest(manifest: ArchiveManifest): Uint8Array {
  const json = {
    ...manifest,
    sequence: String(manifest.sequence),
    cut: String(manifest.cut),
    settings: Buffer.from(manifest.settings).toString('base64'),
    shards: manifest.shards.map(({ generation, lists, marks, ...rest }) => ({
      ...rest,
      generation: String(generation),
      lists: Array.from(lists),
      marks: Object.fromEntries(Object.entries(marks).map(([subject, mark]) => [subject, String(mark)])),
    })),
  };
  const body = Buffer.from(`${JSON.stringify(json, null, 1)}\n`, 'utf8');
  return Buffer.concat([body, Buffer.from(`${digestOf(body)}\n`)]);
}

/**
 * The manifest in `bytes`, checked in every part. DATA_LOSS when its checksum does not match, FAILED_PRECONDITION when a newer Shoal
 * wrote it, INVALID_ARGUMENT when it says what no archive can be.
 */
export function parseManifest(bytes: Uint8Array): ArchiveManifest {
  if (bytes.length > limits.messageBytesMax) {
    const what = `the manifest of the backup has ${bytes.length} bytes, more than ${limits.messageBytesMax}`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}; it is no manifest`);
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = buffer.subarray(0, Math.max(0, buffer.length - digestLength - 1));
  if (buffer.subarray(body.length).toString('latin1') !== `${digestOf(body)}\n`) {
    const what = `the checksum of ${manifestName} does not match: the file is damaged or cut off`;
    throw new ShoalError('DATA_LOSS', `${what}; use another backup`);
  }
  return checkManifest(parsed(body), archiveFormat);
}

const digestLength = 64;

/** SHA-256 in hex. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ShoalError('INVALID_ARGUMENT', `${manifestName} is no JSON; it is no manifest of a backup`, {
      cause: error,
    });
  }
}
