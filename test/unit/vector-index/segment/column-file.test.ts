import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { seededRandom } from '../../../../base/random.js';
import { ColumnFile } from '../../../../vector-index/segment/column-file.js';
import { randomDocument, randomDocuments, withSealed } from '../fixtures.js';

describe('the columns of a segment file', () => {
  it('name the block that is damaged', async () => {
    const document = { ...randomDocument(seededRandom(1), 'a', 1n), title: null, text: `${'x'.repeat(200_000)}needle` };
    await withSealed([document], async (_, path) => {
      const bytes = new Uint8Array(await readFile(path));
      bytes[Buffer.from(bytes.buffer).indexOf('needle')]! ^= 4;
      const file = new ColumnFile(path, bytes);
      const problems = [...file.problems()].filter((problem) => problem !== null);
      assert.equal(problems.length, 1);
      assert.match(problems[0]!, /block 3 of column text/);
      file.verifyRange('text', 0, 3 * 65536);
      assert.throws(() => file.verifyRange('text', 3 * 65536 - 1, 3 * 65536 + 1), { code: 'DATA_LOSS' });
    });
  });

  it('are empty where the file has none', async () => {
    await withSealed(randomDocuments(seededRandom(2), 2), async (_, path) => {
      const file = new ColumnFile(path, new Uint8Array(await readFile(path)));
      assert.equal(file.has('nothing'), false);
      assert.equal(file.u32('nothing').length, 0);
    });
  });
});
