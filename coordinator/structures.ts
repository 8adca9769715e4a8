/**
 * The structures of collections as this coordinator has read them: immutable objects, so each is read once. Of each collection the newest
 * one stays; requests that go by an older one keep it as long as they need it.
 */
import { ShoalError } from '../base/errors.js';
import { structureObject, structuresOf } from '../cluster/keys.js';
import type { ObjectStore } from '../cluster/object-store.js';
import type { CollectionSettings } from '../proto/generated/shoal/v1/collections.js';
import { readStructureFile } from '../vector-index/codebook/structure-file.js';
import { type Structure } from '../vector-index/codebook/structure.js';

export class Structures {
  readonly #objects: ObjectStore;
  /** By object name; a promise, so that concurrent callers share one read. */
  readonly #read = new Map<string, Promise<Structure>>();

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** The collection's structure; null while it has one list. FAILED_PRECONDITION when its object is not there, DATA_LOSS when damaged. */
  async of(settings: Pick<CollectionSettings, 'uid' | 'structureVersion'>): Promise<Structure | null> {
    if (settings.structureVersion === 0) return null;
    const name = structureObject(settings.uid, settings.structureVersion);
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const reading = this.#load(name);
    this.#read.set(name, reading);
    reading.then(
      () => this.#forgetBefore(settings),
      // A failure is the caller's to hear; the next one reads again.
      () => this.#read.delete(name),
    );
    return reading;
  }

  /** Forgets a collection that was dropped. */
  forget(uid: string): void {
    for (const name of this.#read.keys()) {
      if (name.startsWith(structuresOf(uid))) this.#read.delete(name);
    }
  }

  #forgetBefore({ uid, structureVersion }: Pick<CollectionSettings, 'uid' | 'structureVersion'>): void {
    const family = structuresOf(uid);
    for (const name of this.#read.keys()) {
      if (name.startsWith(family) && Number(name.slice(family.length)) < structureVersion) this.#read.delete(name);
    }
  }

  async #load(name: string): Promise<Structure> {
    const bytes = await this.#objects.get(name);
    if (bytes !== null) return readStructureFile(bytes);
    throw new ShoalError('FAILED_PRECONDITION', `the structure '${name}' is not in the object store; restore it`);
  }
}
