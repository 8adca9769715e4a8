import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { PinnedIndex, SelectedIndex } from '../../../../vector-index/search/pinned-index.js';
import { applyChange } from '../../../../vector-index/apply-change.js';
import { IndexState } from '../../../../vector-index/index-state.js';
import { ListCoder } from '../../../../vector-index/lists/list-coder.js';
import { furtherPassage, randomDocument, stateOf } from '../fixtures.js';
import { dim, documents, first, second } from './split-index.js';

const random = seededRandom(1);

describe('a pinned index', () => {
  it('finds living documents of the instant of the pin', () => {
    const states = [
      stateOf([randomDocument(random, 'a', 5n), randomDocument(random, 'b', 3n)]),
      stateOf([randomDocument(random, 'c', 4n)]),
    ];
    states[0]!.kill(0);
    const index = new PinnedIndex(states);
    states[1]!.kill(0);
    states[1]!.revive(states[1]!.reader.add(randomDocument(random, 'd', 9n), 0n));
    assert.deepEqual(
      [3n, 4n, 5n, 9n, 10n].map((docId) => index.place(docId)),
      [{ segment: 0, row: 1 }, { segment: 1, row: 0 }, null, null, null],
    );
    index.release();
  });

  it('lets its segments go once', () => {
    let closed = 0;
    const state = stateOf([]);
    Object.assign(state.reader, { close: () => (closed += 1) });
    const index = new PinnedIndex([state]);
    const other = new PinnedIndex([state]);
    state.retire();
    index.release();
    index.release();
    assert.equal(closed, 0);
    other.release();
    assert.equal(closed, 1);
  });

  it('finds the living passages of a document, in order, wherever they lie', () => {
    const document = randomDocument(random, 'a', 5n);
    const states = [stateOf([furtherPassage(document, 3), document]), stateOf([furtherPassage(document, 1)])];
    const index = new PinnedIndex(states);
    assert.deepEqual(index.places(5n), [
      { segment: 0, row: 1 },
      { segment: 1, row: 0 },
      { segment: 0, row: 0 },
    ]);
    assert.deepEqual([index.place(5n, 3), index.place(5n, 2), index.places(6n)], [{ segment: 0, row: 0 }, null, []]);
    states[0]!.kill(1);
    assert.deepEqual([index.place(5n), new PinnedIndex(states).place(5n)], [{ segment: 0, row: 1 }, null]);
  });

  it('lets who waits for moved rows give up at once, and goes on with segments open', async () => {
    const state = new IndexState({ dim, tokenDim: 8 }, new ListCoder(first));
    applyChange(state, 0, { documents });
    let isClosed = false;
    const older = state.freeze()!;
    Object.assign(older.reader, { close: () => (isClosed = true) });
    state.recode(new ListCoder(second));
    const index = new PinnedIndex(state.states, state.coder, state.searchers);
    let resume = (): void => undefined;
    const gate = new Promise<void>((resolve) => (resume = resolve));
    const stop = new AbortController();
    const waiting = index.prepare(() => gate, stop.signal);
    const patient = index.prepare(() => Promise.reject(new Error('it is found already')));
    const gone = new Error('the caller is gone');
    stop.abort(gone);
    await assert.rejects(waiting, gone);
    await assert.rejects(
      index.prepare(() => gate, stop.signal),
      gone,
    );
    index.release();
    older.retire();
    const moved = state.searchers.movedRows(state.coder!);
    assert.deepEqual([isClosed, moved.known(older.reader)], [false, null]);
    resume();
    await patient;
    assert.equal(moved.known(older.reader)?.length, older.reader.rowCount);
    await Promise.resolve();
    assert.equal(isClosed, true);
  });

  it('finds what is selected once for each segment', () => {
    const state = stateOf([randomDocument(random, 'a', 5n, 1), randomDocument(random, 'b', 6n, 2)]);
    const index = new SelectedIndex(new PinnedIndex([state]), { filter: null, lists: Uint32Array.of(2) });
    assert.deepEqual(index.selected(0), Uint8Array.of(0b10));
    assert.equal(index.selected(0), index.selected(0));
    assert.deepEqual(index.searchable(0), Uint8Array.of(0b10));
  });
});
