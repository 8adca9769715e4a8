import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { encodeBatch } from '../../../../kernels/codes.js';
import { secondLists } from '../../../../vector-index/codebook/second-lists.js';
import { nearestList } from '../../../../vector-index/codebook/structure.js';
import { ListCoder } from '../../../../vector-index/lists/list-coder.js';
import { nearVector, toyStructure } from './fixtures.js';
import { splitToy } from './split-structures.js';

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

  it('assigns as documents are routed where lists were split, on any thread', async () => {
    const structure = splitToy(toyStructure({ dim: 12, lists: 30 }), 2, [3, 4, 5], 3);
    const random = seededRandom(2);
    const rows = Float32Array.from({ length: 200 * 12 }, () => random.normal());
    const [coder, routed] = [new ListCoder(structure), await nearestList(structure.structure, rows)];
    assert.deepEqual(coder.assign(rows), routed);
    assert.deepEqual(await coder.assignAsync(rows), routed);
    assert.ok(routed.some((list) => list >= 30));
  });

  it('knows where lists of before are now, and of no others', () => {
    const first = toyStructure({ dim: 8, lists: 4 });
    const coder = new ListCoder(splitToy(splitToy(first, 3, [1]), 5, [2]));
    const now = (version: number, ...lists: number[]): number[] | null => {
      const found = coder.listsNow(version, Uint32Array.from(lists));
      return found === null ? null : [...found].sort();
    };
    assert.deepEqual(
      [now(1, 0, 1), now(1, 1, 2), now(3, 1, 4), now(3, 2)],
      [
        [0, 1, 4],
        [1, 2, 4, 5],
        [1, 4],
        [2, 5],
      ],
    );
    assert.deepEqual([now(5, 4, 5), now(4, 1), now(6, 1), now(1, 4)], [[4, 5], null, null, null]);
    assert.deepEqual(new ListCoder(first).listsNow(1, Uint32Array.of(3)), Uint32Array.of(3));
    assert.deepEqual([coder.listsAt(1), coder.listsAt(3), coder.listsAt(5), coder.listsAt(2)], [4, 5, 6, null]);
  });

  it('refuses what does not belong together', () => {
    const [one, other] = [toyStructure({ dim: 8, lists: 4 }), toyStructure({ dim: 8, lists: 5 })];
    assert.throws(() => new ListCoder({ ...one, codebook: other.codebook }), { code: 'INTERNAL' });
    assert.throws(() => new ListCoder({ ...one, version: 0 }), { code: 'INTERNAL' });
    const unknown = new ListCoder(one).batch(new Float32Array(8), Uint32Array.of(4));
    assert.throws(() => encodeBatch(unknown), { code: 'INTERNAL' });
  });
});
