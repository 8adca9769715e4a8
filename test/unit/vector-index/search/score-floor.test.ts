import assert from 'node:assert/strict';
import { ScoreFloor } from '../../../../vector-index/search/score-floor.js';

describe('the floor of scores', () => {
  it('is the k-th best of all that came, and 0 before there are k', () => {
    const floor = new ScoreFloor(3);
    floor.add(Float32Array.of(5, 2));
    assert.equal(floor.score, 0);
    floor.add(Float32Array.of(4, 3, 1));
    assert.equal(floor.score, 3);
    floor.add(Float32Array.of(3.5));
    assert.equal(floor.score, 3.5);
  });
});
