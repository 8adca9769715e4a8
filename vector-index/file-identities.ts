/**
 * What tells a file from another one of its kind that is whole as well: its length and its end. Every format of files that a manifest names closes
 * with checksums over all of it, so that no two of them end alike.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ShoalError } from '../base/errors.js';
import type { Files } from './files.js';

/** By name of the file. Names are never used twice, so what is said of one that has gone does no harm. */
export type FileIdentities = Readonly<Record<string, string>>;

/** Bytes at the end that are looked at: a footer. */
const endBytes = 64;

/** Identities of `names` in `directory`: those that are `known`, and of the others what the files, which are on disk, are now. */
export function identitiesOf(
  files: Files,
  directory: string,
  names: readonly string[],
  known: FileIdentities,
): FileIdentities {
  return Object.fromEntries(names.map((name) => [name, known[name] ?? identityOf(files, join(directory, name))]));
}

/** DATA_LOSS where the file `name` is not the one that `identities` know; nothing where they do not know it, as those of older manifests. */
export function checkIdentity(files: Files, directory: string, name: string, identities: FileIdentities): void {
  const path = join(directory, name);
  if (identities[name] === undefined || identityOf(files, path) === identities[name]) return;
  const what = `${path} is not the file that the manifest names: another one lies in its place, or its end is damaged`;
  throw new ShoalError('DATA_LOSS', `${what}; put it back from a copy, or restore this replica from a peer`);
}

function identityOf(files: Files, path: string): string {
  const map = files.map(path);
  try {
    const end = map.bytes.subarray(Math.max(0, map.bytes.length - endBytes));
    // Not a CRC: over bytes that close with their own CRC it is the same whatever they are.
    return `${map.bytes.length} ${createHash('sha256').update(end).digest('hex').slice(0, 16)}`;
  } finally {
    map.close();
  }
}
