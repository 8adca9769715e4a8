/** A directory that lost its data, from what shards hold and what is left of the log. */
import assert from 'node:assert/strict';
import { bufferOf, uint64From } from '../../../../../base/bytes.js';
import { systemClock } from '../../../../../base/clock.js';
import { ShoalError } from '../../../../../base/errors.js';
import { docIdOf } from '../../../../../cluster/log/doc-id.js';
import { condition, headersOf } from '../../../../../cluster/log/record-headers.js';
import { ReadCopyResponse, Verdict } from '../../../../../proto/generated/shoal/v1/directory.js';
import { ListRowsResponse } from '../../../../../proto/generated/shoal/v1/shard.js';
import { needsRebuild, type ShardRows } from '../../../../../shard-node/directory/rebuild/rebuild.js';
import { DirectoryAnswers } from '../../../../../shard-node/directory/answers.js';
import type { DirectoryPartition } from '../../../../../shard-node/directory/directory-partition.js';
import type { OtherCopy } from '../../../../../shard-node/directory/rebuild/other-copies.js';
import { longs } from '../../fixtures.js';
import { directory, logDocument, subjectOf, uid, upsertOf, withPartition, writeOf } from '../fixtures.js';

const d = docIdOf;

/** id, docId, and 0 where the primary passage is elsewhere. */
type Row = readonly [string, bigint, (0 | 1)?];

/** What the shards 0, 1 and 2 hold, in pages of two. */
function rowsOf(shards: readonly (readonly Row[])[], onPage: (required: unknown) => void = () => undefined): ShardRows {
  return {
    page: async ({ shard }, { after, required }) => {
      onPage(required);
      const rows = (shards[shard] ?? []).filter(([, docId]) => docId > after);
      const page = rows.slice(0, 2);
      return ListRowsResponse.fromPartial({
        ids: page.map(([id]) => id),
        docIds: longs(...page.map(([, docId]) => docId)),
        contentHashes: longs(...page.map(() => 4n)),
        primary: Buffer.from(page.map(([, , isPrimary]) => isPrimary ?? 1)),
        done: rows.length <= 2,
      });
    },
  };
}

/** `partition` as the other copies of it see it; null = it does not run. */
function copyOf(partition: DirectoryPartition | null): OtherCopy {
  const read: OtherCopy['read'] = async (at) => {
    if (partition === null) throw new ShoalError('UNAVAILABLE', 'the other node does not run');
    return partition.readCopy({ uid, partition: 0, ...at });
  };
  return { node: 'other', isBefore: false, read };
}

function pageOf(id: string): ReadCopyResponse {
  const marks = { state: 1n, committed: 5n, subjects: [{ subject: subjectOf(0), sequence: 5n }] };
  const entry = { docIds: longs(d(5n, 0)), contentHashes: longs(1n), placeCounts: Buffer.from([1, 0, 0, 0]) };
  return ReadCopyResponse.fromPartial({
    ...marks,
    ids: [id],
    ...entry,
    places: Buffer.alloc(4),
    unheard: Buffer.alloc(1),
  });
}

describe('the need to build a directory anew', () => {
  it('is there where it knows nothing and the log begins late', () => {
    const floors = new Map([['s', 3n]]);
    assert.equal(needsRebuild({ heard: 0n }, 1n, new Map([['s', 0n]])), false);
    assert.equal(needsRebuild({ heard: 0n }, 2n, new Map()), true);
    assert.equal(needsRebuild({ heard: 0n }, 1n, floors), true);
    assert.equal(needsRebuild({ heard: 5n }, 4n, floors), false);
  });
});

describe('a directory built anew', () => {
  it('has of every id the newest version, and ends the others', () =>
    withPartition(async (rig) => {
      const { log, start, deadline } = rig;
      log.last = 20n;
      rig.rows = rowsOf([
        [
          ['a', d(1n, 0)],
          ['b', d(2n, 0)],
          ['c', d(3n, 0)],
        ],
        [
          ['b', d(9n, 0)],
          ['m', d(10n, 0), 0],
        ],
        [
          ['c', d(2n, 1)],
          ['m', d(10n, 0)],
        ],
      ]);
      const partition = await start();
      const state = await partition.when(() => true, deadline);
      const code = (shard: number): number => state.codeOf(subjectOf(shard));
      assert.deepEqual(
        state.list('', 10).map(({ id, entry }) => [id, entry.docId, entry.places]),
        [
          ['a', d(1n, 0), [code(0)]],
          ['b', d(9n, 0), [code(1)]],
          ['c', d(3n, 0), [code(0)]],
          ['m', d(10n, 0), [code(2), code(1)]],
        ],
      );
      assert.equal(state.entry('m')?.contentHash, 4n);
      const ended = log.entries.map((entry) => [entry.subject, headersOf(entry).ids, [...headersOf(entry).docIds]]);
      assert.deepEqual(ended, [
        [subjectOf(0), ['b'], [d(9n, 0)]],
        [subjectOf(2), ['c'], [d(3n, 0)]],
      ]);
      assert.ok(state.caused.upTo(20n) >= 22n);
    }));

  it('asks replicas that have applied what the log held, and hears on from there', () =>
    withPartition(async (rig) => {
      const { log, start, floors, deadline } = rig;
      log.put(subjectOf(0), upsertOf(['a']));
      floors.set(subjectOf(0), 1n);
      const asked: unknown[] = [];
      rig.rows = rowsOf([[['a', d(1n, 0)]]], (required) => asked.push(required));
      await log.purge('', subjectOf(0), 1n);
      const partition = await start();
      await partition.when(({ settled }) => settled === 1n, deadline);
      assert.deepEqual(asked[0], [{ subject: subjectOf(0), sequence: 1n }]);
      const moved = log.put(subjectOf(1), upsertOf(['a']));
      const state = await partition.when(({ settled }) => settled >= moved, deadline);
      assert.equal(state.entry('a')?.docId, d(2n, 0));
      assert.equal(log.on(subjectOf(0)).length, 1);
    }));

  it('does not call a document whole whose passage never came', () =>
    withPartition(async (rig) => {
      rig.log.last = 20n;
      const rows = rowsOf([[['a', d(1n, 0)]], [['b', d(2n, 0), 0]], [['b', d(2n, 0)]]]);
      rig.rows = {
        page: async (placement, ...ask) => {
          const page = await rows.page(placement, ...ask);
          return placement.shard === 1 ? page : { ...page, elsewhere: bufferOf(Uint32Array.of(1)) };
        },
      };
      const partition = await rig.start();
      await partition.when(() => true, rig.deadline);
      const answers = new DirectoryAnswers({ partition: () => partition }, rig.log);
      const ask = { uid, partition: 0, ids: ['a', 'b'], contentHashes: longs(4n, 4n), asOf: 20n };
      const { docIds } = await answers.findUnchanged(ask, rig.deadline);
      assert.deepEqual([...uint64From(docIds, 'doc_ids')], [0n, d(2n, 0)]);
    }));

  it('says where the primary passage is of a document that came while shards were read', () =>
    withPartition(async (rig) => {
      const { log, start, deadline } = rig;
      log.last = 20n;
      const rows = rowsOf([[], [['a', d(21n, 0), 0]], [['a', d(21n, 0), 0]]]);
      rig.rows = {
        page: async (placement, ...ask) => {
          if (placement.shard === 1) {
            log.put(subjectOf(0), upsertOf(['a'], { places: [0, 1, 2] }));
            log.put(subjectOf(1), upsertOf(['a'], { as: d(21n, 0) }));
            log.put(subjectOf(2), upsertOf(['a'], { as: d(21n, 0) }));
          }
          return await rows.page(placement, ...ask);
        },
      };
      const state = await (await start()).when(({ settled }) => settled >= 23n, deadline);
      const places = state.entry('a')?.places.map((code) => state.subjects.subjectOf(code));
      assert.deepEqual(places, [0, 1, 2].map(subjectOf));
      assert.deepEqual(state.entry('a')?.unheard, []);
    }));

  it('waits for shards that nobody serves yet', () =>
    withPartition(async (rig) => {
      const { log, start, deadline } = rig;
      log.last = 5n;
      const gone = new ShoalError('UNAVAILABLE', 'shard 0 has no ready replica');
      const rows = rowsOf([[['a', d(1n, 0)]]]);
      const state = { failures: 1 };
      rig.rows = {
        page: async (...ask) => {
          if (state.failures > 0) {
            state.failures -= 1;
            throw gone;
          }
          return await rows.page(...ask);
        },
      };
      const partition = await start();
      while (partition.problem === '') await systemClock.pause();
      assert.equal(partition.problem, gone.message);
      assert.equal((await partition.when(() => true, deadline)).entry('a')?.docId, d(1n, 0));
      assert.equal(partition.problem, '');
    }));

  it('takes over what another copy has, and asks no shard', () =>
    withPartition((one) =>
      withPartition(async (two) => {
        const { log, deadline } = one;
        const asked = log.put(directory, writeOf(logDocument('a', 0, [1]), condition.absent, 'w'));
        log.put(subjectOf(2), upsertOf(['b', 'c']));
        const whole = await one.start();
        await whole.when(({ committed, heard }) => committed >= asked && heard >= 4n, deadline);
        await one.log.purge('', directory, 4n);
        two.floors.set(directory, asked);
        two.copies = () => [copyOf(whole)];
        const state = await (await two.start()).when(() => true, deadline);
        const names = (codes: readonly number[]): unknown => codes.map((code) => state.subjects.subjectOf(code));
        assert.deepEqual(
          state.list('', 5).map(({ id, entry }) => [id, entry.docId, names(entry.places), entry.unheard]),
          [
            ['a', d(asked, 0), [subjectOf(0), subjectOf(1)], []],
            ['b', d(2n, 0), [subjectOf(2)], []],
            ['c', d(2n, 1), [subjectOf(2)], []],
          ],
        );
        assert.equal(state.firstVerdict('w')?.sequence, asked);
        const again = log.put(directory, writeOf(logDocument('a', 0), condition.absent, 'w'));
        await (await two.start()).when(({ settled }) => settled >= again, deadline);
        assert.equal(log.entries.filter(({ sequence }) => sequence > again).length, 0);
      }, one.log),
    ));

  it('takes nothing over from a copy that is below the floor of the directory itself', () =>
    withPartition(async (rig) => {
      rig.log.last = 9n;
      rig.floors.set(directory, 9n);
      rig.rows = rowsOf([[['a', d(1n, 0)]]]);
      rig.copies = () => [{ node: 'n2', isBefore: false, read: async () => ({ ...pageOf('old'), done: true }) }];
      const state = await (await rig.start()).when(() => true, rig.deadline);
      assert.deepEqual([state.entry('old'), state.entry('a')?.docId], [null, d(1n, 0)]);
    }));

  it('asks replicas that have as much as the best one where the log was raised, and requires no more of them', () =>
    withPartition(async (rig) => {
      rig.log.last = 9n;
      rig.floors.set(directory, 9n).set(subjectOf(0), 7n);
      const asked: unknown[] = [];
      rig.rows = rowsOf([[['a', d(1n, 0)]]], (required) => asked.push(required));
      const state = await (await rig.start()).when(() => true, rig.deadline);
      assert.deepEqual(asked[0], [{ subject: subjectOf(0), sequence: 7n }]);
      assert.deepEqual(
        [0, 1].map((shard) => state.subjects.lastOn(subjectOf(shard))),
        [7n, null],
      );
    }));

  it('waits for a copy that does not run, and so does not refuse what that one accepted', () =>
    withPartition((one) =>
      withPartition(async (two) => {
        const { log, deadline } = one;
        log.put(subjectOf(1), upsertOf(['z']));
        const old = log.put(subjectOf(0), upsertOf(['a']));
        const first = await one.start();
        await first.when(({ committed }) => committed >= old, deadline);
        const opened: { open: () => void } = { open: () => undefined };
        log.gate = new Promise((resolve) => (opened.open = resolve));
        const asked = log.put(directory, writeOf(logDocument('a', 0), d(old, 0)));
        await first.when(({ heard }) => heard >= asked, deadline);
        await first.close();
        log.gate = Promise.resolve();
        opened.open();
        two.floors.set(subjectOf(1), 1n);
        two.copies = () => [copyOf(first)];
        const second = await two.start();
        while (!/is being closed/.test(second.problem)) await systemClock.pause();
        const again = await one.start();
        two.copies = () => [copyOf(again)];
        for (const copy of [again, second]) {
          const state = await copy.when(({ settled }) => settled >= asked, deadline);
          assert.deepEqual(state.verdicts.at(asked)?.verdicts, [Verdict.VERDICT_APPLIED]);
          assert.equal(state.entry('a')?.docId, d(asked, 0));
        }
        assert.equal(second.problem, '');
        for (const entry of log.on(subjectOf(0)).slice(1)) assert.equal(headersOf(entry).operation, 'upsert');
      }, one.log),
    ));

  it('waits no more for a copy that is not placed any more', () =>
    withPartition(async (rig) => {
      rig.log.last = 5n;
      rig.rows = rowsOf([[['a', d(1n, 0)]]]);
      const gone = new ShoalError('UNAVAILABLE', 'node n2 does not run');
      rig.copies = () => [{ node: 'n2', isBefore: false, read: () => Promise.reject(gone) }];
      const partition = await rig.start();
      while (partition.problem !== gone.message) await systemClock.pause();
      rig.copies = () => [];
      assert.equal((await partition.when(() => true, rig.deadline)).entry('a')?.docId, d(1n, 0));
    }));

  it('comes from the shards for one copy, where all have lost their data, and from that one for the others', () =>
    withPartition((one) =>
      withPartition(async (two) => {
        const { log, deadline } = one;
        log.last = 5n;
        const state: { first: DirectoryPartition | null; second: DirectoryPartition | null } = {
          first: null,
          second: null,
        };
        two.copies = () => [{ ...copyOf(state.first), isBefore: true }];
        one.copies = () => [copyOf(state.second)];
        one.rows = rowsOf([[['a', d(1n, 0)]]]);
        state.second = await two.start();
        while (!/the other node does not run/.test(state.second.problem)) await systemClock.pause();
        state.first = await one.start();
        for (const copy of [state.first, state.second])
          assert.equal((await copy.when(() => true, deadline)).entry('a')?.docId, d(1n, 0));
      }, one.log),
    ));

  it('begins again where a copy does not give the rest', () =>
    withPartition(async (rig) => {
      rig.log.last = 5n;
      const pages = [
        { ...pageOf('old'), done: false },
        new ShoalError('NOT_FOUND', 'not held any more'),
        { ...pageOf('new'), done: true },
      ];
      const read: OtherCopy['read'] = async () => {
        const page = pages.shift()!;
        if (page instanceof ShoalError) throw page;
        return page;
      };
      rig.copies = () => [{ node: 'n2', isBefore: false, read }];
      const state = await (await rig.start()).when(() => true, rig.deadline);
      assert.deepEqual(
        state.list('', 5).map(({ id }) => id),
        ['new'],
      );
    }));

  it('that was not finished begins again', () =>
    withPartition(async (rig) => {
      const { log, start, deadline, disk } = rig;
      log.last = 5n;
      disk.state = {
        ...disk.state,
        entries: new Map([['old', { docId: 1n, contentHash: 0n, places: [0], unheard: [] }]]),
      };
      rig.rows = rowsOf([[['a', d(1n, 0)]]]);
      const state = await (await start()).when(() => true, deadline);
      assert.deepEqual(rig.discarded, ['unfinished']);
      assert.deepEqual(
        state.list('', 10).map(({ id }) => id),
        ['a'],
      );
    }));
});
