/**
 * The object store of one process: a file for each object, whole or absent.
 *
 * File, little-endian: magic `SHOB` @0 · format u32 @4 · crc32 of the content u32 @8 · 0 u32 @12 · content bytes u64 @16 · content @24.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ShoalError } from '../../base/errors.js';
import { objectRemedy } from '../object-remedies.js';
import type { ObjectStore } from '../object-store.js';
import { checkFormat, diskError, ensureDirectory, syncDirectory, writeDurably } from './disk-format.js';

export const objectsFormat = 1;
const magic = Buffer.from('SHOB');
const headerBytes = 24;

/** Opens the store in `directory`, creating it. FAILED_PRECONDITION for a newer format. */
export async function openEmbeddedObjectStore(options: { readonly directory: string }): Promise<ObjectStore> {
  await checkFormat(options.directory, 'object store', objectsFormat);
  const temporary = join(options.directory, 'unfinished');
  await rm(temporary, { recursive: true, force: true });
  await ensureDirectory(temporary);
  const root = join(options.directory, 'objects');
  await ensureDirectory(root);
  return new EmbeddedObjectStore(root, temporary);
}

class EmbeddedObjectStore implements ObjectStore {
  readonly #root: string;
  readonly #temporary: string;
  #written = 0;

  constructor(root: string, temporary: string) {
    this.#root = root;
    this.#temporary = temporary;
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.#path(name);
    const header = Buffer.alloc(headerBytes);
    header.set(magic, 0);
    header.writeUInt32LE(objectsFormat, 4);
    header.writeUInt32LE(crc32(bytes), 8);
    header.writeBigUInt64LE(BigInt(bytes.length), 16);
    this.#written += 1;
    const temporary = join(this.#temporary, String(this.#written));
    try {
      await this.#ensureFolders(dirname(path));
      await writeDurably(path, temporary, [header, bytes]);
    } catch (thrown) {
      await rm(temporary, { force: true });
      throw await diskError(thrown, `object ${name}`, this.#root);
    }
  }

  async get(name: string): Promise<Uint8Array | null> {
    const path = this.#path(name);
    if (!existsSync(path)) return null;
    return await readObject(path, name);
  }

  async list(prefix: string): Promise<readonly string[]> {
    const entries = await readdir(this.#root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const names = files.map((entry) => join(entry.parentPath, entry.name).slice(this.#root.length + 1));
    return names.filter((name) => name.startsWith(prefix)).sort();
  }

  async delete(name: string): Promise<void> {
    const path = this.#path(name);
    if (!existsSync(path)) return;
    await rm(path, { force: true });
    await syncDirectory(dirname(path));
  }

  #path(name: string): string {
    const isName = name.split('/').every((part) => /^[a-z0-9_-][a-z0-9._-]{0,199}$/.test(part)) && name.length <= 1_000;
    if (isName) return join(this.#root, ...name.split('/'));
    const message = `object name ${JSON.stringify(name)} is not a path of parts in a-z, 0-9, ., _ and -`;
    throw new ShoalError('INVALID_ARGUMENT', message);
  }

  /** Each new folder is durable in its parent. */
  async #ensureFolders(folder: string): Promise<void> {
    if (existsSync(folder)) return;
    await this.#ensureFolders(dirname(folder));
    await ensureDirectory(folder);
  }
}

/** The content of the object in the file `path`; DATA_LOSS when it is damaged, FAILED_PRECONDITION when it has a newer format. */
export async function readObject(path: string, name: string): Promise<Uint8Array> {
  const file = await readFile(path);
  const content = file.subarray(headerBytes);
  const isOurs = file.length >= headerBytes && file.subarray(0, 4).equals(magic);
  const format = isOurs ? file.readUInt32LE(4) : 0;
  if (format > objectsFormat) throw newerFormat(name, path, format);
  const isWhole =
    isOurs &&
    format === objectsFormat &&
    file.readUInt32LE(12) === 0 &&
    file.readBigUInt64LE(16) === BigInt(content.length) &&
    file.readUInt32LE(8) === crc32(content);
  if (isWhole) return content;
  const what = `the checksum of object ${name} does not match: ${path} is damaged`;
  throw new ShoalError('DATA_LOSS', `${what}; ${objectRemedy(name)}`);
}

function newerFormat(name: string, path: string, found: number): ShoalError {
  const message = `object ${name} in ${path} has format ${found}, but this version of Shoal reads format ${objectsFormat} at most`;
  return new ShoalError('FAILED_PRECONDITION', message);
}
