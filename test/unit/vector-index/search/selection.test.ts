/** What a selection lets through: living rows of the lists asked for that pass the filter. */
import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { hasBit } from '../../../../vector-index/bitmap.js';
import type { RowFilter, Selection } from '../../../../vector-index/filter/row-filter.js';
import {
  both,
  searchableRows,
  selectedDocuments,
  selectedRows,
  unselective,
} from '../../../../vector-index/search/selection.js';
import { SegmentState } from '../../../../vector-index/segment/segment-state.js';
import { furtherPassage, randomDocuments, stateOf, withSealed } from '../fixtures.js';
import { withCoded } from '../lists/coded-files.js';
import { toyCoder, toyDocuments, toyStructure } from '../lists/fixtures.js';

const sold: RowFilter = {
  kind: 'compare',
  attribute: 'sold',
  type: 'bool',
  isList: false,
  comparator: 'equal',
  values: [true],
};

describe('a selection', () => {
  const documents = randomDocuments(seededRandom(4), 90);
  const selections: Selection[] = [
    unselective,
    { filter: null, lists: Uint32Array.of(1, 3) },
    { filter: sold, lists: null },
    { filter: sold, lists: Uint32Array.of(0, 2, 4) },
    { filter: { kind: 'constant', value: false }, lists: null },
    { filter: null, lists: new Uint32Array(0) },
  ];

  it('lets through the same rows in memory and on disk', () =>
    withSealed(documents, (sealed) => {
      for (const state of [stateOf(documents), new SegmentState(sealed, 'x')]) {
        state.kill(7);
        for (const selection of selections) {
          const segment = state.pin();
          const rows = selectedRows(segment, selection);
          const { filter, lists } = selection;
          let count = 0;
          for (const [row, document] of documents.entries()) {
            const passes =
              row !== 7 &&
              (lists === null || lists.includes(document.list)) &&
              (filter === null || (filter.kind === 'compare' && document.attributes['sold'] === true));
            assert.equal(rows === null || hasBit(rows, row), passes, `row ${row}`);
            if (passes) count += 1;
          }
          assert.equal(selectedDocuments(segment, rows), count);
          state.unpin();
        }
      }
    }));

  it('finds rows of either list where they lie in two, and counts them by the first', async () => {
    const shape = { dim: 4, lists: 6, hasCopies: true };
    const coded = toyDocuments(seededRandom(5), toyStructure(shape), 200);
    await withCoded(toyCoder(shape), coded, (mutable, sealed) => {
      for (const reader of [mutable, sealed]) {
        const segment = { reader, rowCount: 150, live: null };
        const seconds = reader.coding!.copies!.lists();
        for (const lists of [
          null,
          Uint32Array.of(),
          Uint32Array.of(2, 5),
          Uint32Array.of(9),
          Uint32Array.of(70_000, 3),
        ]) {
          const selection = { filter: null, lists };
          const [counted, found] = [selectedRows(segment, selection), searchableRows(segment, selection)];
          for (let row = 0; row < 150; row += 1) {
            const isFirst = lists === null || lists.includes(reader.lists[row]!);
            assert.equal(counted === null || hasBit(counted, row), isFirst);
            assert.equal(found === null || hasBit(found, row), isFirst || lists.includes(seconds[row]!));
          }
        }
      }
    });
  });

  it('counts documents, not passages', () => {
    const state = stateOf(documents.slice(0, 3).flatMap((document) => [document, furtherPassage(document, 1)]));
    assert.equal(selectedDocuments(state.pin(), null), 3);
    state.kill(0);
    const segment = state.pin();
    assert.equal(selectedDocuments(segment, selectedRows(segment, unselective)), 2);
  });

  it('is all where nothing excludes a row', () => {
    assert.equal(both(null, null, 8), null);
    assert.deepEqual(both(Uint8Array.of(0b110), null, 8), Uint8Array.of(0b110));
    assert.deepEqual(both(Uint8Array.of(0b110), Uint8Array.of(0b011), 8), Uint8Array.of(0b010));
  });
});
