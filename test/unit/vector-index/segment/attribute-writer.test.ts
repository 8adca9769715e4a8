import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { randomDocument, withSealed } from '../fixtures.js';

describe('writing attribute columns', () => {
  it('makes one column of each attribute and type, in an order that does not depend on the documents', async () => {
    const documents = [{ b: 1n, a: 'x' }, { a: 2 }, { a: ['x'] }].map((attributes, at) => ({
      ...randomDocument(seededRandom(1), `id${at}`, BigInt(at + 1)),
      attributes,
    }));
    const names = (columns: readonly { name: string; kind: string; isList: boolean }[]): string[] =>
      columns.map(({ name, kind, isList }) => `${name} ${kind}${isList ? '[]' : ''}`);
    const expected = ['a double', 'b int64', 'a string', 'a string[]'].sort();
    const first = await withSealed(documents, ({ attributes }) => names(attributes));
    const second = await withSealed([...documents].reverse(), ({ attributes }) => names(attributes));
    assert.deepEqual([...first].sort(), expected);
    assert.deepEqual(second, first);
  });
});
