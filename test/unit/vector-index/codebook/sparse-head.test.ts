import assert from 'node:assert/strict';
import {
  parseSparseHead,
  rowFeatures,
  serializeSparseHead,
  softplus,
} from '../../../../vector-index/codebook/sparse-head.js';

const head = { queries: Float32Array.of(1, 2, 0.5), documents: Float32Array.of(-1, 0, 0.25) };

describe('a sparse head', () => {
  it('is read as it was written', () => {
    const bytes = serializeSparseHead(head);
    assert.equal(bytes.length, 24);
    assert.deepEqual(parseSparseHead(bytes, 2), head);
  });

  it('keeps its format', () => {
    const file = 'AACAPwAAAEAAAAA/AACAvwAAAAAAAIA+';
    assert.equal(Buffer.from(serializeSparseHead(head)).toString('base64'), file);
  });

  it('is refused for rows of other dimensions, and with numbers that are none', () => {
    assert.throws(() => parseSparseHead(serializeSparseHead(head), 3), {
      code: 'INVALID_ARGUMENT',
      message: /24 bytes, for rows of 3 dimensions it has 32; take the file/,
    });
    const broken = serializeSparseHead({ ...head, queries: Float32Array.of(1, NaN, 0) });
    assert.throws(() => parseSparseHead(broken, 2), {
      code: 'INVALID_ARGUMENT',
      message: /not finite; train it again/,
    });
  });

  it('tells a feature of each row', () => {
    assert.deepEqual([...rowFeatures(Float32Array.of(1, 1, 0, -2), head.queries)], [3.5, -3.5]);
    assert.equal(rowFeatures(new Float32Array(0), head.queries).length, 0);
  });
});

describe('softplus', () => {
  it('is positive and does not overflow', () => {
    assert.equal(softplus(1_000), 1_000);
    assert.ok(softplus(-20) > 0 && softplus(-20) < 1e-8);
    assert.ok(Math.abs(softplus(0) - Math.LN2) < 1e-12);
  });
});
