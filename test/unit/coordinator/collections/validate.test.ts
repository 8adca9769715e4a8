/** A new collection may ask for what can be built; everything else is refused with the reason. */
import assert from 'node:assert/strict';
import { checkName, checkPooling, checkRequest, structureOf } from '../../../../coordinator/collections/validate.js';
import { attributeTypes } from '../../../../proto/attributes.js';
import { CreateCollectionRequest } from '../../../../proto/generated/shoal/v1/collections.js';
import type { AttributeType } from '../../../../proto/generated/shoal/v1/document.js';
import { floats } from '../fixtures.js';

type Fields = Parameters<typeof CreateCollectionRequest.fromPartial>[0];

const bare = { name: 'notes', model: 'none', dim: 2 };

function check(fields: Fields): void {
  checkRequest(CreateCollectionRequest.fromPartial({ ...bare, ...fields }));
}

function refusal(fields: Fields, message: RegExp | string): void {
  assert.throws(() => check(fields), { code: 'INVALID_ARGUMENT', message });
}

describe('a request for a collection', () => {
  it('has a name of small letters, digits, _ and -', () => {
    check({ name: '0_-' + 'x'.repeat(60) });
    for (const name of ['', 'Notes', '-a', '_a', 'a b', 'ä', 'x'.repeat(64), 'a/b']) {
      refusal({ name }, /^collection name '.*' is not of the form: lower-case letters/);
    }
    assert.throws(() => checkName('A', 'alias'), { code: 'INVALID_ARGUMENT', message: /^alias name 'A'/ });
  });

  it('has dimensions in range without a model, and none with one', () => {
    refusal({ dim: 0 }, /^dim is 0; without a model it must be given, 1 to 65536$/);
    refusal({ dim: 65_537 }, /^dim is 65537/);
    refusal({ model: 'toy' }, /^dim is the model's; give it with model "none" only$/);
  });

  it('declares attributes of plain names and known types', () => {
    refusal({ attributes: { 'a b': 1 } }, /^attribute name 'a b' is not of the form/);
    refusal(
      { attributes: { year: 99 as AttributeType } },
      /^attribute 'year' has type 99, which this cluster does not know$/,
    );
    refusal({ attributes: { year: 0 } }, /has type 0/);
  });

  it('has shards, partitions, recall and copies in range', () => {
    for (const copies of [0, 1, 2]) check({ copies });
    refusal({ copies: 3 }, /^copies are 3; a vector lies in 1 or 2 lists$/);
    refusal({ shards: 4_097 }, /^shards is 4097; it must be at most 4096$/);
    refusal({ directoryPartitions: 257 }, /^directory partitions are 257; they must be at most 256$/);
    for (const targetRecall of [-0.1, 1, 2, NaN])
      refusal({ targetRecall }, /^target recall is .*; it must be above 0 and below 1$/);
  });

  it('keeps a token row for 1 to 16 tokens, and pools only what there is', () => {
    for (const tokenPooling of [0, 1, 2, 16]) check({ tokenPooling });
    refusal(
      { tokenPooling: 17 },
      /^token pooling is 17, but a row is kept for 1 to 16 tokens; give a number of that range$/,
    );
    const pooling = (tokenPooling: number, tokenDim: number): void =>
      checkPooling(CreateCollectionRequest.fromPartial({ tokenPooling }), 'toy', tokenDim);
    for (const tokenPooling of [0, 1]) pooling(tokenPooling, 0);
    pooling(2, 96);
    assert.throws(() => pooling(2, 0), {
      code: 'INVALID_ARGUMENT',
      message: /^token pooling is 2, but model 'toy' gives no token vectors .*; leave it out, or choose a model/,
    });
  });

  it('expires by a timestamp, declared or not', () => {
    check({ expiresBy: 'until' });
    check({ expiresBy: 'until', attributes: { until: attributeTypes.timestamp } });
    refusal(
      { expiresBy: 'until', attributes: { until: attributeTypes.string } },
      "documents expire by 'until', which is declared as string; declare it as a timestamp",
    );
    refusal({ expiresBy: 'a b' }, /^attribute name 'a b' is not of the form/);
  });
});

describe('given centroids', () => {
  const structure = (fields: Fields): ReturnType<typeof structureOf> =>
    structureOf(CreateCollectionRequest.fromPartial({ ...bare, ...fields }), 2);

  it('are one list each; without them there is no structure', () => {
    assert.equal(structure({}), null);
    const centroids = floats(1, 0, 0, 1);
    assert.deepEqual(structure({ centroids, shards: 2 }), { dim: 2, centroids: Float32Array.of(1, 0, 0, 1) });
  });

  it('are whole finite vectors, at least as many as shards', () => {
    const bad = (fields: Fields, message: RegExp): void => {
      assert.throws(() => structure(fields), { code: 'INVALID_ARGUMENT', message });
    };
    bad({ centroids: floats(1, 2, 3) }, /centroids have 3 values, which are no whole vectors of 2 dimensions/);
    bad({ centroids: Buffer.alloc(5) }, /centroids has 5 bytes, which is not a multiple of 4/);
    bad({ centroids: floats(1, NaN) }, /a centroid has a number that is not finite/);
    bad({ centroids: floats(1, 2), shards: 2 }, /shards is 2, but there are only 1 lists/);
    bad({ centroids: Buffer.alloc(65_537 * 8) }, /there are 65537 centroids; there must be at most 65536/);
  });
});
