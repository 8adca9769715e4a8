/**
 * Objects of the store that those who want them can do without: immutable, so each is read once. Of every family, as the versions of one
 * collection, those that were asked for last stay: while one version takes over from another, requests name both. An object that cannot be
 * read is noted, given as null, and asked for again after a while.
 */
import type { Clock } from '../base/clock.js';
import { ShoalError } from '../base/errors.js';
import { Hindrances } from '../base/hindrances.js';
import type { Logger } from '../base/logger.js';
import { objectRemedy } from './object-remedies.js';
import type { ObjectStore } from './object-store.js';

/** Objects of a family that stay. */
const kept = 2;
/** An object that could not be read is asked for again after so long. */
const retryMs = 5_000;

export interface OptionalObjectsParts {
  readonly objects: Pick<ObjectStore, 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface OptionalObjectsKind<T> {
  /** What is kept of an object's bytes. Errors are those of an object that cannot be read. */
  readonly read: (bytes: Uint8Array) => T;
  /** What log lines say: that work goes on without one, and that one is read again. */
  readonly goesOn: string;
  readonly isRead: string;
}

interface Known<T> {
  /** Never rejects. A promise, so that concurrent callers share one read. */
  readonly object: Promise<T | null>;
  /** When it is read again; never, where it could be. */
  againMs: number;
  /** Why it could not be read, the last time. */
  problem: string;
}

export class OptionalObjects<T> {
  readonly #parts: OptionalObjectsParts;
  readonly #kind: OptionalObjectsKind<T>;
  readonly #hindrances: Hindrances;
  /** By family and name, that which was asked for last at the end. */
  readonly #families = new Map<string, Map<string, Known<T>>>();

  constructor(parts: OptionalObjectsParts, kind: OptionalObjectsKind<T>) {
    this.#parts = parts;
    this.#kind = kind;
    this.#hindrances = new Hindrances(parts);
  }

  /** The object `name` of `family`; null where it cannot be read, of which a log line says `fields`. Never rejects. */
  get(family: string, name: string, fields: object): Promise<T | null> {
    let own = this.#families.get(family);
    if (own === undefined) this.#families.set(family, (own = new Map()));
    const found = own.get(name);
    const isGood = found !== undefined && this.#parts.clock.monotonicMs() < found.againMs;
    const known = isGood ? found : this.#begin(name, fields, found?.problem ?? '');
    own.delete(name);
    own.set(name, known);
    const [oldest] = own.keys();
    if (own.size > kept) this.#drop(own, oldest!);
    return known.object;
  }

  /** Why the object `name` of `family` could not be read the last time; empty where it could, or was not asked for. */
  problemOf(family: string, name: string): string {
    return this.#families.get(family)?.get(name)?.problem ?? '';
  }

  /** Forgets a family whose objects are wanted no more. */
  forget(family: string): void {
    const own = this.#families.get(family);
    if (own === undefined) return;
    for (const name of own.keys()) this.#drop(own, name);
    this.#families.delete(family);
  }

  #drop(own: Map<string, Known<T>>, name: string): void {
    own.delete(name);
    this.#hindrances.forget(name);
  }

  #begin(name: string, fields: object, problem: string): Known<T> {
    const reading = this.#read(name, fields);
    const known: Known<T> = { object: reading.then(({ object }) => object), againMs: Infinity, problem };
    void reading.then(({ error }) => {
      known.problem = error?.message ?? '';
      if (error !== null) known.againMs = this.#parts.clock.monotonicMs() + retryMs;
    });
    return known;
  }

  /** Never rejects. */
  async #read(name: string, fields: object): Promise<{ readonly object: T | null; readonly error: ShoalError | null }> {
    const { read, goesOn, isRead } = this.#kind;
    try {
      const bytes = await this.#parts.objects.get(name);
      if (bytes === null)
        throw new ShoalError('UNAVAILABLE', `'${name}' is not in the object store; ${objectRemedy(name)}`);
      const object = read(bytes);
      this.#hindrances.end(name, { fields, message: isRead });
      return { object, error: null };
    } catch (thrown) {
      const error = ShoalError.from(thrown);
      this.#hindrances.note(name, error, { fields, message: goesOn });
      return { object: null, error };
    }
  }
}
