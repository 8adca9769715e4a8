/** What a document may be; each refusal names the document, the reason and what to do. */
import assert from 'node:assert/strict';
import { acceptDocument, newAttributeTypes, repeatedIds } from '../../../../coordinator/ingest/validate.js';
import type { CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { AttributeType, Document } from '../../../../proto/generated/shoal/v1/document.js';
import { bareSettings, floats, settings, words } from '../fixtures.js';

type Fields = Parameters<typeof Document.fromPartial>[0];

function accept(fields: Fields, of: CollectionSettings = settings()): ReturnType<typeof acceptDocument> {
  return acceptDocument(Document.fromPartial({ id: 'd', text: 'words', ...fields }), of);
}

function refusal(fields: Fields, message: RegExp | string, of: CollectionSettings = settings()): void {
  assert.throws(() => accept(fields, of), { code: 'INVALID_ARGUMENT', message });
}

const learned = settings({ sparseWeighting: 'learned' });

describe('the id of a document', () => {
  it('has 1 to 256 bytes of UTF-8', () => {
    assert.equal(accept({ id: 'ü'.repeat(128) }).document.id.length, 128);
    refusal({ id: '' }, 'a document has an empty id; give each a unique one');
    refusal({ id: 'x'.repeat(257) }, `the id '${'x'.repeat(40)}…' has 257 bytes, the limit is 256; use a shorter one`);
    refusal({ id: 'ü'.repeat(129) }, /has 258 bytes/);
  });

  it('is found where it stands twice in a request', () => {
    const documents = ['a', 'b', 'a', 'c', 'a'].map((id) => Document.fromPartial({ id }));
    assert.deepEqual(repeatedIds(documents), new Set(['a']));
    assert.deepEqual(repeatedIds([]), new Set());
  });
});

describe('the attributes of a document', () => {
  it('are finite numbers and times that an export can hold', () => {
    const last = new Date('9999-12-31T23:59:59.999Z');
    accept({ attributes: { t: { timestampValue: last }, d: { doubleValue: -0 } } });
    for (const doubleValue of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const message = "document 'd': attribute 'n' is a number that is not finite; leave it out";
      refusal({ attributes: { n: { doubleValue } } }, message);
      refusal({ attributes: { n: { listValue: { values: [{ doubleValue: 1 }, { doubleValue }] } } } }, message);
    }
    const timestampValue = new Date(last.getTime() + 1);
    refusal({ attributes: { t: { timestampValue } } }, /attribute 't' is a time outside of the years 1 to 9999/);
  });
});

describe('the text of a document', () => {
  it('is needed unless a vector stands in its place', () => {
    assert.equal(accept({ text: '' }).passages, null);
    refusal({ text: undefined }, "document 'd': it has no text; give text, or a vector in its place");
    assert.deepEqual(accept({ text: undefined, vector: floats(1, 2) }).passages, [
      { vector: floats(1, 2), tokens: undefined, start: 0, end: 0 },
    ]);
  });

  it('has at most 4 MiB with the title', () => {
    const limit = 4 * 1024 * 1024;
    accept({ text: 'x'.repeat(limit - 1), title: 'y' });
    refusal(
      { text: 'x'.repeat(limit), title: 'y' },
      `document 'd': its text has ${limit + 1} bytes, the limit is ${limit}; chunk it`,
    );
  });

  it('is not enough where no model encodes it', () => {
    refusal(
      {},
      "document 'd': it has no vector, and collection 'notes' has no encoder model; give a vector",
      bareSettings(),
    );
  });
});

describe('the vector of a document', () => {
  it('has the collection’s size', () => {
    refusal({ vector: floats(1, 2, 3) }, "document 'd': its vector has 3 dimensions, the collection has 2");
    refusal({ vector: Buffer.alloc(0) }, /its vector has 0 dimensions/);
    refusal({ vector: Buffer.alloc(6) }, "the vector of document 'd' has 6 bytes, which is not a multiple of 4");
  });

  it('has finite numbers', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      refusal({ vector: floats(1, bad) }, "document 'd': its vector has a number that is not finite; clean the input");
    }
  });
});

describe('the numbers of a document', () => {
  it('are within what float16 holds, since they are stored so', () => {
    accept({ vector: floats(65_504, -65_504) });
    const beyond = "document 'd': its vector has a number beyond ±65504, the largest that is stored; scale it";
    refusal({ vector: floats(1, 65_600) }, beyond);
    refusal({ vector: floats(-3e38, 1) }, beyond);
    const sparse = { termIds: words(1), weights: floats(1e6) };
    refusal({ sparse }, /a term weight is above 65504, the largest that is stored; scale the weights/, learned);
  });
});

describe('the passages of a document', () => {
  const passage = (start = 0, end = 0, vector = floats(1, 2)): object => ({ vector, start, end });
  const passages = (...given: object[]): Fields => ({ passages: given, text: 'words and more' });

  it('have a vector each, in place of the document’s', () => {
    const accepted = accept(passages(passage(0, 5), passage(6), { ...passage(6, 14), vector: floats(3, 4) }));
    assert.deepEqual(
      accepted.passages?.map(({ vector, start, end }) => [vector, start, end]),
      [
        [floats(1, 2), 0, 5],
        [floats(1, 2), 6, 0],
        [floats(3, 4), 6, 14],
      ],
    );
    accept({ passages: [passage()], text: undefined }, bareSettings());
    const twice = "document 'd': it has passages and a vector or tokens beside them; give each passage its own";
    refusal({ ...passages(passage()), vector: floats(1, 2) }, twice);
    refusal({ ...passages(passage()), tokens: { count: 1, rows: floats(1, 2) } }, twice);
  });

  it('have finite vectors of the collection’s size', () => {
    refusal(passages(passage(), passage(0, 0, floats(1))), /the vector of its passage 1 has 1 dimension,/);
    refusal(passages(passage(0, 0, floats(1, NaN))), /the vector of its passage 0 has a number that is not finite/);
    refusal(passages(passage(0, 0, Buffer.alloc(0))), /the vector of its passage 0 has 0 dimensions/);
  });

  it('are within title and text', () => {
    accept({ ...passages(passage(20, 20)), title: 'title' });
    refusal(passages(passage(20, 20)), /its passage 0 is from 20 to 20, but its text has 14 characters/);
    refusal(passages(passage(3, 15)), /from 3 to 15/);
    refusal(passages(passage(3, 2)), /from 3 to 2/);
  });

  it('are at most 4,096', () => {
    const all = Array.from({ length: 4_097 }, () => passage());
    accept(passages(...all.slice(1)));
    refusal(passages(...all), /it has 4097 passages, the limit is 4096; split the document/);
  });

  it('have token rows as the collection codes them', () => {
    const bad = { ...passage(), tokens: { count: 2, rows: floats(1, 2) } };
    refusal(passages(passage(), bad), /the passage 1's token rows have 8 bytes/);
  });
});

describe('the term weights of a document', () => {
  const sparse = (termIds: number[], weights: number[]): Fields => ({
    sparse: { termIds: words(...termIds), weights: floats(...weights) },
  });

  it('are taken by a collection with learned weights alone', () => {
    accept(sparse([1, 4], [0.5, 2]), learned);
    refusal(
      sparse([1], [1]),
      /it has sparse weights, but collection 'notes' takes them from the text \(BM25\); leave them out/,
    );
  });

  it('are one for each term, above 0, ascending by term', () => {
    refusal(sparse([1, 2], [1]), "document 'd': it has 2 terms and 1 weight; give one each", learned);
    for (const bad of [0, -1, NaN, Infinity])
      refusal(sparse([1], [bad]), /a term weight is not a number above 0/, learned);
    for (const order of [
      [2, 1],
      [1, 1],
    ])
      refusal(sparse(order, [1, 1]), /its terms are not in ascending order, each once/, learned);
  });
});

describe('the token vectors of a document', () => {
  it('are float32 rows of the collection’s size, or coded by its codec', () => {
    const coded = settings({ tokenCodec: 'c1' });
    accept({ tokens: { count: 2, rows: floats(1, 2, 3, 4) } });
    accept({ tokens: { count: 1, rows: Buffer.alloc(5), codec: 'c1' } }, coded);
    refusal(
      { tokens: { count: 2, rows: floats(1, 2) } },
      "document 'd': its token rows have 8 bytes, but 2 × 2 float32 are 16",
    );
    refusal(
      { tokens: { count: 1, rows: Buffer.alloc(5), codec: 'c0' } },
      /its tokens are coded by 'c0', the collection uses 'c1'; give float32 rows/,
      coded,
    );
  });

  it('are refused where a value is none that can be stored, however small a part of them it is', () => {
    for (const value of [NaN, Infinity, -Infinity, 3e38, 70_000]) {
      refusal(
        { tokens: { count: 2, rows: floats(1, 2, value, 4) } },
        new RegExp(
          `'d': its token row 1 has the value ${Math.fround(value).toString().replace('+', '\\+')}; values are numbers within ±65504`,
        ),
      );
    }
  });

  it('are refused where the collection has no such representation', () => {
    refusal({ tokens: { count: 1, rows: floats(1, 2) } }, /no multi-vector representation/, settings({ tokenDim: 0 }));
  });
});

describe('the attributes of a document', () => {
  it('have plain names', () => {
    accept({ attributes: { 'a.b-c_9': { int64Value: 1n }, _x: { boolValue: true } } });
    for (const name of ['', '9a', 'a b', 'x'.repeat(129)]) {
      refusal({ attributes: { [name]: { int64Value: 1n } } }, /document 'd': attribute name '.*' is not of the form/);
    }
  });

  it('have values', () => refusal({ attributes: { a: {} } }, /attribute 'a' has no value/));

  it('fix the types of new names', () => {
    const added = newAttributeTypes(
      accept({
        attributes: {
          year: { int64Value: 1n },
          tags: { listValue: { values: [{ stringValue: 'x' }] } },
          none: { listValue: { values: [] } },
        },
      }),
      {},
    );
    assert.deepEqual(added, {
      year: AttributeType.ATTRIBUTE_TYPE_INT64,
      tags: AttributeType.ATTRIBUTE_TYPE_STRING_LIST,
    });
  });

  it('keep the types of known names', () => {
    const types = { year: AttributeType.ATTRIBUTE_TYPE_INT64, tags: AttributeType.ATTRIBUTE_TYPE_STRING_LIST };
    const check = (attributes: NonNullable<Fields['attributes']>): unknown =>
      newAttributeTypes(accept({ attributes }), types);
    assert.deepEqual(check({ year: { int64Value: 3n }, tags: { listValue: { values: [] } } }), {});
    assert.throws(() => check({ year: { stringValue: '3' } }), {
      code: 'INVALID_ARGUMENT',
      message:
        "document 'd': attribute 'year' is string, but the collection has it as int64; change the value or rename the attribute",
    });
    assert.throws(
      () => check({ year: { listValue: { values: [] } } }),
      /'year' is a list, but the collection has it as int64/,
    );
    assert.throws(
      () => check({ tags: { listValue: { values: [{ boolValue: true }] } } }),
      /'tags' is bool\[\], but the collection has it as string\[\]/,
    );
  });

  it('may be named like members that every object has', () => {
    const accepted = accept({ attributes: { constructor: { stringValue: 'F1' } } });
    assert.deepEqual(newAttributeTypes(accepted, {}), { constructor: AttributeType.ATTRIBUTE_TYPE_STRING });
  });

  it('cannot be called __proto__, which the wire would bring but no object can hold', () => {
    const value = { stringValue: 'x' };
    const sent = Document.fromPartial({ id: 'd', text: '' });
    Object.defineProperty(sent.attributes, '__proto__', { value, enumerable: true });
    const received = Document.decode(Document.encode(sent).finish());
    assert.deepEqual(Object.keys(received.attributes), []);
    assert.throws(() => acceptDocument(received, settings()), {
      code: 'INVALID_ARGUMENT',
      message: "attribute name '__proto__' is reserved; rename the attribute",
    });
  });
});
