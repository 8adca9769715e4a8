import assert from 'node:assert/strict';
import { trainAnchors } from '../../../../trainer/structure/train-anchors.js';

const structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1) };
const means = Float32Array.of(0.8, 0.1, 0.1, 0.8);

describe('training anchors', () => {
  it('gives the means where there are no queries', () => {
    assert.deepEqual(trainAnchors(structure, means, null), means);
  });

  it('moves an anchor to the queries that probe the list, the further the more there are', () => {
    const asked = (count: number): Float32Array =>
      Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 1 : 0.5));
    const [few, many] = [trainAnchors(structure, means, asked(5)), trainAnchors(structure, means, asked(2_000))];
    assert.deepEqual(few.subarray(2), means.subarray(2), 'no query probes the other list');
    assert.ok(few[0]! > means[0]! && few[0]! < 0.86, `${few[0]}`);
    assert.ok(Math.abs(many[0]! - 1) < 0.01 && Math.abs(many[1]! - 0.5) < 0.01);
  });
});
