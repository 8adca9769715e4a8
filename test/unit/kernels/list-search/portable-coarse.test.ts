import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { nearestLists, codedSurvivors } from '../../../../kernels/list-search/portable-coarse.js';
import { rowProduct } from '../../../../kernels/list-search/row-product.js';

const [dim, lists] = [20, 50];
const random = seededRandom(11);
const centroids = Float32Array.from({ length: lists * dim }, () => random.normal());
const query = Float32Array.from({ length: dim }, () => random.normal());
const all = [...Array(lists).keys()];

describe('the lists nearest to a query', () => {
  it('are those whose centroids have the largest products', () => {
    const product = (list: number): number => rowProduct(query, centroids, list);
    const nearest = all.toSorted((a, b) => product(b) - product(a));
    assert.deepEqual(nearestLists({ dim, lists, centroids }, query, all), nearest);
    const some = nearest.filter((list) => list % 3 === 0);
    assert.deepEqual(nearestLists({ dim, lists, centroids }, query, some.toReversed()), some);
  });

  it('are all of them, ties by number, where everything is equal', () => {
    const same = new Float32Array(lists * dim).fill(1);
    assert.deepEqual(nearestLists({ dim, lists, centroids: same }, query, all.toReversed()), all);
  });

  it('are compared by codes first only where these leave something out', () => {
    assert.equal(codedSurvivors(8_192, 22), 184);
    assert.equal(codedSurvivors(104, 10), 0);
    assert.equal(codedSurvivors(105, 10), 104);
  });
});
