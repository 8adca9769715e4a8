/**
 * The structures of collections as this coordinator has read them: immutable objects, so each is read once. Of each collection the newest
 * one stays; requests that go by an older one keep it as long as they need it. So it is with routes that were learned for a structure later on; a
 * search needs none to be right, and goes on by the structure's own where these cannot be read.
 */
import type { Clock } from '../base/clock.js';
import { ShoalError } from '../base/errors.js';
import { Hindrances } from '../base/hindrances.js';
import type { Logger } from '../base/logger.js';
import { parametersObject, parametersOf, structureObject, structuresOf } from '../cluster/keys.js';
import type { ObjectStore } from '../cluster/object-store.js';
import type { CollectionSettings } from '../proto/generated/shoal/v1/collections.js';
import { readLearnedParametersFile } from '../vector-index/codebook/learned-parameters.js';
import { readStructureFile } from '../vector-index/codebook/structure-file.js';
import { type Structure } from '../vector-index/codebook/structure.js';

/** Learned parameters of a collection whose routes stay in memory: while one version takes over from another, searches go by both. */
const routesKept = 2;
/** An object that could not be read is asked for again after so long. */
const retryMs = 5_000;

type RoutedSettings = Pick<CollectionSettings, 'uid' | 'structureVersion' | 'parametersVersion'>;

export interface StructuresParts {
  readonly objects: Pick<ObjectStore, 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Routed {
  readonly structure: Promise<Structure | null>;
  /** When it is read again; never, where it could be. */
  againMs: number;
}

export class Structures {
  readonly #parts: StructuresParts;
  readonly #hindrances: Hindrances;
  /** By object name; a promise, so that concurrent callers share one read. */
  readonly #read = new Map<string, Promise<Structure>>();
  /** By the name of the learned parameters, that which was asked for last at the end. */
  readonly #routed = new Map<string, Routed>();

  constructor(parts: StructuresParts) {
    this.#parts = parts;
    this.#hindrances = new Hindrances(parts);
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

  /**
   * The collection's structure with the routes of the learned parameters that serve; null where these have none for it, or cannot be read, which
   * is noted. Errors as of `of`.
   */
  async routed(settings: RoutedSettings): Promise<Structure | null> {
    const name = parametersObject(settings.uid, settings.parametersVersion);
    const found = this.#routed.get(name);
    const isKnown = found !== undefined && this.#parts.clock.monotonicMs() < found.againMs;
    const routed = isKnown ? found : this.#beginRoutes(settings, name);
    this.#routed.delete(name);
    this.#routed.set(name, routed);
    return routed.structure;
  }

  /** Forgets a collection that was dropped. */
  forget(uid: string): void {
    for (const name of this.#read.keys()) if (name.startsWith(structuresOf(uid))) this.#read.delete(name);
    for (const name of this.#routed.keys()) if (name.startsWith(parametersOf(uid))) this.#forgetRoutes(name);
  }

  #forgetRoutes(name: string): void {
    this.#routed.delete(name);
    this.#hindrances.forget(name);
  }

  #beginRoutes(settings: RoutedSettings, name: string): Routed {
    const routed: Routed = { structure: this.#loadRoutes(settings, name), againMs: Infinity };
    const again = (): void => void (routed.againMs = this.#parts.clock.monotonicMs() + retryMs);
    // A failure is the caller's to hear; the next one reads again.
    routed.structure.then((structure) => (structure === null ? again() : undefined), again);
    const family = parametersOf(settings.uid);
    const others = [...this.#routed.keys()].filter((other) => other !== name && other.startsWith(family));
    for (const other of others.slice(0, Math.max(0, others.length + 1 - routesKept))) this.#forgetRoutes(other);
    return routed;
  }

  async #loadRoutes(settings: RoutedSettings, name: string): Promise<Structure | null> {
    const structure = await this.of(settings);
    const fields = { uid: settings.uid, version: settings.parametersVersion };
    try {
      const bytes = await this.#parts.objects.get(name);
      if (bytes === null) throw new ShoalError('UNAVAILABLE', `'${name}' is not in the object store`);
      const { routes, structureVersion } = readLearnedParametersFile(bytes);
      this.#hindrances.end(name, { fields, message: 'learned routes are read' });
      const isOfThis = routes !== undefined && structureVersion === settings.structureVersion;
      return structure !== null && isOfThis ? { ...structure, routing: routes } : null;
    } catch (thrown) {
      const message = 'searches go on without learned routes, by those of the structure';
      this.#hindrances.note(name, ShoalError.from(thrown), { fields, message });
      return null;
    }
  }

  #forgetBefore({ uid, structureVersion }: Pick<CollectionSettings, 'uid' | 'structureVersion'>): void {
    const family = structuresOf(uid);
    for (const name of this.#read.keys()) {
      if (name.startsWith(family) && Number(name.slice(family.length)) < structureVersion) this.#read.delete(name);
    }
  }

  async #load(name: string): Promise<Structure> {
    const bytes = await this.#parts.objects.get(name);
    if (bytes !== null) return readStructureFile(bytes);
    throw new ShoalError('FAILED_PRECONDITION', `the structure '${name}' is not in the object store; restore it`);
  }
}
