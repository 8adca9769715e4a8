/** The attribute types of collections: declared at creation or fixed by first sight, in the registry, equal for every coordinator. */
import { ShoalError } from '../../base/errors.js';
import { keys } from '../../cluster/keys.js';
import type { Registry } from '../../cluster/registry.js';
import { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { newAttributeTypes, type AcceptedDocument, type AttributeTypes } from './validate.js';

/** Attempts to write the settings before a busy collection is reported. */
const attemptsMax = 16;

export class AttributeTypeRegistry {
  readonly #registry: Registry;
  /** By uid, what this process has seen; types are never changed, so it is never wrong, at most behind. */
  readonly #known = new Map<string, AttributeTypes>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /**
   * Holds `accepted` against the types of the collection and fixes the types of new names. Gives, by position, null or the
   * INVALID_ARGUMENT that refuses the document. Documents are looked at in order, so the first one decides a new type.
   */
  async fix(
    settings: CollectionSettings,
    accepted: readonly AcceptedDocument[],
  ): Promise<readonly (ShoalError | null)[]> {
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const known = { ...settings.attributes, ...this.#known.get(settings.uid) };
      const { types, refusals, isNew } = collect(accepted, known);
      if (!isNew) return refusals;
      const written = await this.#write(settings.uid, types);
      if (written) return refusals;
    }
    throw new ShoalError(
      'ABORTED',
      `the attribute types of collection '${settings.name}' kept changing; send the documents again`,
    );
  }

  /** True when `types` hold now; false when another coordinator was first and its types have to be looked at. */
  async #write(uid: string, types: AttributeTypes): Promise<boolean> {
    const entry = await this.#registry.get(keys.setting(uid));
    if (entry === null) throw new ShoalError('NOT_FOUND', 'the collection was dropped meanwhile');
    const current = CollectionSettings.decode(entry.value);
    const conflicts = Object.entries(current.attributes).some(([name, type]) => types[name] !== type);
    if (conflicts) {
      this.#known.set(uid, { ...this.#known.get(uid), ...current.attributes });
      return false;
    }
    const value = CollectionSettings.encode({ ...current, attributes: { ...types } }).finish();
    const condition = { key: entry.key, revision: entry.revision };
    const revision = await this.#registry.transact([condition], [{ operation: 'put', key: entry.key, value }]);
    if (revision !== null) this.#known.set(uid, types);
    return revision !== null;
  }
}

function collect(
  accepted: readonly AcceptedDocument[],
  known: AttributeTypes,
): { types: AttributeTypes; refusals: (ShoalError | null)[]; isNew: boolean } {
  let types = known;
  const refusals = accepted.map((document) => {
    try {
      const added = newAttributeTypes(document, types);
      if (Object.keys(added).length > 0) types = { ...types, ...added };
      return null;
    } catch (thrown) {
      return ShoalError.from(thrown);
    }
  });
  return { types, refusals, isNew: types !== known };
}
