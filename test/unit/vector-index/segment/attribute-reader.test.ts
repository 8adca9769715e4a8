import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import type { AttributeValue } from '../../../../vector-index/document.js';
import { randomDocument, withSealed } from '../fixtures.js';

describe('attribute columns of a file', () => {
  it('keep extreme values of every type', async () => {
    const attributes: Record<string, AttributeValue> = {
      int: -(2n ** 63n),
      ints: [2n ** 63n - 1n, 0n],
      double: Number.MIN_VALUE,
      doubles: [-0, Infinity],
      text: '',
      texts: ['', 'ß', '🦈'],
      early: new Date(-8_640_000_000_000_000),
      dates: [new Date(0), new Date(8_640_000_000_000_000)],
      no: false,
      bools: [false, true],
      empty: [],
    };
    const document = { ...randomDocument(seededRandom(1), 'a', 1n), attributes };
    await withSealed([document], (segment) => assert.deepEqual(segment.document(0).attributes, attributes));
  });

  it('tell an absent value from an empty one', async () => {
    const documents = [{ a: '' }, {}, { a: 'x' }].map((attributes, at) => ({
      ...randomDocument(seededRandom(1), `id${at}`, BigInt(at + 1)),
      attributes,
    }));
    await withSealed(documents, ({ attributes }) => {
      assert.deepEqual(
        [0, 1, 2].map((row) => attributes[0]?.value(row)),
        ['', undefined, 'x'],
      );
    });
  });
});
