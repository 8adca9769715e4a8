import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { hasBit } from '../../../../vector-index/bitmap.js';
import { MutableSegment } from '../../../../vector-index/segment/mutable-segment.js';
import { SegmentState, type MutableState } from '../../../../vector-index/segment/segment-state.js';
import { dim, randomDocument, randomDocuments, withSealed } from '../fixtures.js';

function mutableState(count: number): MutableState {
  const state = new SegmentState(new MutableSegment(dim), null);
  for (const document of randomDocuments(seededRandom(1), count)) state.revive(state.reader.add(document, 0n));
  return state;
}

describe('the state of a segment', () => {
  it('keeps what a pin saw: neither deaths nor new rows change it', () => {
    const state = mutableState(70);
    state.kill(3);
    const pinned = state.pin();
    state.kill(4);
    state.revive(state.reader.add(randomDocument(seededRandom(2), 'later', 9_999_999n), 0n));
    assert.equal(pinned.rowCount, 70);
    assert.deepEqual([hasBit(pinned.live!, 3), hasBit(pinned.live!, 4)], [false, true]);
    assert.deepEqual([state.isAlive(4), state.isAlive(70), state.livePrimaryCount], [false, true, 69]);
    state.unpin();
  });

  it('counts only living documents of a term', () => {
    const state = mutableState(0);
    const terms = { termIds: Uint32Array.of(7), weights: Float32Array.of(1) };
    for (let at = 0; at < 3; at += 1) {
      state.revive(state.reader.add({ ...randomDocument(seededRandom(3), `id${at}`, BigInt(at + 1)), terms }, 0n));
    }
    state.kill(1);
    assert.deepEqual([state.documentFrequency(7), state.documentFrequency(8)], [2, 0]);
  });

  it('begins with the deaths that were committed', async () => {
    await withSealed(randomDocuments(seededRandom(4), 9), (segment) => {
      const state = new SegmentState(segment, 'one.segment', Uint8Array.of(0xfe, 0x01));
      assert.deepEqual(
        [state.deadCount, state.committedDeadCount, state.isAlive(0), state.isAlive(8)],
        [1, 1, false, true],
      );
      assert.equal(state.sharedLive(), state.committed);
    });
  });

  it('closes a retired segment only when the last reader lets go', () => {
    let closed = 0;
    const reader = Object.assign(new MutableSegment(dim), { close: () => (closed += 1) });
    const state = new SegmentState(reader, null);
    state.pin();
    state.retire();
    assert.equal(closed, 0);
    state.unpin();
    assert.equal(closed, 1);
  });
});
