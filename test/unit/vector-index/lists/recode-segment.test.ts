import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { codeDocuments } from '../../../../vector-index/lists/code-documents.js';
import { recodeSegment } from '../../../../vector-index/lists/recode-segment.js';
import { noList } from '../../../../vector-index/lists/row-coding.js';
import { MutableSegment } from '../../../../vector-index/segment/mutable-segment.js';
import { plainDocument, writingParts } from '../fixtures.js';
import { toyCoder, toyDocuments, toyStructure } from './fixtures.js';

describe('the rows of a segment under another structure', () => {
  for (const hasCopies of [false, true]) itHasTheCodes(hasCopies);

  it('have their lists also where these are so many that another thread finds them', async () => {
    const coder = toyCoder({ dim: 64, lists: 50_000 });
    const random = seededRandom(3);
    const points = Float32Array.from({ length: 20 * 64 }, () => random.below(16) - 8);
    const segment = new MutableSegment(64);
    for (let at = 0; at < 20; at += 1)
      segment.add(plainDocument(`id${at}`, BigInt(at + 1), { dense: points.slice(at * 64, (at + 1) * 64) }), 0n);
    const { lists } = await recodeSegment(segment, 20, { coder, slices: writingParts.slices });
    assert.deepEqual(lists, coder.assign(points));
    assert.ok(new Set(lists).size > 5);
  });
});

function itHasTheCodes(hasCopies: boolean): void {
  const those = hasCopies ? 'both lists' : 'the list';
  it(`have ${those}, homes and codes that the documents would have got as they came`, async () => {
    const shape = { dim: 6, lists: 5, hasCopies };
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
      const copy = code?.copy ?? null;
      assert.equal(coding.hasCopies, hasCopies);
      assert.equal(coding.copies?.lists(0)[row] ?? noList, copy?.list ?? noList);
      if (copy === null) return;
      coding.copies!.read(copy.list, Uint32Array.of(row), into);
      assert.deepEqual(into, { codes: copy.code.slice(), factors: copy.factors.slice() });
    });
    const both = Uint32Array.from(lists.keys()).filter((row) => lists[row] === 0);
    const alone = [...both].flatMap((row) => [...coding.readSecond(0, Uint32Array.of(row))]);
    assert.deepEqual([...coding.readSecond(0, both)], alone);
  });
}
