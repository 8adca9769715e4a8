/** What every directory store does: the suite that each implementation passes. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Verdict } from '../../../../../proto/generated/shoal/v1/directory.js';
import {
  noMarks,
  verdictKeptMs,
  type DirectoryEntry,
  type VerdictRecord,
} from '../../../../../shard-node/directory/store/directory-entry.js';
import type { DirectoryCommit, DirectoryStore } from '../../../../../shard-node/directory/store/directory-store.js';
import { compareIds } from '../../../../../shard-node/directory/store/id-order.js';

/** Opens the store on what was left by the one before; `crash` drops the present one without closing it. */
export interface StoreHarness {
  open(): Promise<DirectoryStore>;
  /** While true, commits find no room. */
  setFull(isFull: boolean): void;
}

export function entry(docId: bigint, changes: Partial<DirectoryEntry> = {}): DirectoryEntry {
  return { docId, contentHash: docId * 3n, places: [0], unheard: [], ...changes };
}

export function commitOf(
  committed: bigint,
  entries: Record<string, DirectoryEntry | null>,
  verdicts: VerdictRecord[] = [],
): DirectoryCommit {
  const subjects = [{ subject: 's.1', last: committed }];
  return { marks: { committed, subjects, epoch: 2n, caused: 1n }, entries: new Map(Object.entries(entries)), verdicts };
}

export function verdict(sequence: bigint, timeMs: number, writeId = ''): VerdictRecord {
  return {
    sequence,
    timeMs,
    writeId,
    firstSequence: sequence,
    firstMs: timeMs,
    verdicts: [Verdict.VERDICT_APPLIED, Verdict.VERDICT_ELSEWHERE],
    docIds: BigUint64Array.of(sequence, 0n),
  };
}

/** `withHarness` makes an empty one and takes it away afterwards. */
export function storeConformance(withHarness: (work: (harness: StoreHarness) => Promise<void>) => Promise<void>): void {
  const withStore = (work: (store: DirectoryStore, harness: StoreHarness) => Promise<void>): Promise<void> =>
    withHarness(async (harness) => {
      const store = await harness.open();
      try {
        await work(store, harness);
      } finally {
        await store.close();
      }
    });

  it('knows nothing at first', () =>
    withStore(async (store) => {
      assert.deepEqual(store.marks, noMarks);
      assert.equal(store.get('a'), null);
      assert.deepEqual(store.list('', 10), []);
      assert.deepEqual(store.verdicts, []);
    }));

  it('gives back what was committed, each kind of entry whole', () =>
    withStore(async (store) => {
      const entries = {
        a: entry(1n),
        b: entry(2n, { unheard: [0] }),
        c: entry(2n ** 64n - 1n, { contentHash: 2n ** 64n - 1n, places: [300, 0, 70_000], unheard: [0] }),
        d: entry(0n, { contentHash: 0n, places: [5] }),
        ü: entry(2n ** 40n + 5n, { places: [2, 3] }),
        [`${'x'.repeat(255)}y`]: entry(7n),
      };
      await store.commit(commitOf(9n, entries));
      for (const [id, known] of Object.entries(entries)) assert.deepEqual(store.get(id), known);
      assert.equal(store.get('x'.repeat(255)), null);
      assert.deepEqual(store.marks, commitOf(9n, {}).marks);
    }));

  it('lists ids in the order of their bytes, after any id', () =>
    withStore(async (store) => {
      await store.commit(commitOf(1n, { b: entry(1n), '\u{1f600}': entry(2n), a: entry(3n) }));
      await store.commit(commitOf(2n, { '\uffff': entry(4n), ab: entry(5n), b: null }));
      const ids = (after: string, limit: number): string[] => store.list(after, limit).map(({ id }) => id);
      assert.deepEqual(ids('', 10), ['a', 'ab', '\uffff', '\u{1f600}']);
      assert.deepEqual(ids('a', 2), ['ab', '\uffff']);
      assert.deepEqual(ids('aa', 1), ['ab']);
      assert.deepEqual(ids('\u{1f600}', 1), []);
    }));

  it('holds a state for a reader, whatever is committed meanwhile', () =>
    withStore(async (store) => {
      await store.commit(commitOf(1n, { a: entry(1n), b: entry(2n) }, [verdict(1n, 10)]));
      const held = store.hold();
      for (let at = 2n; at < 30n; at += 1n) await store.commit(commitOf(at, { a: null, b: entry(at), c: entry(at) }));
      assert.deepEqual([held.marks.committed, held.verdicts], [1n, [verdict(1n, 10)]]);
      assert.deepEqual(held.list('', 5), [
        { id: 'a', entry: entry(1n) },
        { id: 'b', entry: entry(2n) },
      ]);
      assert.deepEqual(held.list('a', 5), [{ id: 'b', entry: entry(2n) }]);
      held.release();
      held.release();
      assert.deepEqual(
        store.list('', 5).map(({ id }) => id),
        ['b', 'c'],
      );
    }));

  it('is the same after it was opened again', () =>
    withHarness(async (harness) => {
      const before = await harness.open();
      await before.commit(commitOf(1n, { a: entry(1n), b: entry(2n) }, [verdict(1n, 10, 'w')]));
      await before.commit(commitOf(2n, { a: null, c: entry(3n) }, [verdict(2n, 11)]));
      await before.close();
      await before.close();
      const after = await harness.open();
      assert.deepEqual(after.marks.committed, 2n);
      assert.deepEqual([after.get('a'), after.get('b'), after.get('c')], [null, entry(2n), entry(3n)]);
      assert.deepEqual(after.verdicts, [verdict(1n, 10, 'w'), verdict(2n, 11)]);
      await after.close();
    }));

  it('keeps marks that come without entries', () =>
    withHarness(async (harness) => {
      const before = await harness.open();
      await before.commit(commitOf(5n, {}));
      await before.close();
      const after = await harness.open();
      assert.deepEqual(after.marks, commitOf(5n, {}).marks);
      await after.close();
    }));

  it('forgets verdicts after ten minutes of record time', () =>
    withStore(async (store) => {
      await store.commit(commitOf(1n, {}, [verdict(1n, 0)]));
      await store.commit(commitOf(2n, {}, [verdict(2n, verdictKeptMs)]));
      assert.equal(store.verdicts.length, 2);
      await store.commit(commitOf(3n, {}, [verdict(3n, verdictKeptMs + 1)]));
      assert.deepEqual(
        store.verdicts.map(({ sequence }) => sequence),
        [2n, 3n],
      );
    }));

  it('keeps verdicts of many commits', () =>
    withHarness(async (harness) => {
      const before = await harness.open();
      for (let n = 1; n <= 40; n += 1) await before.commit(commitOf(BigInt(n), {}, [verdict(BigInt(n), n)]));
      await before.close();
      const after = await harness.open();
      assert.deepEqual(
        after.verdicts.map(({ timeMs }) => timeMs),
        Array.from({ length: 40 }, (_, i) => i + 1),
      );
      await after.close();
    }));

  it('stays as it was where the disk has no room, and takes the same commit later', () =>
    withStore(async (store, harness) => {
      await store.commit(commitOf(1n, { a: entry(1n) }));
      const next = commitOf(2n, { a: entry(2n), b: entry(3n) }, [verdict(2n, 5)]);
      harness.setFull(true);
      await assert.rejects(store.commit(next), { code: 'RESOURCE_EXHAUSTED' });
      assert.deepEqual([store.marks.committed, store.get('a'), store.get('b')], [1n, entry(1n), null]);
      assert.deepEqual(store.verdicts, []);
      harness.setFull(false);
      await store.commit(next);
      assert.deepEqual([store.marks.committed, store.get('a'), store.get('b')], [2n, entry(2n), entry(3n)]);
    }));

  it('agrees with a map, whatever is committed, closed and opened', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(someCommit, fc.constant('reopen' as const)), { maxLength: 12 }), (steps) =>
        withHarness(async (harness) => {
          let store = await harness.open();
          const model = new Map<string, DirectoryEntry>();
          let committed = 0n;
          for (const step of steps) {
            if (step === 'reopen') {
              await store.close();
              store = await harness.open();
            } else {
              committed += 1n;
              await store.commit(commitOf(committed, Object.fromEntries(step)));
              for (const [id, known] of step) void (known === null ? model.delete(id) : model.set(id, known));
            }
            const ids = [...model.keys()].sort(compareIds);
            assert.deepEqual(
              store.list('', 1_000),
              ids.map((id) => ({ id, entry: model.get(id) })),
            );
            for (const id of ['a', 'ab', 'b', 'ba', 'bb']) assert.deepEqual(store.get(id), model.get(id) ?? null);
          }
          await store.close();
        }),
      ),
      { numRuns: 15, seed: 7 },
    ));
}

const someEntry = fc.record(
  {
    docId: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    contentHash: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    places: fc.uniqueArray(fc.nat(200), { minLength: 1, maxLength: 3 }),
    unheard: fc.constant([]),
  },
  { noNullPrototype: true },
);
const someId = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '\u{10000}'), minLength: 1, maxLength: 4 });
const someCommit = fc
  .array(fc.tuple(someId, fc.option(someEntry, { nil: null })), { maxLength: 20 })
  .map((pairs) => [...new Map(pairs)]);
