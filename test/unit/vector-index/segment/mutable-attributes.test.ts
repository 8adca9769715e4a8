import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { rowAttributes } from '../../../../vector-index/segment/attribute-columns.js';
import { MutableAttributes } from '../../../../vector-index/segment/mutable-attributes.js';

describe('attribute columns in memory', () => {
  it('give each row its own values back, also where documents disagree on the type', () => {
    const attributes = new MutableAttributes();
    attributes.add(0, { a: 1n, b: 'x' });
    attributes.add(2, { a: 'one' });
    const rows = [0, 1, 2].map((row) => rowAttributes(attributes.columns, row));
    assert.deepEqual(rows, [{ a: 1n, b: 'x' }, {}, { a: 'one' }]);
    assert.equal(attributes.columns.length, 3);
  });

  it('join what was handed out before', () => {
    const attributes = new MutableAttributes();
    const { columns } = attributes;
    attributes.add(0, { constructor: 'a name as good as any' });
    assert.equal(columns[0]?.value(0), 'a name as good as any');
  });
});
