/** A token codec's file of each format, and a record made with it: both are read, and rows coded, as they were when it was written. */
import assert from 'node:assert/strict';
import { TokenCodec } from '../../vector-index/codebook/token-codec.js';

const formats = [
  {
    format: 1,
    version: 'residual2-8cedc5280db195d1',
    file: 'U0hUQwEAAgAIAAAAAwAAAAAAAL8AAIA9AAAAPwAAQL8AAIC+AACAPgAAYD8AvAC2ADQAOwC5AAAAOQC7ALQANgA8ALgAMAA6ALoAsAA4ALwAtgA0ADsAuQAAADkXSpQgXRX5vQ==',
    record: 'AQAAAAIAAgA0OPA4NDjhOMBar8UWPLwW',
  },
  {
    format: 2,
    version: 'residual2-ef5101eba1969a04',
    file: 'U0hUQwIAAgAIAAAAAgAAAAAAgL8AAAAAAACAPwAAwL8AAAC/AAAAPwAAwD8APAAAAAAAAAAAAAAAAAAAAAAAOAA4ADgAOAAAAAAAAAAAgD8AAAA/AACAPwAAAEAAAIA/AAAAPwAAgD8AAAA/AACAPgAAAD+Jw1/NP9mkYw==',
    record: 'AgACAAEAAwCvOBA5aTiZN1BOruBCPVXTDBq2gQB/ShXgqw==',
  },
];
/** Eighths, so that no rounding of any library is in them. */
const rows = Float32Array.from({ length: 4 * 8 }, (_, at) => (((at * 3) % 17) - 8) / 8);

for (const { format, version, file, record } of formats) {
  describe(`a token codec of format ${format}`, () => {
    const codec = TokenCodec.parse(Buffer.from(file, 'base64'));

    it('keeps its version and its bytes', () => {
      assert.equal(codec.version, version);
      assert.equal(Buffer.from(codec.serialize()).toString('base64'), file);
    });

    it('codes rows as it did', () => {
      assert.equal(Buffer.from(codec.encode(rows)).toString('base64'), record);
    });

    it('decodes them near what they were', () => {
      const decoded = codec.decode(Buffer.from(record, 'base64'), 4);
      for (let row = 0; row < 4; row++) {
        const [own, given] = [decoded, rows].map((values) => values.subarray(row * 8, row * 8 + 8));
        const product = own!.reduce((sum, value, j) => sum + value * given![j]!, 0);
        assert.ok(product > 0.8 * Math.hypot(...own!) * Math.hypot(...given!), `row ${row}`);
      }
    });
  });
}
