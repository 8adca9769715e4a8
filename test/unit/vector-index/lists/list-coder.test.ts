import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { nearestList } from '../../../../vector-index/codebook/structure.js';
import { ListCoder } from '../../../../vector-index/lists/list-coder.js';
import { nearVector, toyStructure } from './fixtures.js';

describe('the coder of a structure', () => {
  it('assigns as documents are routed', async () => {
    const structure = toyStructure({ dim: 12, lists: 30 });
    const random = seededRandom(1);
    const rows = new Float32Array(50 * 12);
    for (let row = 0; row < 50; row += 1) rows.set(nearVector(random, structure), row * 12);
    assert.deepEqual(new ListCoder(structure).assign(rows), await nearestList(structure.structure, rows));
  });

  it('gives a list the same bias whatever else is asked for, and none to others', () => {
    const structure = toyStructure({ dim: 12, lists: 40 });
    const coder = new ListCoder(structure);
    const query = nearVector(seededRandom(2), structure);
    const all = coder.biases(query, null);
    const some = coder.biases(query, Uint32Array.of(3, 17, 39, 40));
    for (const list of [3, 17, 39]) assert.equal(some[list], all[list]);
    assert.equal(some.filter((bias) => !Number.isNaN(bias)).length, 3);
    assert.ok(Math.abs(all[3]! - dot(query, structure.codebook.bases.subarray(36, 48))) < 1e-5);
  });

  it('pads vectors where the words cover more than dim', () => {
    const coder = new ListCoder(toyStructure({ dim: 3, lists: 2 }));
    assert.deepEqual(coder.padded(Float32Array.of(1, 2, 3, 4, 5, 6)), Float32Array.of(1, 2, 3, 0, 4, 5, 6, 0));
    assert.equal(coder.encode(1, Float32Array.of(1, 2, 3)).factors.length, 2);
  });

  it('refuses what does not belong together', () => {
    const [one, other] = [toyStructure({ dim: 8, lists: 4 }), toyStructure({ dim: 8, lists: 5 })];
    assert.throws(() => new ListCoder({ ...one, codebook: other.codebook }), { code: 'INTERNAL' });
    assert.throws(() => new ListCoder({ ...one, version: 0 }), { code: 'INTERNAL' });
    assert.throws(() => new ListCoder(one).encode(4, new Float32Array(8)), { code: 'INTERNAL' });
  });
});

function dot(left: Float32Array, right: Float32Array): number {
  return left.reduce((sum, value, at) => sum + value * right[at]!, 0);
}
