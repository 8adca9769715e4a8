/** A token codec's file of format 1, and a record made with it: both are read, and rows coded, as they were when it was written. */
import assert from 'node:assert/strict';
import { TokenCodec } from '../../vector-index/codebook/token-codec.js';

const file =
  'U0hUQwEAAgAIAAAAAwAAAAAAAL8AAIA9AAAAPwAAQL8AAIC+AACAPgAAYD8AvAC2ADQAOwC5AAAAOQC7ALQANgA8ALgAMAA6ALoAsAA4ALwAtgA0ADsAuQAAADkXSpQgXRX5vQ==';
const record = 'AQAAAAIAAgA0OPA4NDjhOMBar8UWPLwW';
/** Eighths, so that no rounding of any library is in them. */
const rows = Float32Array.from({ length: 4 * 8 }, (_, at) => (((at * 3) % 17) - 8) / 8);

describe('a token codec of format 1', () => {
  const codec = TokenCodec.parse(Buffer.from(file, 'base64'));

  it('keeps its version and its bytes', () => {
    assert.equal(codec.version, 'residual2-8cedc5280db195d1');
    assert.equal(Buffer.from(codec.serialize()).toString('base64'), file);
  });

  it('codes rows as it did', () => {
    assert.equal(Buffer.from(codec.encode(rows)).toString('base64'), record);
  });

  it('decodes them to unit length', () => {
    const decoded = codec.decode(Buffer.from(record, 'base64'), 4);
    for (let row = 0; row < 4; row++) {
      assert.ok(Math.abs(Math.hypot(...decoded.subarray(row * 8, row * 8 + 8)) - 1) < 1e-3);
    }
  });
});
