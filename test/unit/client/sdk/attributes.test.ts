import assert from 'node:assert/strict';
import {
  attributesFromWire,
  attributesToWire,
  attributeTypes,
  namesOfTypes,
} from '../../../../client/sdk/attributes.js';
import { AttributeValue } from '../../../../proto/generated/shoal/v1/document.js';

describe('attributes on the wire', () => {
  it('come back as they went, type for type', () => {
    const attributes = {
      name: 'cobbler',
      year: 9_007_199_254_740_993n,
      score: 0.5,
      open: false,
      since: new Date('2026-01-31T12:00:00.250Z'),
      tags: ['a', 'b'],
      years: [1n, -2n],
    };
    const bytes = Object.entries(attributesToWire(attributes)).map(
      ([name, value]) => [name, AttributeValue.decode(AttributeValue.encode(value).finish())] as const,
    );
    assert.deepEqual(attributesFromWire(Object.fromEntries(bytes)), attributes);
  });

  it('refuses what has no type there, naming the attribute', () => {
    const cases: [string, never][] = [
      ['year', (2n ** 63n) as never],
      ['since', new Date(Number.NaN) as never],
      ['place', { lat: 1 } as never],
    ];
    for (const [name, value] of cases) {
      assert.throws(() => attributesToWire({ [name]: value }), { code: 'INVALID_ARGUMENT', message: new RegExp(name) });
    }
  });

  it('leaves values out that have no kind this client knows', () => {
    assert.deepEqual(attributesFromWire({ future: {}, known: { boolValue: true } }), { known: true });
  });

  it('name every declared type both ways', () => {
    const declared = { year: 'int64', tags: 'string[]', at: 'timestamp' } as const;
    const wire = Object.fromEntries(Object.entries(declared).map(([name, type]) => [name, attributeTypes[type]]));
    assert.deepEqual(namesOfTypes(wire), declared);
  });
});
