import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { seededRandom } from '../../../../base/random.js';
import { idKey } from '../../../../vector-index/segment/segment-reader.js';
import { SealedSegment } from '../../../../vector-index/segment/sealed-segment.js';
import { mutableOf, randomDocument, randomDocuments, weakHash, withSealed } from '../fixtures.js';
import { systemFiles } from '../../../../vector-index/system-files.js';

describe('a sealed segment', () => {
  it('gives every document back as it was written', async () => {
    for (const count of [1, 7, 8, 9, 65, 300]) {
      const documents = randomDocuments(seededRandom(count), count);
      await withSealed(documents, (segment) =>
        assert.deepEqual(
          documents.map((_, row) => segment.document(row)),
          documents,
        ),
      );
    }
  });

  it('answers like the mutable segment it came from', async () => {
    const documents = randomDocuments(seededRandom(2), 50);
    const mutable = mutableOf(documents, weakHash);
    await withSealed(documents, (sealed) => {
      for (const { docId, id } of documents) {
        assert.equal(sealed.rowOf(docId, 0), mutable.rowOf(docId, 0));
        assert.deepEqual(sealed.rowsOfId(idKey(id, weakHash(id))), mutable.rowsOfId({ id }));
      }
      assert.deepEqual(sealed.termIds(), mutable.termIds());
      for (let termId = 0; termId < 50; termId += 1) {
        const found = [sealed, mutable].map((segment) => {
          const postings = segment.postings(termId);
          return postings && [...postings.rows.subarray(postings.start, postings.end)];
        });
        assert.deepEqual(found[0], found[1]);
      }
      assert.equal(sealed.rowOf(5n, 0), -1);
      assert.deepEqual(sealed.rowsOfId(idKey('id999', weakHash('id999'))), []);
    });
  });

  it('finds docIds that differ in the upper word alone', async () => {
    const random = seededRandom(3);
    const docIds = [1n, 2n ** 32n + 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
    await withSealed(
      docIds.map((docId, at) => randomDocument(random, `id${at}`, docId)),
      (segment) =>
        assert.deepEqual(
          docIds.map((docId) => segment.rowOf(docId, 0)),
          [0, 1, 2, 3, 4],
        ),
    );
  });

  it('checks a text when it is read, and names file and block', async () => {
    const document = { ...randomDocument(seededRandom(4), 'a', 1n), title: null, text: 'a needle in the text' };
    await withSealed([document], async (_, path) => {
      const bytes = await readFile(path);
      bytes[bytes.indexOf('needle')]! ^= 1;
      await writeFile(path, bytes);
      const damaged = SealedSegment.open(systemFiles, path);
      assert.throws(() => damaged.document(0), {
        code: 'DATA_LOSS',
        message: /block 0 of column text in .*one\.segment/,
      });
      damaged.close();
    });
  });

  it('has checked every block when nothing is left to verify', async () => {
    await withSealed(randomDocuments(seededRandom(5), 30), async (segment) => {
      assert.notEqual(segment.checks, null);
      let steps = 0;
      while (await segment.verifyNext(1)) steps += 1;
      assert.ok(steps >= 5);
      assert.equal(segment.checks, null);
      assert.equal(await segment.verifyNext(1), false);
    });
  });
});
