import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { Filter } from '../../../../proto/generated/shoal/v1/filter.js';
import {
  candidatesToWire,
  keysFrom,
  perShard,
  selectionFrom,
  termsFrom,
  vectorFrom,
} from '../../../../shard-node/search/answers.js';
import { floats, longs, noBytes, ref, words } from '../fixtures.js';

const failing = (error: Error): Promise<unknown> =>
  perShard(
    ref,
    () => {
      throw error;
    },
    (outcome) => outcome as unknown,
  );

describe('the answer of one shard', () => {
  it('is what its work gives, or the outcome of its trouble', async () => {
    assert.equal(
      await perShard(
        ref,
        async () => 1,
        () => 2,
      ),
      1,
    );
    assert.deepEqual(await failing(new ShoalError('UNAVAILABLE', 'closed')), {
      shard: 0,
      status: 14,
      message: 'closed',
    });
    assert.deepEqual(
      await perShard(
        undefined,
        () => Promise.reject(new ShoalError('CANCELLED', 'x')),
        ({ shard }) => shard,
      ),
      0,
    );
  });

  it('hides no defect', async () => {
    await assert.rejects(failing(new TypeError('oops')), { code: 'INTERNAL', message: 'oops' });
  });
});

describe('a vector from the wire', () => {
  it('has the collection’s size and finite numbers; an empty one is none', () => {
    assert.deepEqual(vectorFrom(floats(1, 2), 2, 'it'), Float32Array.of(1, 2));
    assert.equal(vectorFrom(noBytes, 2, 'it'), null);
    assert.throws(() => vectorFrom(floats(1), 2, 'it'), {
      code: 'INVALID_ARGUMENT',
      message: 'it has 1 dimension, the collection has 2',
    });
    assert.throws(() => vectorFrom(floats(1, NaN), 2, 'it'), {
      code: 'INVALID_ARGUMENT',
      message: 'it has a number that is not finite',
    });
  });
});

describe('terms from the wire', () => {
  it('have a weight each; no terms are none', () => {
    assert.deepEqual(termsFrom({ termIds: words(1, 2), weights: floats(3, 4) }), {
      termIds: Uint32Array.of(1, 2),
      factors: Float32Array.of(3, 4),
    });
    assert.equal(termsFrom(undefined), null);
    assert.equal(termsFrom({ termIds: noBytes, weights: noBytes }), null);
    assert.throws(() => termsFrom({ termIds: words(1), weights: floats(1, 2) }), {
      code: 'INVALID_ARGUMENT',
      message: '1 terms have 2 weights; give one each',
    });
  });
});

describe('candidates', () => {
  const columns = {
    docIds: BigUint64Array.of(1n),
    idHashes: BigUint64Array.of(2n),
    scores: Float32Array.of(3),
    passages: Uint32Array.of(0),
  };

  it('go out as columns, passages only where one is not primary', () => {
    const wire = { docIds: longs(1n), idHashes: longs(2n), scores: floats(3) };
    assert.deepEqual(candidatesToWire(columns), { ...wire, passages: noBytes });
    assert.deepEqual(candidatesToWire({ ...columns, passages: Uint32Array.of(4) }), { ...wire, passages: words(4) });
  });
});

describe('what a request looks at', () => {
  it('is everything, or the lists named, ascending', () => {
    assert.deepEqual(selectionFrom(undefined), { filter: null, lists: null });
    assert.deepEqual(selectionFrom(undefined, words(7, 3)), { filter: null, lists: Uint32Array.of(3, 7) });
    const filter = selectionFrom(Filter.fromPartial({ has: 'year' }));
    assert.deepEqual(filter, { filter: { kind: 'has', attribute: 'year' }, lists: null });
  });
});

describe('passages that a request names', () => {
  it('are one for each docId, or all primary', () => {
    const docIds = longs(1n, 2n);
    assert.deepEqual(keysFrom({ docIds, passages: noBytes }), { docIds: BigUint64Array.of(1n, 2n), passages: null });
    assert.deepEqual(keysFrom({ docIds, passages: words(0, 5) }).passages, Uint32Array.of(0, 5));
    assert.throws(() => keysFrom({ docIds, passages: words(1) }), {
      code: 'INVALID_ARGUMENT',
      message: '2 docIds have 1 passages; give one each, or none',
    });
  });
});
