import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { lineBytesMax, linesOf, openLines } from '../../../../../client/cli/import/lines.js';

async function read(chunks: readonly (string | Buffer)[], name = 'f'): Promise<[number, string | null][]> {
  const source = linesOf({ name, sizeBytes: 0, canReread: false }, () =>
    Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
  );
  const lines: [number, string | null][] = [];
  for await (const { number, bytes } of source.lines()) lines.push([number, bytes?.toString() ?? null]);
  return lines;
}

describe('lines of a file', () => {
  it('are whole whatever the chunks, with and without a last newline', async () => {
    const expected = [
      [1, 'ab'],
      [2, ''],
      [3, 'c'],
    ];
    assert.deepEqual(await read(['ab\n\nc']), expected);
    assert.deepEqual(await read(['a', 'b\n', '\n', 'c\n']), expected);
  });

  it('end at the newline only, and lose carriage returns and a byte order mark', async () => {
    assert.deepEqual(await read(['\ufeffa\u2028b\r\nc']), [
      [1, 'a\u2028b'],
      [2, 'c'],
    ]);
  });

  it('that are too long are told apart, and the next one is whole', async () => {
    const piece = Buffer.alloc(lineBytesMax / 4, 'x');
    assert.deepEqual(await read([piece, piece, piece, piece, 'x\nnext\n']), [
      [1, null],
      [2, 'next'],
    ]);
  });

  it('of a compressed file that is cut off are named up to the damage', async () => {
    const packed = gzipSync('a\nb\n'.repeat(1000));
    assert.equal((await read([packed], 'f.gz')).length, 2000);
    await assert.rejects(read([packed.subarray(0, packed.length - 10)], 'f.gz'), {
      code: 'INVALID_ARGUMENT',
      message: /cannot read f\.gz after line/,
    });
  });

  it('are decompressed where the bytes say so, whatever the chunks and without a name', async () => {
    const packed = gzipSync('a\nb\n');
    const expected = [
      [1, 'a'],
      [2, 'b'],
    ];
    assert.deepEqual(await read([packed], '-'), expected);
    assert.deepEqual(await read([packed.subarray(0, 1), packed.subarray(1, 9), packed.subarray(9)], '-'), expected);
    await assert.rejects(read([packed.subarray(0, packed.length - 10)], '-'), {
      code: 'INVALID_ARGUMENT',
      message: /cannot read - after line/,
    });
    assert.deepEqual(await read([], '-'), []);
    assert.deepEqual(await read(['a'], '-'), [[1, 'a']]);
  });

  it('of a missing file are an error that names it', async () => {
    await assert.rejects(openLines('no-such.jsonl'), { code: 'NOT_FOUND', message: /no-such\.jsonl/ });
  });
});
