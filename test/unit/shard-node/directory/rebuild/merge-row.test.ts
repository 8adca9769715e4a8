/** Rows of several shards as one entry. */
import assert from 'node:assert/strict';
import { IncompleteDocuments, mergeRow, type ShardRow } from '../../../../../shard-node/directory/rebuild/merge-row.js';
import { entry } from '../store/directory-store-conformance.js';

const row = { code: 1, docId: 5n, contentHash: 6n, isPrimary: true, elsewhere: 0 };

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

describe('a document with passages in several shards', () => {
  const primary = { ...row, elsewhere: 2 };
  const passage = (code: number): ShardRow => ({ ...row, code, isPrimary: false });

  /** The content hash after each of `rows`. */
  function hashesAfter(rows: readonly ShardRow[]): readonly bigint[] {
    const incomplete = new IncompleteDocuments();
    let known: ReturnType<typeof mergeRow>['entry'] | null = null;
    return rows.map((each) => (known = incomplete.hashed('a', mergeRow(known, each).entry, each)).contentHash);
  }

  it('has no content hash before all were seen, in whichever order they come', () => {
    assert.deepEqual(hashesAfter([primary, passage(2), passage(3)]), [0n, 0n, 6n]);
    assert.deepEqual(hashesAfter([passage(2), primary, passage(3)]), [6n, 0n, 6n]);
    assert.deepEqual(hashesAfter([passage(2), passage(3), primary]), [6n, 6n, 6n]);
  });

  it('is another one where a newer version is met', () => {
    assert.deepEqual(hashesAfter([primary, { ...row, code: 2, docId: 9n }]), [0n, 6n]);
    assert.deepEqual(hashesAfter([{ ...row, docId: 9n }, primary]), [6n, 6n]);
    const newer = { ...primary, docId: 9n, elsewhere: 1 };
    assert.deepEqual(hashesAfter([primary, newer, { ...passage(2), docId: 9n }]), [0n, 0n, 6n]);
  });
});
