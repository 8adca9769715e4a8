import assert from 'node:assert/strict';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { TextReader } from '../../../proto/text-reader.js';

describe('reading text and bytes of a message', () => {
  const texts = ['', 'plain', 'ü 検索 🐟', '\ufeffmark', 'x'.repeat(10_000)];

  it('gives every text as it was written, also within a larger buffer', () => {
    const writer = new BinaryWriter();
    for (const text of texts) writer.string(text);
    const message = Buffer.concat([Buffer.of(1, 2, 3), writer.finish()]).subarray(3);
    const reader = new TextReader(message);
    assert.deepEqual(
      texts.map(() => reader.string()),
      texts,
    );
    assert.equal(reader.pos, reader.len);
  });

  it('gives bytes where they lie', () => {
    const message = Buffer.from(new BinaryWriter().bytes(Uint8Array.of(7, 8)).finish());
    const bytes = new TextReader(message).bytesHere();
    message[1] = 9;
    assert.deepEqual([...bytes], [9, 8]);
  });

  it('refuses a field that is longer than the message', () => {
    assert.throws(() => new TextReader(Uint8Array.of(5, 65)).string(), RangeError);
    assert.throws(() => new TextReader(Uint8Array.of(5, 65)).bytesHere(), RangeError);
  });
});
