import assert from 'node:assert/strict';
import { directRows, firstSurvivors, secondSurvivors } from '../../../../vector-index/search/survivors.js';

describe('the rows that passes leave', () => {
  it('get fewer from pass to pass and hold all that is wanted', () => {
    for (const k of [1, 10, 100, 10_000]) {
      assert.ok(directRows(k) > firstSurvivors(k));
      assert.ok(firstSurvivors(k) > secondSurvivors(k));
      assert.ok(secondSurvivors(k) > k);
    }
  });
});
