/** A directory that lost its data, from what shards hold and what is left of the log. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { ShoalError } from '../../../../base/errors.js';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import { headersOf } from '../../../../cluster/log/record-headers.js';
import { ListRowsResponse } from '../../../../proto/generated/shoal/v1/shard.js';
import { needsRebuild, type ShardRows } from '../../../../shard-node/directory/rebuild.js';
import { longs } from '../fixtures.js';
import { subjectOf, upsertOf, withPartition } from './fixtures.js';

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
