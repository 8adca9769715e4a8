/**
 * The learned parameters that requests name, as this node has read them from the object store. A search needs none to be right: it finds
 * nearly as much by the codes' own numbers, and goes on by these where an object cannot be read.
 */
import { parametersObject, parametersOf } from '../../cluster/keys.js';
import { OptionalObjects, type OptionalObjectsParts } from '../../cluster/optional-objects.js';
import { readLearnedParametersFile, type LearnedParameters } from '../../vector-index/codebook/learned-parameters.js';

export class LearnedCodebooks {
  readonly #objects: OptionalObjects<LearnedParameters>;

  constructor(parts: OptionalObjectsParts) {
    this.#objects = new OptionalObjects(parts, {
      read: readLearnedParametersFile,
      goesOn: 'searches go on without learned parameters, by the codes’ own numbers',
      isRead: 'learned parameters are read',
    });
  }

  /** Version `version` of collection `uid`; null for 0, and where it cannot be read. Never rejects. */
  of(uid: string, version: number): Promise<LearnedParameters | null> {
    if (version === 0) return Promise.resolve(null);
    return this.#objects.get(parametersOf(uid), parametersObject(uid, version), { uid, version });
  }

  /** Why version `version` of collection `uid` cannot be read, now that it was asked for; empty where it can. Never rejects. */
  async problemOf(uid: string, version: number): Promise<string> {
    await this.of(uid, version);
    return this.#objects.problemOf(parametersOf(uid), parametersObject(uid, version));
  }

  /** Forgets a collection that was dropped. */
  forget(uid: string): void {
    this.#objects.forget(parametersOf(uid));
  }
}
