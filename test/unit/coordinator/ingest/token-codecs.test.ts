import assert from 'node:assert/strict';
import { codecObject } from '../../../../cluster/keys.js';
import type { ObjectStore } from '../../../../cluster/object-store.js';
import { TokenCodecs } from '../../../../coordinator/ingest/token-codecs.js';
import { float32Rows } from '../../../../vector-index/codebook/float16-rows.js';
import { toyCodec } from '../../codec.js';
import { floats, settings } from '../fixtures.js';

const codec = toyCodec();
const rows = floats(1, 0, 0, 0, 0, 0, 0, 0);
const coded = settings({ tokenDim: 8, tokenCodec: codec.version });

function codecsOf(held: Readonly<Record<string, Uint8Array>>): { codecs: TokenCodecs; reads: string[] } {
  const reads: string[] = [];
  const objects: Partial<ObjectStore> = { get: async (name) => (reads.push(name), held[name] ?? null) };
  return { codecs: new TokenCodecs(objects as ObjectStore), reads };
}

const stored = { [codecObject(codec.version)]: codec.serialize() };

describe('given token rows', () => {
  it('are coded by the collection’s codec, which is read once', async () => {
    const { codecs, reads } = codecsOf(stored);
    const tokens = await codecs.coded({ count: 1, rows, codec: '', pooled: false }, coded);
    assert.deepEqual(tokens, { count: 1, rows: tokens.rows, codec: codec.version, pooled: false });
    assert.deepEqual([...tokens.rows], [...codec.encode(Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0))]);
    await codecs.coded({ count: 1, rows, codec: '', pooled: false }, coded);
    assert.deepEqual(reads, [codecObject(codec.version)]);
  });

  it('become float16 where the model has no codec', async () => {
    const tokens = await codecsOf({}).codecs.coded(
      { count: 1, rows: floats(0.5, -2), codec: '', pooled: false },
      settings(),
    );
    assert.equal(tokens.codec, '');
    assert.deepEqual(float32Rows(tokens.rows), Float32Array.of(0.5, -2));
  });

  it('are pooled first where the collection does so, unless they are pooled already', async () => {
    const first = [0, 2, 0, 0, 0, 0, 0, 0];
    const given = { count: 3, rows: floats(...first, 1, 0, 0, 0, 0, 0, 0, 0, ...first), codec: '', pooled: false };
    const pooled = Float32Array.of(0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0);
    const { codecs } = codecsOf(stored);
    const ofCodec = await codecs.coded(given, { ...coded, tokenPooling: 2 });
    assert.deepEqual([ofCodec.count, [...ofCodec.rows]], [2, [...codec.encode(pooled)]]);
    const halves = settings({ tokenDim: 8, tokenPooling: 2 });
    const plain = await codecs.coded(given, halves);
    assert.deepEqual([plain.count, float32Rows(plain.rows)], [2, pooled]);
    assert.equal((await codecs.coded({ ...given, pooled: true }, halves)).count, 3);
    for (const tokenPooling of [0, 1]) assert.equal((await codecs.coded(given, { ...halves, tokenPooling })).count, 3);
  });

  it('keep their directions alone where they are coded, however long they are', async () => {
    const { codecs } = codecsOf(stored);
    const unit = { count: 1, rows, codec: '', pooled: false };
    const long = { ...unit, rows: floats(60_000, 0, 0, 0, 0, 0, 0, 0) };
    assert.deepEqual(await codecs.coded(long, coded), await codecs.coded(unit, coded));
  });

  it('pass as they are when they are coded already, if their size fits', async () => {
    const { codecs } = codecsOf(stored);
    const record = { count: 1, rows: Buffer.alloc(codec.recordBytes(1)), codec: codec.version, pooled: false };
    assert.equal(await codecs.coded(record, coded), record);
    await assert.rejects(codecs.coded({ ...record, count: 2 }, coded), {
      code: 'INVALID_ARGUMENT',
      message: `2 token rows of codec '${codec.version}' have ${codec.recordBytes(2)} bytes, not ${codec.recordBytes(1)}`,
    });
  });

  it('cannot be coded when the codec is gone', async () => {
    await assert.rejects(codecsOf({}).codecs.coded({ count: 1, rows, codec: '', pooled: false }, coded), {
      code: 'FAILED_PRECONDITION',
      message: /is not in the object store/,
    });
  });
});
