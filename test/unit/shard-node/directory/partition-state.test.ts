/** A partition's state: what was heard on top of what is stored, settled in order, committed exactly. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { systemClock } from '../../../../base/clock.js';
import { hashText } from '../../../../base/hash.js';
import type { DirectoryEntry } from '../../../../shard-node/directory/store/directory-entry.js';
import { compareIds } from '../../../../shard-node/directory/store/id-order.js';
import { MemoryDirectoryDisk, MemoryDirectoryStore } from './store/memory-directory-store.js';
import type { Decision } from '../../../../shard-node/directory/decide.js';
import { PartitionState, type OpenRecord } from '../../../../shard-node/directory/partition-state.js';
import { entry, verdict } from './store/directory-store-conformance.js';

const whole = { first: 0n, last: 2n ** 64n - 1n };

function stateOn(disk = new MemoryDirectoryDisk(), range = whole): PartitionState {
  return new PartitionState(new MemoryDirectoryStore(disk, systemClock), range);
}

function decisionOf(changes: Record<string, DirectoryEntry | null>, more: Partial<Decision> = {}): Decision {
  return { changes: new Map(Object.entries(changes)), superseded: [], accepted: [], verdicts: null, ...more };
}

function hear(
  state: PartitionState,
  sequence: bigint,
  changes: Record<string, DirectoryEntry | null>,
  more: Partial<Decision> = {},
): OpenRecord {
  return state.hear({ sequence, code: state.codeOf('s'), epoch: sequence }, decisionOf(changes, more));
}

describe('the state of a partition', () => {
  it('shows what was heard at once, and settles it in order', () => {
    const state = stateOn();
    const first = hear(state, 1n, { a: entry(1n) });
    first.open = 1;
    hear(state, 2n, { a: entry(2n), b: entry(3n) });
    assert.equal(state.settle(), false);
    assert.deepEqual(
      [state.entry('a'), state.heard, state.settled, state.unsettled, state.epoch],
      [entry(2n), 2n, 0n, 2, 2n],
    );
    first.open = 0;
    first.caused = 7n;
    assert.equal(state.settle(), true);
    assert.deepEqual([state.settled, state.unsettled, state.changed, state.caused.upTo(2n)], [2n, 0, 2, 7n]);
  });

  it('commits what is settled and nothing else', async () => {
    const disk = new MemoryDirectoryDisk();
    const state = stateOn(disk);
    hear(state, 1n, { a: entry(1n) }, { verdicts: verdict(1n, 5) });
    const second = hear(state, 2n, { a: entry(2n), b: entry(3n) }, { verdicts: verdict(2n, 6) });
    second.open = 1;
    state.settle();
    await state.commit();
    assert.deepEqual([disk.state.marks.committed, state.committed, disk.state.verdicts.length], [1n, 1n, 1]);
    assert.deepEqual([...disk.state.entries], [['a', entry(1n)]]);
    assert.deepEqual(disk.state.marks.subjects, [{ subject: 's', last: 1n }]);
    assert.deepEqual([state.entry('a'), state.entry('b')], [entry(2n), entry(3n)]);
    second.open = 0;
    state.settle();
    await state.commit();
    assert.deepEqual([...disk.state.entries.keys()], ['a', 'b']);
    assert.equal(disk.state.verdicts.length, 2);
  });

  it('keeps what is gone, gone, whatever is stored meanwhile of what came before', async () => {
    const state = stateOn();
    hear(state, 1n, { a: null });
    state.settle();
    const storing = state.commit();
    hear(state, 2n, { a: entry(2n) });
    const last = hear(state, 3n, { a: null });
    last.open = 1;
    state.settle();
    await storing;
    await state.commit();
    assert.deepEqual([state.committed, state.entry('a')], [2n, null]);
    last.open = 0;
    state.settle();
    await state.commit();
    assert.deepEqual([state.committed, state.entry('a'), state.list('', 9)], [3n, null, []]);
  });

  it('is as before where a commit failed', async () => {
    const disk = new MemoryDirectoryDisk();
    const state = stateOn(disk);
    hear(state, 1n, { a: entry(1n), b: entry(1n) });
    state.settle();
    disk.isFull = true;
    const failing = state.commit();
    hear(state, 2n, { a: entry(2n) }, { verdicts: verdict(2n, 1) });
    state.settle();
    await assert.rejects(failing, { code: 'RESOURCE_EXHAUSTED' });
    assert.deepEqual([state.committed, state.changed], [0n, 2]);
    disk.isFull = false;
    await state.commit();
    assert.deepEqual(
      [disk.state.entries.get('a'), disk.state.entries.get('b'), disk.state.verdicts.length],
      [entry(2n), entry(1n), 1],
    );
  });

  it('skips what the log never had', () => {
    const state = stateOn();
    state.skipTo(9n);
    state.settle();
    assert.deepEqual([state.heard, state.settled], [9n, 9n]);
    state.skipTo(4n);
    assert.equal(state.heard, 9n);
  });

  it('owns the ids of its range', () => {
    const half = { first: 0n, last: 2n ** 63n - 1n };
    const state = stateOn(undefined, half);
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) assert.equal(state.owns(id), hashText(id) < 2n ** 63n);
    assert.equal(stateOn().owns('a'), true);
  });

  it('lists what is stored and what is not as one', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.dictionary(fc.constantFrom('a', 'ab', 'b', 'c', 'ca', 'é'), fc.boolean())), {
          maxLength: 6,
        }),
        fc.integer({ min: 1, max: 4 }),
        async (steps, limit) => {
          const state = stateOn();
          const model = new Map<string, DirectoryEntry>();
          let sequence = 0n;
          for (const [isCommitted, changes] of steps) {
            sequence += 1n;
            const entries = Object.entries(changes).map(
              ([id, isThere]) => [id, isThere ? entry(sequence) : null] as const,
            );
            for (const [id, known] of entries) void (known === null ? model.delete(id) : model.set(id, known));
            hear(state, sequence, Object.fromEntries(entries));
            state.settle();
            if (isCommitted) await state.commit();
          }
          const listed: string[] = [];
          for (let after = ''; ;) {
            const page = state.list(after, limit);
            for (const { id, entry: known } of page)
              assert.deepEqual([known, state.entry(id)], [model.get(id), model.get(id)]);
            listed.push(...page.map(({ id }) => id));
            if (page.length < limit) break;
            after = page.at(-1)!.id;
          }
          assert.deepEqual(listed, [...model.keys()].sort(compareIds));
        },
      ),
      { numRuns: 60, seed: 5 },
    ));
});
