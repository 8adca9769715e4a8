/** Rows of several shards as one entry. */
import assert from 'node:assert/strict';
import { mergeRow } from '../../../../shard-node/directory/rebuild-row.js';
import { entry } from './store/directory-store-conformance.js';

const row = { code: 1, docId: 5n, contentHash: 6n, isPrimary: true };

describe('a row of a shard', () => {
  it('is an entry where nothing was known', () => {
    const expected = { docId: 5n, contentHash: 6n, places: [1], unheard: [] };
    assert.deepEqual(mergeRow(null, row), { entry: expected, superseded: [] });
  });

  it('of a larger docId ends the others', () => {
    const { entry: merged, superseded } = mergeRow(entry(4n, { places: [1, 2] }), row);
    assert.deepEqual([merged.docId, merged.places], [5n, [1]]);
    assert.deepEqual(superseded, [{ code: 2, docId: 5n }]);
  });

  it('of a smaller docId is ended', () => {
    const known = entry(9n);
    assert.deepEqual(mergeRow(known, row), { entry: known, superseded: [{ code: 1, docId: 9n }] });
  });

  it('of the same docId is another place, and the primary one comes first', () => {
    const passage = mergeRow(null, { ...row, isPrimary: false }).entry;
    assert.deepEqual([passage.places, passage.unheard], [[1], [1]]);
    const whole = mergeRow(passage, { ...row, code: 2 }).entry;
    assert.deepEqual([whole.places, whole.unheard], [[2, 1], []]);
    const more = mergeRow(whole, { ...row, code: 3, isPrimary: false }).entry;
    assert.deepEqual([more.places, more.unheard], [[2, 1, 3], []]);
  });
});
