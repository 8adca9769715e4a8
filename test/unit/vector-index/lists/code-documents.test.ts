import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { toFloat16, toFloat32 } from '../../../../kernels/kernels.js';
import { codeDocuments } from '../../../../vector-index/lists/code-documents.js';
import { furtherPassage, plainDocument } from '../fixtures.js';
import { nearVector, toyCoder, toyDocuments, toyStructure } from './fixtures.js';

const shape = { dim: 8, lists: 6, version: 3 };
const structure = toyStructure(shape);
const coder = toyCoder(shape);

describe('documents as they are coded', () => {
  it('have the codes of their rounded vectors, together as alone', () => {
    const documents = toyDocuments(seededRandom(1), structure, 60);
    const together = codeDocuments(coder, documents);
    documents.forEach((document, at) => {
      const alone = codeDocuments(coder, [document])[0]!;
      assert.deepEqual(together[at]!.code, alone.code);
      assert.equal(together[at]!.document.list, alone.document.list);
      if (document.dense === null) return assert.equal(alone.code, null);
      const rounded = toFloat32(toFloat16(document.dense));
      assert.deepEqual(codeDocuments(coder, [{ ...document, dense: rounded }])[0]!.code, alone.code);
      assert.deepEqual(alone.code!.code, coder.encode(alone.document.list, rounded).codes);
    });
  });

  it('keep the list that they were routed to under this structure, and get one where that was an older one', () => {
    const dense = nearVector(seededRandom(2), structure);
    const own = coder.assign(toFloat32(toFloat16(dense)))[0]!;
    const other = (own + 1) % 6;
    const routed = { dense, list: other, home: other };
    const listOf = (version: { structureVersion?: number }): number =>
      codeDocuments(coder, [plainDocument('a', 1n, { ...routed, ...version })])[0]!.document.list;
    const versions = [{ structureVersion: 3 }, { structureVersion: 2 }, {}];
    assert.deepEqual(versions.map(listOf), [other, own, own]);
  });

  it('have the primary passage’s list as home, and list 0 without a vector', () => {
    const random = seededRandom(3);
    const document = plainDocument('a', 1n, { dense: nearVector(random, structure), list: 9, home: 9 });
    const further = furtherPassage(document, 1, { dense: nearVector(random, structure) });
    const bare = plainDocument('b', 2n, { list: 9, home: 9 });
    const [first, second, third] = codeDocuments(coder, [document, further, bare]).map((each) => each.document);
    assert.deepEqual([first!.home, second!.home], [first!.list, first!.list]);
    assert.deepEqual([third!.list, third!.home], [0, 0]);
  });
});
