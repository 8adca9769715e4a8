/** An attribute comes out of the wire as it went in, type and value. */
import assert from 'node:assert/strict';
import {
  attributesFromWire,
  attributesToWire,
  attributeTypeName,
  attributeTypeNames,
  attributeTypeOf,
  attributeTypes,
  isAttributeTypeName,
  knownAttributesFromWire,
  type Attributes,
} from '../../../proto/attributes.js';
import { AttributeType, Document } from '../../../proto/generated/shoal/v1/document.js';

const all: Attributes = {
  string: 'ä',
  empty: '',
  int64: -(2n ** 63n),
  zero: 0n,
  double: 0.1,
  whole: 3,
  false: false,
  at: new Date(1_600_000_000_123),
  strings: ['a', ''],
  ints: [1n, 2n ** 63n - 1n],
  doubles: [1.5, -0.5],
  bools: [false, true],
  times: [new Date(0)],
  none: [],
};

const types: readonly (readonly [string, AttributeType])[] = [
  ['string', AttributeType.ATTRIBUTE_TYPE_STRING],
  ['int64', AttributeType.ATTRIBUTE_TYPE_INT64],
  ['double', AttributeType.ATTRIBUTE_TYPE_DOUBLE],
  ['bool', AttributeType.ATTRIBUTE_TYPE_BOOL],
  ['timestamp', AttributeType.ATTRIBUTE_TYPE_TIMESTAMP],
  ['string[]', AttributeType.ATTRIBUTE_TYPE_STRING_LIST],
  ['int64[]', AttributeType.ATTRIBUTE_TYPE_INT64_LIST],
  ['double[]', AttributeType.ATTRIBUTE_TYPE_DOUBLE_LIST],
  ['bool[]', AttributeType.ATTRIBUTE_TYPE_BOOL_LIST],
  ['timestamp[]', AttributeType.ATTRIBUTE_TYPE_TIMESTAMP_LIST],
];

describe('attributes', () => {
  it('keep value and type on the wire', () => {
    const document = Document.fromPartial({ id: 'd', attributes: attributesToWire(all) });
    const decoded = Document.decode(Document.encode(document).finish());
    assert.deepEqual(attributesFromWire(decoded.attributes), all);
    assert.deepEqual(knownAttributesFromWire(decoded.attributes), all);
  });

  it('that have no type there are refused by name', () => {
    const cases: [string, never][] = [
      ['year', (2n ** 63n) as never],
      ['since', new Date(Number.NaN) as never],
      ['place', { lat: 1 } as never],
      ['places', [{ lat: 1 }] as never],
    ];
    for (const [name, value] of cases) {
      assert.throws(() => attributesToWire({ [name]: value }), { code: 'INVALID_ARGUMENT', message: new RegExp(name) });
    }
  });

  it('named __proto__ are refused, not lost', () => {
    assert.throws(() => attributesToWire(JSON.parse('{"__proto__":"x"}') as Attributes), {
      code: 'INVALID_ARGUMENT',
      message: "attribute name '__proto__' is reserved; rename the attribute",
    });
  });

  it('without a value, or with a list in a list, are refused', () => {
    const refused = {
      code: 'INVALID_ARGUMENT',
      message: "attribute 'a' has no value, or a list within a list; give a scalar or a flat list",
    };
    assert.throws(() => attributesFromWire({ a: {} }), refused);
    assert.throws(() => attributesFromWire({ a: { listValue: { values: [{ listValue: { values: [] } }] } } }), refused);
  });

  it('of an answer are left out where their kind is not known', () => {
    const mixed = { listValue: { values: [{ int64Value: 1n }, {}] } };
    const known = knownAttributesFromWire({ future: {}, known: { boolValue: true }, mixed });
    assert.deepEqual(known, { known: true, mixed: [1n] });
  });
});

describe('the type of an attribute', () => {
  it('is that of its value', () => {
    const names = ['string', 'int64', 'double', 'false', 'at', 'strings', 'ints', 'doubles', 'bools', 'times'];
    assert.deepEqual(
      names.map((name) => attributeTypeOf(name, all[name]!)),
      types.map(([, type]) => type),
    );
  });

  it('of an empty list is open', () => assert.equal(attributeTypeOf('none', []), null));

  it('of a mixed list is an error', () => {
    assert.throws(() => attributeTypeOf('a', [1n, 1]), {
      code: 'INVALID_ARGUMENT',
      message: "attribute 'a' is a list of mixed types; make all its values one type",
    });
  });

  it('has a name that people write', () => {
    assert.deepEqual(Object.entries(attributeTypes), types);
    for (const [name, type] of types) assert.equal(attributeTypeName(type), name);
    assert.equal(attributeTypeName(AttributeType.ATTRIBUTE_TYPE_UNSPECIFIED), 'unknown');
  });

  it('is known by its own spelling only', () => {
    assert.ok(attributeTypeNames.every(isAttributeTypeName));
    for (const name of ['', 'text', '[]', 'int32', 'int64[][]', 'unknown', 'toString', 'INT64'])
      assert.ok(!isAttributeTypeName(name), name);
  });
});
