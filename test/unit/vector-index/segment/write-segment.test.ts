import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashText } from '../../../../base/hash.js';
import { seededRandom } from '../../../../base/random.js';
import type { IndexDocument } from '../../../../vector-index/document.js';
import { SealedSegment } from '../../../../vector-index/segment/sealed-segment.js';
import { parseLayout } from '../../../../vector-index/segment/segment-layout.js';
import { hasDense } from '../../../../vector-index/segment/segment-reader.js';
import { writeSegment } from '../../../../vector-index/segment/write-segment.js';
import {
  dim,
  furtherPassage,
  mutableOf,
  plainDocument,
  randomDocument,
  randomDocuments,
  settings,
  weakHash,
  withSealed,
  writingParts,
} from '../fixtures.js';
import { inFolder } from '../../../temporary-folder.js';
import { systemFiles } from '../../../../vector-index/system-files.js';

describe('writing a segment', () => {
  it('gives the same bytes for the same documents, written at once or merged from parts', async () => {
    const documents = randomDocuments(seededRandom(1), 60);
    await inFolder(async (directory) => {
      const source = (
        part: typeof documents,
      ): { reader: ReturnType<typeof mutableOf>; rowCount: number; live: null } => ({
        reader: mutableOf(part, hashText),
        rowCount: part.length,
        live: null,
      });
      const [whole, even, odd, merged] = ['whole', 'even', 'odd', 'merged'].map((name) => join(directory, name));
      await writeSegment(whole!, [source(documents)], settings, writingParts);
      await writeSegment(even!, [source(documents.filter((_, at) => at % 2 === 0))], settings, writingParts);
      await writeSegment(odd!, [source(documents.filter((_, at) => at % 2 === 1).reverse())], settings, writingParts);
      const parts = [even!, odd!].map((path) => SealedSegment.open(systemFiles, path));
      const sources = parts.map((reader) => ({ reader, rowCount: reader.rowCount, live: null }));
      await writeSegment(merged!, sources, settings, writingParts);
      for (const part of parts) part.close();
      assert.ok((await readFile(merged!)).equals(await readFile(whole!)));
    });
  });

  it('writes no file when no row lives', async () => {
    await inFolder(async (directory) => {
      const source = {
        reader: mutableOf(randomDocuments(seededRandom(2), 3), weakHash),
        rowCount: 3,
        live: Uint8Array.of(0),
      };
      assert.equal((await writeSegment(join(directory, 'a'), [source], settings, writingParts)).count, 0);
      assert.deepEqual(await readdir(directory), []);
    });
  });

  it('keeps in how many other shards a document has passages', async () => {
    const [plain, wide] = randomDocuments(seededRandom(4), 2);
    await inFolder(async (directory) => {
      const [first, merged] = ['first', 'merged'].map((name) => join(directory, name));
      const reader = mutableOf([plain!, { ...wide!, elsewhere: 3 }], weakHash);
      await writeSegment(first!, [{ reader, rowCount: 2, live: null }], settings, writingParts);
      const sealed = SealedSegment.open(systemFiles, first!);
      await writeSegment(merged!, [{ reader: sealed, rowCount: 2, live: null }], settings, writingParts);
      const again = SealedSegment.open(systemFiles, merged!);
      for (const each of [reader, sealed, again])
        assert.deepEqual([each.elsewhere(0), each.elsewhere(1)].sort(), [0, 3]);
      sealed.close();
      again.close();
    });
  });

  it('knows which rows have a dense vector', async () => {
    const random = seededRandom(3);
    const documents = [null, new Float32Array(dim), null].map((dense, at) => ({
      ...randomDocument(random, `id${at}`, BigInt(at + 1)),
      dense,
    }));
    await withSealed(documents, (segment) =>
      assert.deepEqual(
        [0, 1, 2].map((row) => hasDense(segment, row)),
        [false, true, false],
      ),
    );
  });

  it('needs little more on disk than the content: 12 bytes a term, 2 a dense component', async () => {
    const random = seededRandom(4);
    const terms = {
      termIds: Uint32Array.from({ length: 150 }, (_, at) => at * 3),
      weights: new Float32Array(150).fill(0.5),
    };
    const rows = new Uint8Array(60 * 100);
    const documents = Array.from({ length: 400 }, (_, at) => ({
      ...randomDocument(random, `id${at}`, BigInt(at + 1)),
      title: null,
      text: 'x'.repeat(1000),
      attributes: {},
      dense: new Float32Array(dim),
      terms,
      tokens: { count: 60, rows, codec: 'codec' },
    }));
    await withSealed(documents, ({ bytes }) => {
      const content = 1000 + 2 * dim + 12 * 150 + 6000;
      assert.ok(bytes / 400 < content + 100, `${bytes / 400} bytes a document for ${content} of content`);
    });
  });

  it('leaves out columns of passages and content hashes that say nothing, and writes those that say something', async () => {
    const plain = [plainDocument('a', 1n), plainDocument('b', 2n, { list: 3 })];
    const columnsOf = (documents: readonly IndexDocument[]): Promise<string[]> =>
      withSealed(documents, async (segment, path) => {
        assert.deepEqual(
          documents.map((_, row) => segment.document(row)),
          documents,
        );
        const names = parseLayout(path, await readFile(path)).columns.map(({ name }) => name);
        return names.filter((name) => ['contentHash', 'passage', 'span', 'home'].includes(name));
      });
    assert.deepEqual(await columnsOf(plain), []);
    assert.deepEqual(await columnsOf([{ ...plain[0]!, contentHash: 2n ** 63n }]), ['contentHash']);
    assert.deepEqual(await columnsOf([...plain, furtherPassage(plain[1]!, 4)]), ['passage']);
    assert.deepEqual(await columnsOf([...plain, furtherPassage(plain[1]!, 4, { start: 7, list: 5 })]), [
      'passage',
      'span',
      'home',
    ]);
  });
});
