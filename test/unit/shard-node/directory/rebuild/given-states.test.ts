/** States that other copies read are held as long as somebody reads. */
import assert from 'node:assert/strict';
import { GivenStates } from '../../../../../shard-node/directory/rebuild/given-states.js';
import { MemoryDirectoryDisk, MemoryDirectoryStore } from '../store/memory-directory-store.js';
import type { DirectoryStore } from '../../../../../shard-node/directory/store/directory-store.js';
import { FakeClock } from '../../../../fake-clock.js';
import { commitOf, entry } from '../store/directory-store-conformance.js';

const start = { uid: 'u1', partition: 0, state: 0n, afterId: '', verdictsFrom: 0 };

/** A store that counts who holds its state. */
function storeOn(clock: FakeClock): { readonly store: DirectoryStore; readonly held: { count: number } } {
  const held = { count: 0 };
  const store = new MemoryDirectoryStore(new MemoryDirectoryDisk(), clock);
  const hold = store.hold.bind(store);
  store.hold = () => {
    held.count += 1;
    return { ...hold(), release: () => (held.count -= 1) };
  };
  return { store, held };
}

describe('the states that are given to other copies', () => {
  it('stay as they were while they are read', async () => {
    const clock = new FakeClock();
    const { store } = storeOn(clock);
    await store.commit(commitOf(1n, { a: entry(1n) }));
    const given = new GivenStates(store, clock);
    const first = given.page(start);
    await store.commit(commitOf(2n, { b: entry(2n) }));
    const again = given.page({ ...start, state: first.state });
    assert.deepEqual([again.committed, again.ids, again.state], [1n, ['a'], first.state]);
    assert.deepEqual([again.subjects.length, first.subjects.length], [0, 1]);
    const later = given.page(start);
    assert.deepEqual([later.committed, later.ids], [2n, ['a', 'b']]);
    assert.notEqual(later.state, first.state);
  });

  it('are given up a minute after they were read last', async () => {
    const clock = new FakeClock();
    const { store, held } = storeOn(clock);
    const given = new GivenStates(store, clock);
    const { state } = given.page(start);
    await clock.advance(59_000);
    given.page({ ...start, state });
    await clock.advance(59_000);
    assert.equal(held.count, 1);
    await clock.advance(1_001);
    assert.equal(held.count, 0);
    assert.throws(() => given.page({ ...start, state }), { code: 'NOT_FOUND', message: /not held any more/ });
  });

  it('are given up at the end', () => {
    const clock = new FakeClock();
    const { store, held } = storeOn(clock);
    const given = new GivenStates(store, clock);
    given.page(start);
    given.page(start);
    given.close();
    given.close();
    assert.equal(held.count, 0);
  });
});
