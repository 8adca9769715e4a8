/**
 * The learned parameters that requests name, as this node has read them from the object store: immutable objects, so each is read once. Of
 * each collection the last two that were asked for stay: while one version takes over from another, requests name both.
 *
 * A search needs none to be right: it finds nearly as much by the codes' own numbers. So where an object cannot be read, that is noted, and
 * the search goes on without it.
 */
import { type Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { Hindrances } from '../../base/hindrances.js';
import type { Logger } from '../../base/logger.js';
import { parametersObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import { readLearnedParametersFile, type LearnedParameters } from '../../vector-index/codebook/learned-parameters.js';

const versionsKept = 2;
/** An object that could not be read is asked for again after so long. */
const retryMs = 5_000;

export interface LearnedCodebooksParts {
  readonly objects: Pick<ObjectStore, 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Known {
  readonly parameters: Promise<LearnedParameters | null>;
  /** When it is read again; never, where it could be. */
  againMs: number;
}

export class LearnedCodebooks {
  readonly #parts: LearnedCodebooksParts;
  readonly #hindrances: Hindrances;
  /** By uid and version, that which was asked for last at the end. */
  readonly #known = new Map<string, Map<number, Known>>();

  constructor(parts: LearnedCodebooksParts) {
    this.#parts = parts;
    this.#hindrances = new Hindrances(parts);
  }

  /** Version `version` of collection `uid`; null for 0, and where it cannot be read. Never rejects. */
  of(uid: string, version: number): Promise<LearnedParameters | null> {
    if (version === 0) return Promise.resolve(null);
    let versions = this.#known.get(uid);
    if (versions === undefined) this.#known.set(uid, (versions = new Map()));
    const found = versions.get(version);
    const known =
      found !== undefined && this.#parts.clock.monotonicMs() < found.againMs ? found : this.#begin(uid, version);
    versions.delete(version);
    versions.set(version, known);
    for (const other of versions.keys()) if (versions.size > versionsKept) versions.delete(other);
    return known.parameters;
  }

  /** Forgets a collection that was dropped. */
  forget(uid: string): void {
    for (const version of this.#known.get(uid)?.keys() ?? []) this.#hindrances.forget(parametersObject(uid, version));
    this.#known.delete(uid);
  }

  #begin(uid: string, version: number): Known {
    const known: Known = { parameters: this.#read(uid, version), againMs: Infinity };
    void known.parameters.then((parameters) => {
      if (parameters === null) known.againMs = this.#parts.clock.monotonicMs() + retryMs;
    });
    return known;
  }

  async #read(uid: string, version: number): Promise<LearnedParameters | null> {
    const name = parametersObject(uid, version);
    const fields = { uid, version };
    try {
      const bytes = await this.#parts.objects.get(name);
      if (bytes === null) throw new ShoalError('UNAVAILABLE', `'${name}' is not in the object store`);
      const parameters = readLearnedParametersFile(bytes);
      this.#hindrances.end(name, { fields, message: 'learned parameters are read' });
      return parameters;
    } catch (thrown) {
      const message = 'searches go on without learned parameters, by the codes’ own numbers';
      this.#hindrances.note(name, ShoalError.from(thrown), { fields, message });
      return null;
    }
  }
}
