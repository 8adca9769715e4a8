import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { encodeBatch } from '../../../../kernels/codes.js';
import { secondLists } from '../../../../vector-index/codebook/second-lists.js';
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

  it('knows whether vectors lie in two lists, and which the second is', async () => {
    const shape = { dim: 12, lists: 30 };
    const structure = toyStructure({ ...shape, hasCopies: true });
    const coder = new ListCoder(structure);
    assert.deepEqual([coder.hasCopies, new ListCoder(toyStructure(shape)).hasCopies], [true, false]);
    const rows = new Float32Array(20 * 12);
    const random = seededRandom(2);
    for (let row = 0; row < 20; row += 1) rows.set(nearVector(random, structure), row * 12);
    const firsts = coder.assign(rows);
    assert.deepEqual(coder.assignSecond(rows, firsts), secondLists(structure.structure, rows, firsts));
    assert.deepEqual(await coder.assignSecondAsync(rows, firsts), coder.assignSecond(rows, firsts));
  });

  it('refuses what does not belong together', () => {
    const [one, other] = [toyStructure({ dim: 8, lists: 4 }), toyStructure({ dim: 8, lists: 5 })];
    assert.throws(() => new ListCoder({ ...one, codebook: other.codebook }), { code: 'INTERNAL' });
    assert.throws(() => new ListCoder({ ...one, version: 0 }), { code: 'INTERNAL' });
    const unknown = new ListCoder(one).batch(new Float32Array(8), Uint32Array.of(4));
    assert.throws(() => encodeBatch(unknown), { code: 'INTERNAL' });
  });
});
