import assert from 'node:assert/strict';
import { evenHead, mapRows, queryRows } from '../../../../trainer/heads/multi-head.js';
import { plainProducts } from '../../../../trainer/heads/products.js';

/** Keeps the first two of three dimensions, the second doubled, and takes 1 off the first. */
const map = { matrix: Float32Array.of(1, 0, 0, 2, 0, 0), offset: Float32Array.of(1, 0) };

describe('a multi-vector head', () => {
  it('maps rows to unit length and says how long they were', async () => {
    const { units, lengths } = await mapRows(Float32Array.of(4, 2, 9, 1, -1, 0), map, plainProducts);
    assert.deepEqual([...lengths], [5, 2]);
    [0.6, 0.8, 0, -1].forEach((value, i) => assert.ok(Math.abs(units[i]! - value) < 1e-6));
  });

  it('leaves a row of zeros a row of zeros', async () => {
    const { units, lengths } = await mapRows(Float32Array.of(1, 0, 5), map, plainProducts);
    assert.deepEqual([...units, ...lengths], [0, 0, 0]);
  });

  it('asks with lengths that weigh tokens and have the mean 1', async () => {
    const head = evenHead(3, map);
    head.importance.set([0, 0, 1]);
    const rows = await queryRows(Float32Array.of(4, 2, 5, 4, 2, -5), head, plainProducts);
    const [first, second] = [Math.hypot(rows[0]!, rows[1]!), Math.hypot(rows[2]!, rows[3]!)];
    assert.ok(Math.abs(first + second - 2) < 1e-6);
    assert.ok(first > 20 * second && second > 0);
  });

  it('counts all tokens alike at the start, and copies what it is given', async () => {
    const head = evenHead(3, map);
    const rows = await queryRows(Float32Array.of(4, 2, 5, 4, 2, -5), head, plainProducts);
    for (const from of [0, 2]) assert.ok(Math.abs(Math.hypot(rows[from]!, rows[from + 1]!) - 1) < 1e-6);
    head.queries.matrix[0] = 9;
    assert.equal(map.matrix[0], 1);
    assert.equal(head.documents.matrix[0], 1);
  });
});
