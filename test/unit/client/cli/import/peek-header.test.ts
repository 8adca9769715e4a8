import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { linesOf, type LineFile } from '../../../../../client/cli/import/lines.js';
import { looksLikeHeader, peekHeader } from '../../../../../client/cli/import/peek-header.js';

const header = '{"shoal":{"format":1,"attributes":{"n":"int64"}}}';

function file(text: string): LineFile {
  return linesOf({ name: 'f', sizeBytes: 0, canReread: true }, () => Readable.from([Buffer.from(text)]));
}

async function textsOf(source: LineFile): Promise<string[]> {
  const texts: string[] = [];
  for await (const { number, bytes } of source.lines()) texts.push(`${number} ${String(bytes)}`);
  return texts;
}

describe('a look at the first line', () => {
  it('finds a header and leaves every line to be read, more than once', async () => {
    const peeked = await peekHeader(file(`${header}\n{"id":"1"}\n`));
    assert.deepEqual(peeked.header?.attributes, { n: 'int64' });
    for (let pass = 0; pass < 2; pass += 1)
      assert.deepEqual(await textsOf(peeked.file), [`1 ${header}`, '2 {"id":"1"}']);
  });

  it('finds none in documents, nonsense and nothing', async () => {
    for (const text of ['{"id":"1"}\n', 'nonsense', '']) {
      const peeked = await peekHeader(file(text));
      assert.equal(peeked.header, null);
      assert.equal((await textsOf(peeked.file)).length, text === '' ? 0 : 1);
    }
  });

  it('knows one also where another tool has written it anew', () => {
    assert.ok(looksLikeHeader(Buffer.from(' { "shoal" : {} }')));
    assert.ok(!looksLikeHeader(Buffer.from('{"_id":"shoal"}')));
  });
});
