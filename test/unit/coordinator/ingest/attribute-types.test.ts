/** The first document that shows an attribute fixes its type for the whole collection, whichever coordinator saw it. */
import assert from 'node:assert/strict';
import { keys } from '../../../../cluster/keys.js';
import type { Registry, RegistryEntry } from '../../../../cluster/registry.js';
import { AttributeTypeRegistry } from '../../../../coordinator/ingest/attribute-types.js';
import { acceptDocument, type AcceptedDocument } from '../../../../coordinator/ingest/validate.js';
import { CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { AttributeType, Document, type AttributeValue } from '../../../../proto/generated/shoal/v1/document.js';
import { registryOf, settings } from '../fixtures.js';

const int64 = { int64Value: 1n };
const string = { stringValue: 'x' };

function document(attributes: Record<string, AttributeValue>): AcceptedDocument {
  return acceptDocument(Document.fromPartial({ id: 'd', text: 'x', attributes }), settings());
}

interface Rig {
  readonly registry: Registry;
  /** Attribute types in the registry. */
  stored(): Record<string, AttributeType>;
  readonly entries: Map<string, RegistryEntry>;
}

function rig(): Rig {
  const key = keys.setting('u1');
  const entry = { key, value: CollectionSettings.encode(settings()).finish(), revision: 1n };
  const entries = new Map<string, RegistryEntry>([[key, entry]]);
  const stored = (): Record<string, AttributeType> => CollectionSettings.decode(entries.get(key)!.value).attributes;
  return { registry: registryOf(entries), stored, entries };
}

describe('attribute types', () => {
  it('are fixed by first sight and kept in the registry', async () => {
    const { registry, stored } = rig();
    const refusals = await new AttributeTypeRegistry(registry).fix(settings(), [
      document({ year: int64 }),
      document({}),
    ]);
    assert.deepEqual(refusals, [null, null]);
    assert.deepEqual(stored(), { year: AttributeType.ATTRIBUTE_TYPE_INT64 });
  });

  it('refuse a later document of another type, in the same request or after it', async () => {
    const { registry } = rig();
    const types = new AttributeTypeRegistry(registry);
    const [first, second] = await types.fix(settings(), [document({ year: int64 }), document({ year: string })]);
    assert.equal(first, null);
    assert.equal(second?.code, 'INVALID_ARGUMENT');
    const [third] = await types.fix(settings(), [document({ year: string })]);
    assert.match(third?.message ?? '', /'year' is string, but the collection has it as int64/);
  });

  it('of a refused document fix nothing', async () => {
    const { registry, stored } = rig();
    await new AttributeTypeRegistry(registry).fix(settings(), [
      document({ year: int64 }),
      document({ year: string, other: string }),
    ]);
    assert.deepEqual(stored(), { year: AttributeType.ATTRIBUTE_TYPE_INT64 });
  });

  it('yield to another coordinator that was first', async () => {
    const { registry, stored } = rig();
    await new AttributeTypeRegistry(registry).fix(settings(), [document({ year: string, other: string })]);
    const [refusal, fits] = await new AttributeTypeRegistry(registry).fix(settings(), [
      document({ year: int64 }),
      document({ fresh: int64 }),
    ]);
    assert.match(refusal?.message ?? '', /'year' is int64, but the collection has it as string/);
    assert.equal(fits, null);
    assert.deepEqual(stored(), {
      year: AttributeType.ATTRIBUTE_TYPE_STRING,
      other: AttributeType.ATTRIBUTE_TYPE_STRING,
      fresh: AttributeType.ATTRIBUTE_TYPE_INT64,
    });
  });

  it('that are known need no registry', async () => {
    const declared = settings({ attributes: { year: AttributeType.ATTRIBUTE_TYPE_INT64 } });
    const types = new AttributeTypeRegistry({} as Registry);
    assert.deepEqual(await types.fix(declared, [document({ year: int64 })]), [null]);
    assert.deepEqual(await types.fix(declared, []), []);
  });

  it('say NOT_FOUND when the collection was dropped meanwhile', async () => {
    const { registry, entries } = rig();
    entries.clear();
    const fixing = new AttributeTypeRegistry(registry).fix(settings(), [document({ year: int64 })]);
    await assert.rejects(fixing, { code: 'NOT_FOUND', message: 'the collection was dropped meanwhile' });
  });

  it('give up when they keep changing', async () => {
    const { registry } = rig();
    const busy: Partial<Registry> = { get: (key) => registry.get(key), transact: async () => null };
    const fixing = new AttributeTypeRegistry(busy as Registry).fix(settings(), [document({ year: int64 })]);
    await assert.rejects(fixing, { code: 'ABORTED', message: /kept changing; send the documents again/ });
  });
});
