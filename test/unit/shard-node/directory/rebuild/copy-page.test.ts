/** A state in pages comes back as it was. */
import assert from 'node:assert/strict';
import { ReadCopyResponse } from '../../../../../proto/generated/shoal/v1/directory.js';
import { copyPage, emptyPage, entriesIn, verdictsIn } from '../../../../../shard-node/directory/rebuild/copy-page.js';
import type { DirectoryEntry, VerdictRecord } from '../../../../../shard-node/directory/store/directory-entry.js';
import type { HeldState, ListedEntry } from '../../../../../shard-node/directory/store/directory-store.js';
import { entry, verdict } from '../store/directory-store-conformance.js';

const subjects = [
  { subject: 's.1', last: 7n },
  { subject: 's.2', last: 8n },
];

function stateOf(entries: readonly (readonly [string, DirectoryEntry])[], verdicts: VerdictRecord[] = []): HeldState {
  return {
    marks: { committed: 9n, subjects, epoch: 3n, caused: 11n },
    verdicts,
    list: (after, limit) =>
      entries
        .filter(([id]) => id > after)
        .slice(0, limit)
        .map(([id, each]) => ({ id, entry: each })),
    release: () => undefined,
  };
}

/** As the wire has it. */
function sent(page: ReadCopyResponse): ReadCopyResponse {
  return ReadCopyResponse.decode(ReadCopyResponse.encode(page).finish());
}

describe('a page of a copy', () => {
  const start = { state: 0n, afterId: '', verdictsFrom: 0 };

  it('has the marks and what there is', () => {
    const entries = [
      ['a', entry(1n)],
      ['b', entry(2n, { places: [1, 0], unheard: [0] })],
    ] as const;
    const verdicts = [{ ...verdict(5n, 1.5, 'w'), firstSequence: 4n, firstMs: 0.5 }];
    const page = sent(copyPage(stateOf(entries, verdicts), 77n, start));
    assert.deepEqual([page.state, page.committed, page.epoch, page.caused, page.done], [77n, 9n, 3n, 11n, true]);
    assert.deepEqual(
      page.subjects.map(({ subject, sequence }) => [subject, sequence]),
      [
        ['s.1', 7n],
        ['s.2', 8n],
      ],
    );
    assert.deepEqual(entriesIn(page, [5, 6]), [
      { id: 'a', entry: entry(1n, { places: [5] }) },
      { id: 'b', entry: entry(2n, { places: [6, 5], unheard: [5] }) },
    ]);
    assert.deepEqual(verdictsIn(page), verdicts);
  });

  it('is followed by others where there is more', () => {
    const entries = Array.from({ length: 5_000 }, (_, i) => [`d${10_000 + i}`, entry(BigInt(i + 1))] as const);
    const verdicts = Array.from({ length: 5_000 }, (_, i) => verdict(BigInt(i + 1), i));
    const [ids, given]: [string[], VerdictRecord[]] = [[], []];
    let pages = 0;
    for (let at = start, isDone = false; !isDone; pages += 1) {
      const page: ReadCopyResponse = sent(copyPage(stateOf(entries, verdicts), 1n, at));
      ids.push(...entriesIn(page, [0, 1]).map(({ id }: ListedEntry) => id));
      given.push(...verdictsIn(page));
      at = { state: 1n, afterId: ids.at(-1)!, verdictsFrom: given.length };
      isDone = page.done;
    }
    assert.deepEqual([ids, given, pages], [entries.map(([id]) => id), verdicts, 2]);
  });

  it('of nothing says so', () => {
    assert.equal(sent(emptyPage()).state, 0n);
    assert.equal(copyPage(stateOf([]), 1n, start).done, true);
  });

  it('whose columns do not fit is refused', () => {
    const page = copyPage(stateOf([['a', entry(1n)]]), 1n, start);
    for (const broken of [{ docIds: Buffer.alloc(0) }, { places: Buffer.alloc(8) }, { unheard: Buffer.alloc(0) }])
      assert.throws(() => entriesIn({ ...page, ...broken }, [0, 1]), { code: 'INTERNAL' });
  });
});
