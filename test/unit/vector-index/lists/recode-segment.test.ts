import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { codeDocuments } from '../../../../vector-index/lists/code-documents.js';
import { recodeSegment } from '../../../../vector-index/lists/recode-segment.js';
import { MutableSegment } from '../../../../vector-index/segment/mutable-segment.js';
import { writingParts } from '../fixtures.js';
import { toyCoder, toyDocuments, toyStructure } from './fixtures.js';

describe('the rows of a segment under another structure', () => {
  it('have the lists, homes and codes that the documents would have got as they came', async () => {
    const shape = { dim: 6, lists: 5 };
    const coder = toyCoder(shape);
    const documents = toyDocuments(seededRandom(1), toyStructure(shape), 300);
    const segment = new MutableSegment(6);
    for (const document of documents) segment.add(document, 0n);
    const expected = codeDocuments(coder, documents);
    const { lists, homes, coding } = await recodeSegment(segment, segment.rowCount, {
      coder,
      slices: writingParts.slices,
    });
    expected.forEach(({ document, code }, row) => {
      assert.deepEqual([lists[row], homes[row]], [document.list, document.home]);
      const into = { codes: new Uint8Array(2), factors: new Int16Array(2) };
      coding.read(document.list, Uint32Array.of(row), into);
      const record = coding.readSecond(document.list, Uint32Array.of(row));
      const none = { codes: new Uint8Array(2), factors: new Int16Array(2) };
      assert.deepEqual(into, code === null ? none : { codes: code.code.slice(), factors: code.factors.slice() });
      assert.deepEqual(record, code === null ? record.map(() => 0) : code.record.slice());
    });
    const both = Uint32Array.from(lists.keys()).filter((row) => lists[row] === 0);
    const alone = [...both].flatMap((row) => [...coding.readSecond(0, Uint32Array.of(row))]);
    assert.deepEqual([...coding.readSecond(0, both)], alone);
  });
});
