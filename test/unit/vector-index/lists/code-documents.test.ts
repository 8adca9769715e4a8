import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { encodeSecond, encodeVectors } from '../../../../kernels/codes.js';
import { toFloat16, toFloat32 } from '../../../../kernels/kernels.js';
import { codeDocuments, codeDocumentsAsync } from '../../../../vector-index/lists/code-documents.js';
import { ListCoder } from '../../../../vector-index/lists/list-coder.js';
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
      const list = (table: Float32Array) => table.subarray(8 * alone.document.list, 8 * (alone.document.list + 1));
      const of = { base: list(coder.codebook.bases), anchor: list(coder.codebook.anchors) };
      const coded = encodeVectors(coder.codebook, rounded, of);
      assert.deepEqual([alone.code!.code, alone.code!.factors], [coded.codes, coded.factors]);
      assert.deepEqual(alone.code!.record, encodeSecond(coder.codebook, rounded, { ...of, ...coded }));
    });
  });

  it('have the same codes in records of any size and order, on any thread', async () => {
    const documents = toyDocuments(seededRandom(4), structure, 150);
    const whole = codeDocuments(coder, documents);
    assert.deepEqual(await codeDocumentsAsync(coder, documents), whole);
    assert.deepEqual(await codeDocumentsAsync(coder, []), []);
    for (const size of [2, 7, 64]) {
      for (let from = 0; from < documents.length; from += size) {
        const batch = documents.slice(from, from + size).reverse();
        const codes = codeDocuments(coder, batch).map(({ code }) => code);
        const expected = whole.slice(from, from + size).reverse();
        assert.deepEqual(
          codes,
          expected.map(({ code }) => code),
        );
      }
    }
  });

  it('have a second list, and their first code there, where vectors lie in two', async () => {
    const twice = toyCoder({ ...shape, hasCopies: true });
    const documents = toyDocuments(seededRandom(6), structure, 90);
    const coded = codeDocuments(twice, documents);
    const once = codeDocuments(coder, documents);
    assert.deepEqual(await codeDocumentsAsync(twice, documents), coded);
    coded.forEach(({ document, code }, at) => {
      const alone = codeDocuments(twice, [documents[at]!])[0]!;
      assert.deepEqual(alone.code, code);
      if (code === null) return assert.equal(documents[at]!.dense, null);
      const { copy, ...first } = code;
      assert.deepEqual({ ...first, copy: null }, once[at]!.code);
      const rounded = toFloat32(toFloat16(documents[at]!.dense!));
      assert.equal(copy!.list, twice.assignSecond(rounded, Uint32Array.of(document.list))[0]);
      const list = (table: Float32Array) => table.subarray(8 * copy!.list, 8 * (copy!.list + 1));
      const expected = encodeVectors(coder.codebook, rounded, {
        base: list(coder.codebook.bases),
        anchor: list(coder.codebook.anchors),
      });
      assert.deepEqual([copy!.code, copy!.factors], [expected.codes, expected.factors]);
    });
  });

  it('have one list alone where there is no other, also beside documents that have', () => {
    const { structure: plain, ...rest } = toyStructure(shape);
    // List 0 names itself, which is no other.
    const around = Uint32Array.from({ length: 6 }, (_, list) => (list === 0 ? 0 : list - 1));
    const some = new ListCoder({ ...rest, structure: { ...plain, around } });
    const documents = toyDocuments(seededRandom(7), structure, 90);
    const lists = codeDocuments(some, documents).filter(({ code }) => code !== null);
    for (const { document, code } of lists)
      assert.equal(code!.copy?.list ?? null, document.list === 0 ? null : document.list - 1);
    assert.equal(new Set(lists.map(({ code }) => code!.copy === null)).size, 2);
  });

  it('keep lists of this structure and get those of older ones, also off the event loop', async () => {
    const documents = toyDocuments(seededRandom(5), structure, 80).map((document, at) =>
      at % 3 === 0 ? { ...document, structureVersion: 3 } : document,
    );
    assert.deepEqual(await codeDocumentsAsync(coder, documents), codeDocuments(coder, documents));
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
