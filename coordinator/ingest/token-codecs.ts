/** Token rows that a user gives as float32, coded like the encoder's own, so that one collection holds one kind of rows. */
import { bufferOf, float32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { codecObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { TokenVectors } from '../../proto/generated/shoal/v1/document.js';
import { float16Rows } from '../../vector-index/codebook/float16-rows.js';
import { TokenCodec } from '../../vector-index/codebook/token-codec.js';

export class TokenCodecs {
  readonly #objects: ObjectStore;
  readonly #codecs = new Map<string, TokenCodec>();

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /** `tokens` by the collection's codec; float16 rows where it has none. Coded ones pass through, their size checked. */
  async coded(tokens: TokenVectors, settings: CollectionSettings): Promise<TokenVectors> {
    if (settings.tokenCodec === '') {
      const rows = float16Rows(float32From(tokens.rows, 'token rows'));
      return { count: tokens.count, rows: bufferOf(rows), codec: '' };
    }
    const codec = await this.#codec(settings.tokenCodec);
    if (tokens.codec === '') {
      const rows = codec.encode(float32From(tokens.rows, 'token rows'));
      return { count: tokens.count, rows: bufferOf(rows), codec: codec.version };
    }
    const bytes = codec.recordBytes(tokens.count);
    if (tokens.rows.length !== bytes) {
      const what = `${tokens.count} token rows of codec '${codec.version}' have ${bytes} bytes, not ${tokens.rows.length}`;
      throw new ShoalError('INVALID_ARGUMENT', what);
    }
    return tokens;
  }

  async #codec(version: string): Promise<TokenCodec> {
    const known = this.#codecs.get(version);
    if (known !== undefined) return known;
    const bytes = await this.#objects.get(codecObject(version));
    if (bytes === null)
      throw new ShoalError('FAILED_PRECONDITION', `token codec '${version}' is not in the object store`);
    const codec = TokenCodec.parse(bytes);
    this.#codecs.set(version, codec);
    return codec;
  }
}
