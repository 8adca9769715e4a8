/** Token rows that a user gives as float32, pooled and coded like the encoder's own, so that one collection holds one kind of rows. */
import { bufferOf, float32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { codecObject } from '../../cluster/keys.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { TokenVectors } from '../../proto/generated/shoal/v1/document.js';
import { float16Rows } from '../../vector-index/codebook/float16-rows.js';
import { poolTokens, unitRows } from '../../vector-index/codebook/pool-tokens.js';
import { TokenCodec } from '../../vector-index/codebook/token-codec.js';

export class TokenCodecs {
  readonly #objects: ObjectStore;
  readonly #codecs = new Map<string, TokenCodec>();

  constructor(objects: ObjectStore) {
    this.#objects = objects;
  }

  /**
   * `tokens`, whose uncoded rows are finite, by the collection's codec, which keeps their directions; float16 rows where it has none. Rows
   * that are neither coded nor pooled yet are pooled first, where the collection does so. Coded ones pass through, their size checked.
   * INVALID_ARGUMENT for a wrong size.
   */
  async coded(tokens: TokenVectors, settings: CollectionSettings): Promise<TokenVectors> {
    if (settings.tokenCodec === '') {
      const { rows, count } = rowsOf(tokens, settings);
      return { count, rows: bufferOf(float16Rows(rows)), codec: '', pooled: false };
    }
    const codec = await this.#codec(settings.tokenCodec);
    if (tokens.codec === '') {
      const { rows, count } = rowsOf(tokens, settings);
      return { count, rows: bufferOf(codec.encode(unitRows(rows, codec.dim))), codec: codec.version, pooled: false };
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

/** Uncoded rows, float32[count, tokenDim], as many as the collection keeps. */
function rowsOf(tokens: TokenVectors, settings: CollectionSettings): { rows: Float32Array; count: number } {
  const { tokenDim, tokenPooling } = settings;
  const given = float32From(tokens.rows, 'token rows');
  if (tokens.pooled || tokenPooling <= 1) return { rows: given, count: tokens.count };
  const rows = poolTokens(given, tokenDim, tokenPooling);
  return { rows, count: rows.length / tokenDim };
}
