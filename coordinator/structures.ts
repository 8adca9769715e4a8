/**
 * The structures of collections as this coordinator has read them: immutable objects, so each is read once. Of each collection the newest
 * one stays; requests that go by an older one keep it as long as they need it. So it is with routes that were learned for a structure later on; a
 * search needs none to be right, and goes on by the structure's own where these cannot be read.
 */
import { ShoalError } from '../base/errors.js';
import { parametersObject, parametersOf, structureObject, structuresOf } from '../cluster/keys.js';
import { objectRemedy } from '../cluster/object-remedies.js';
import { OptionalObjects, type OptionalObjectsParts } from '../cluster/optional-objects.js';
import type { CollectionSettings } from '../proto/generated/shoal/v1/collections.js';
import { readLearnedParametersFile, type LearnedParameters } from '../vector-index/codebook/learned-parameters.js';
import { readStructureFile } from '../vector-index/codebook/structure-file.js';
import { type Structure } from '../vector-index/codebook/structure.js';

type RoutedSettings = Pick<CollectionSettings, 'uid' | 'structureVersion' | 'parametersVersion'>;

type LearnedRoutes = Pick<LearnedParameters, 'routes' | 'structureVersion'>;

export class Structures {
  readonly #objects: OptionalObjectsParts['objects'];
  /** By object name; a promise, so that concurrent callers share one read. */
  readonly #read = new Map<string, Promise<Structure>>();
  readonly #learned: OptionalObjects<LearnedRoutes>;
  /** What routes were laid over: one object for all who search by them, as what is made of a structure is kept by it. */
  readonly #routed = new WeakMap<LearnedRoutes, Structure>();

  constructor(parts: OptionalObjectsParts) {
    this.#objects = parts.objects;
    this.#learned = new OptionalObjects(parts, {
      read: routesIn,
      goesOn: 'searches go on without learned routes, by those of the structure',
      isRead: 'learned routes are read',
    });
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
  async routed({ uid, structureVersion, parametersVersion }: RoutedSettings): Promise<Structure | null> {
    const name = parametersObject(uid, parametersVersion);
    const structure = await this.of({ uid, structureVersion });
    const learned = await this.#learned.get(parametersOf(uid), name, { uid, version: parametersVersion });
    const routing = learned?.structureVersion === structureVersion ? learned.routes : undefined;
    if (structure === null || learned === null || routing === undefined) return null;
    let routed = this.#routed.get(learned);
    if (routed === undefined) this.#routed.set(learned, (routed = { ...structure, routing }));
    return routed;
  }

  /** Forgets a collection that was dropped. */
  forget(uid: string): void {
    for (const name of this.#read.keys()) if (name.startsWith(structuresOf(uid))) this.#read.delete(name);
    this.#learned.forget(parametersOf(uid));
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
    throw new ShoalError(
      'FAILED_PRECONDITION',
      `the structure '${name}' is not in the object store; ${objectRemedy(name)}`,
    );
  }
}

/** Of learned parameters, what searches are routed by: the scan's are the shards' own to keep. */
function routesIn(bytes: Uint8Array): LearnedRoutes {
  const { routes, structureVersion } = readLearnedParametersFile(bytes);
  return { structureVersion, ...(routes === undefined ? {} : { routes }) };
}
