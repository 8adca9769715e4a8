import assert from 'node:assert/strict';
import { documentFromJson, documentToJson, parseJsonLine } from '../../../../../client/cli/import/document-json.js';

const schema = { attributes: {}, dim: 2 };

describe('a document of a JSON line', () => {
  it('has _id or id, and text, title and attributes as given', () => {
    assert.deepEqual(documentFromJson({ _id: 'a', id: 'b', text: '', title: 'T' }, schema), {
      id: 'a',
      text: '',
      title: 'T',
    });
    assert.deepEqual(documentFromJson({ id: 7, text: 'x' }, schema), { id: '7', text: 'x' });
  });

  it('takes the vector of its row, unless it has its own', () => {
    const row = Float32Array.of(1, 2);
    assert.equal(documentFromJson({ id: 'a' }, schema, row).vector, row);
    assert.deepEqual(documentFromJson({ id: 'a', vector: [3, 4] }, schema, row).vector, Float32Array.of(3, 4));
  });

  it('is refused with what is wrong and what to do', () => {
    const cases: [Record<string, unknown>, RegExp][] = [
      [{ text: 'x' }, /no id; give "_id" or "id"/],
      [{ id: '', text: 'x' }, /the id is empty/],
      [{ id: true, text: 'x' }, /the id is no string/],
      [{ id: 'é'.repeat(129), text: 'x' }, /the id has 258 bytes, more than 256/],
      [{ id: '\ud800', text: 'x' }, /the id holds half of a surrogate pair/],
      [{ id: 'a', text: 'x\udc00' }, /"text" holds half of a surrogate pair/],
      [{ id: 'a' }, /no text; give "text"/],
      [{ id: 'a', text: 5 }, /"text" is no string/],
      [{ id: 'a', text: 'x', title: [] }, /"title" is no string/],
      [{ id: 'a', text: 'x'.repeat(4 * 1024 * 1024 + 1) }, /4194305 bytes, more than 4194304; cut/],
      [{ id: 'a', text: 'x', attributes: [] }, /"attributes" is no object/],
      [{ id: 'a', vector: [1] }, /"vector" has 1 number,.*2 dimensions/],
    ];
    for (const [json, message] of cases) {
      assert.throws(() => documentFromJson(json, schema), { code: 'INVALID_ARGUMENT', message });
    }
  });

  it('is written as it is read', () => {
    const json = { _id: 'a', title: 'T', text: 'x', attributes: { n: 1.5 }, vector: [0.5, 1] };
    assert.deepEqual(documentToJson(documentFromJson(json, schema)), json);
  });
});

describe('a line', () => {
  it('that is no UTF-8, no JSON or no object is refused', () => {
    assert.throws(() => parseJsonLine(Uint8Array.of(0x22, 0xff, 0x22)), { message: /not UTF-8/ });
    assert.throws(() => parseJsonLine(Buffer.from('{"a":')), { message: /no JSON \(.*\); write one object a line/ });
    assert.throws(() => parseJsonLine(Buffer.from('[1]')), { message: /no JSON object/ });
  });
});
