/** A partition hears the log, causes what follows from it, settles in order, commits, and goes on after whatever ends it. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { Deadline } from '../../../../base/deadline.js';
import { ShoalError } from '../../../../base/errors.js';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import { condition, headersOf } from '../../../../cluster/log/record-headers.js';
import { Verdict } from '../../../../proto/generated/shoal/v1/directory.js';
import { ListRowsResponse } from '../../../../proto/generated/shoal/v1/shard.js';
import { DirectoryAnswers } from '../../../../shard-node/directory/answers.js';
import { longs } from '../fixtures.js';
import { deleteOf, directory, logDocument, subjectOf, upsertOf, withPartition, writeOf } from './fixtures.js';
import type { DirectoryPartition } from '../../../../shard-node/directory/directory-partition.js';

const d = docIdOf;

describe('a directory partition', () => {
  it('is ready once it has settled what the log held', () =>
    withPartition(async ({ log, start, deadline }) => {
      log.put(subjectOf(0), upsertOf(['a', 'b']));
      const partition = await start();
      assert.equal(partition.phase, 'loading');
      const state = await partition.when(() => true, deadline);
      assert.deepEqual([partition.phase, state.settled, state.entry('b')?.docId], ['ready', 1n, d(1n, 1)]);
    }));

  it('says of what it ends, on the subjects where that is', () =>
    withPartition(async ({ log, start, deadline }) => {
      log.put(subjectOf(0), upsertOf(['a', 'b']));
      const partition = await start();
      const moved = log.put(subjectOf(1), upsertOf(['a', 'b']));
      const state = await partition.when(({ settled }) => settled >= moved, deadline);
      const [said] = log.on(subjectOf(0)).slice(1);
      assert.deepEqual(headersOf(said!), {
        operation: 'superseded',
        ids: ['a', 'b'],
        docIds: BigUint64Array.of(d(2n, 0), d(2n, 1)),
      });
      assert.equal(state.caused.upTo(moved), said!.sequence);
    }));

  it('settles nothing before the log has what it caused', () =>
    withPartition(async ({ log, start, deadline }) => {
      log.put(subjectOf(0), upsertOf(['a']));
      const partition = await start();
      await partition.when(({ settled }) => settled === 1n, deadline);
      log.refusal = new ShoalError('UNAVAILABLE', 'the log is away');
      log.put(subjectOf(1), upsertOf(['a']));
      log.put(subjectOf(1), upsertOf(['b']));
      const state = await partition.when(({ heard }) => heard === 3n, deadline);
      while (partition.problem === '') await systemClock.pause();
      assert.deepEqual([state.settled, state.unsettled, partition.problem], [1n, 2, 'the log is away']);
      log.refusal = null;
      await partition.when(({ settled }) => settled >= 3n, deadline);
      assert.equal(partition.problem, '');
    }));

  it('carries out an accepted write with all its passages, then ends the old version', () =>
    withPartition(async ({ log, start, deadline }) => {
      log.put(subjectOf(2), upsertOf(['a']));
      const partition = await start();
      const asked = log.put(directory, writeOf(logDocument('a', 0, [1, 0]), d(1n, 0)));
      const state = await partition.when(({ settled }) => settled >= asked, deadline);
      const [primary] = log.on(subjectOf(0));
      const [passage] = log.on(subjectOf(1));
      const ended = log.on(subjectOf(2))[1]!;
      const headers = headersOf(primary!);
      assert.ok(headers.operation === 'upsert' && headers.isAs);
      assert.deepEqual([[...headers.docIds], headers.places.get(0)], [[d(2n, 0)], [subjectOf(0), subjectOf(1)]]);
      assert.ok(ended.sequence > primary!.sequence && ended.sequence > passage!.sequence);
      assert.deepEqual(state.verdicts.at(asked)?.verdicts, [Verdict.VERDICT_APPLIED]);
      await partition.when(({ heard }) => heard >= ended.sequence, deadline);
      assert.deepEqual(state.entry('a'), {
        docId: d(2n, 0),
        contentHash: 8n,
        places: [2, 3].map((_, i) => state.codeOf(subjectOf(i))),
        unheard: [],
      });
    }));

  it('goes on where it was, from what it had committed', () =>
    withPartition(async ({ log, start, disk, deadline }) => {
      log.put(subjectOf(0), upsertOf(['a']));
      const first = await start();
      await committed(first, 1n);
      log.put(subjectOf(1), upsertOf(['a']));
      const second = await start();
      const state = await second.when(() => true, deadline);
      assert.equal(state.entry('a')?.docId, d(2n, 0));
      await committed(second, 3n);
      assert.equal(disk.state.entries.get('a')?.docId, d(2n, 0));
      assert.equal(disk.state.marks.caused, 3n);
    }));

  it('appends a write once more only where the log does not have it', () =>
    withPartition(async ({ log, start, deadline }) => {
      const asked = log.put(directory, writeOf(logDocument('a', 0), condition.absent));
      const first = await start();
      await first.when(({ settled }) => settled >= asked, deadline);
      assert.equal(log.on(subjectOf(0)).length, 1);
      const [written] = log.entries.splice(1, 1);
      log.put(subjectOf(0), written!);
      const second = await start();
      await second.when(({ settled }) => settled >= asked, deadline);
      assert.equal(log.on(subjectOf(0)).length, 1);
    }));

  it('does not carry out a write whose id has moved on meanwhile', () =>
    withPartition(async ({ log, start, deadline }) => {
      const asked = log.put(directory, writeOf(logDocument('a', 0), condition.absent));
      const later = log.put(subjectOf(1), upsertOf(['a']));
      const partition = await start();
      const state = await partition.when(({ settled }) => settled >= later, deadline);
      assert.deepEqual(
        log
          .on(subjectOf(0))
          .map(headersOf)
          .map(({ operation }) => operation),
        // By what came later, and in place of the write.
        ['superseded', 'superseded'],
      );
      assert.deepEqual(state.verdicts.at(asked)?.verdicts, [Verdict.VERDICT_APPLIED]);
      assert.equal(state.entry('a')?.docId, d(2n, 0));
    }));

  it('hears no more than what it can keep', () =>
    withPartition(async ({ log, start, disk, deadline }) => {
      disk.isFull = true;
      const partition = await start();
      await partition.when(() => true, deadline);
      for (let i = 0; i < 1_000; i += 1) log.put(subjectOf(0), upsertOf([`a${i}`]));
      while (!/disk full/.test(partition.problem)) await systemClock.pause();
      const state = await partition.when(({ heard }) => heard > 300n, deadline);
      for (let turn = 0; turn < 50; turn += 1) await systemClock.pause();
      assert.ok(state.heard < 500n, String(state.heard));
      disk.isFull = false;
      await committed(partition, 1_000n);
      assert.equal(partition.problem, '');
    }));

  it('decides on a repeated write as a copy does that was restarted between two repeats', () =>
    withPartition((one) =>
      withPartition(async (two) => {
        const { log, deadline } = one;
        const minute = (minutes: number): number => (log.timeMs = 1_000 + minutes * 60_000);
        const write = (): bigint => log.put(directory, writeOf(logDocument('a', 0), condition.absent, 'w'));
        const running = await one.start();
        let restarted = await two.start();
        write();
        minute(1);
        log.put(directory, deleteOf('a'));
        minute(9);
        write();
        minute(10.5);
        await committed(restarted, log.put(directory, deleteOf('x')));
        restarted = await two.start();
        minute(10.6);
        const again = write();
        const states = [running, restarted].map((copy) => copy.when(({ settled }) => settled >= again, deadline));
        for (const state of await Promise.all(states)) {
          assert.deepEqual(state.verdicts.at(again)?.docIds, BigUint64Array.of(d(again, 0)));
          assert.equal(state.entry('a')?.docId, d(again, 0));
        }
        for (const { sequence, ...entry } of log.on(subjectOf(0)))
          if (sequence > again) assert.equal(headersOf({ sequence, ...entry }).operation, 'upsert');
      }, one.log),
    ));

  it('says from where on the log tells the writeIds that it remembers', () =>
    withPartition(async ({ log, start }) => {
      log.put(subjectOf(0), upsertOf(['b']));
      const asked = log.put(directory, writeOf(logDocument('a', 0), condition.absent, 'w'));
      const partition = await start();
      await committed(partition, log.put(subjectOf(0), upsertOf(['b'])));
      assert.equal(partition.rememberedAfter, asked - 1n);
      log.timeMs += 3_600_000;
      const later = log.put(directory, deleteOf('b'));
      await committed(partition, later);
      assert.ok(partition.rememberedAfter >= later);
    }));

  it('waits while the log ends below what it has heard', () =>
    withPartition(async ({ log, start }) => {
      log.put(subjectOf(0), upsertOf(['a']));
      log.put(subjectOf(0), upsertOf(['b']));
      await committed(await start(), 2n);
      log.entries.splice(0);
      log.last = 0n;
      const partition = await start();
      while (partition.problem === '') await systemClock.pause();
      assert.match(partition.problem, /the log ends at 0, below position 2/);
      log.last = 10n;
      await committed(partition, 10n);
      log.put(subjectOf(0), upsertOf(['c']));
      await committed(partition, 11n);
    }));

  it('whose store is damaged moves it aside and hears all again', () =>
    withPartition(async (rig) => {
      const { log, start, deadline } = rig;
      log.put(subjectOf(0), upsertOf(['a']));
      rig.openError = new ShoalError('DATA_LOSS', 'damaged', { details: { damaged: 'run-1' } });
      const partition = await start();
      const state = await partition.when(() => true, deadline);
      assert.deepEqual([rig.discarded, state.entry('a')?.docId], [['damaged'], d(1n, 0)]);
    }));

  it('that comes upon damage while it answers says so, and mends it', () =>
    withPartition(async ({ log, start, deadline, discarded }) => {
      log.put(subjectOf(0), upsertOf(['a']));
      const partition = await start();
      await partition.when(() => true, deadline);
      const read = (): never => {
        throw new ShoalError('DATA_LOSS', 'damaged', { details: { damaged: 'run-1' } });
      };
      assert.throws(() => partition.guard(read), { code: 'UNAVAILABLE', message: /being built anew/ });
      await partition.when(() => discarded.length > 0, deadline);
      assert.deepEqual(discarded, ['damaged']);
      assert.throws(
        () => partition.guard(() => JSON.parse('{')),
        (error) => error instanceof SyntaxError,
      );
    }));

  it('fails where the log is damaged, and says why', () =>
    withPartition(async ({ log, start, deadline }) => {
      log.put(subjectOf(0), { headers: { 'Shoal-Operation': 'what' }, body: new Uint8Array(0) });
      const partition = await start();
      await assert.rejects(
        partition.when(() => true, deadline),
        { code: 'UNAVAILABLE', message: /failed on this node: .*unknown operation/ },
      );
      assert.equal(partition.phase, 'failed');
      await partition.waitSettled(deadline);
    }));

  it('that lacks what was purged begins again from the shards', () =>
    withPartition(async (rig) => {
      const { log, start, floors, deadline } = rig;
      log.put(subjectOf(0), upsertOf(['a']));
      await committed(await start(), 1n);
      log.put(subjectOf(0), upsertOf(['b']));
      await (await start()).close();
      floors.set(subjectOf(0), 9n);
      rig.rows = { page: () => Promise.reject(new ShoalError('UNAVAILABLE', 'no replica')) };
      const partition = await start();
      while (!/no replica/.test(partition.problem)) await systemClock.pause();
      assert.deepEqual(rig.discarded, ['damaged']);
      await partition.waitSettled(deadline);
      assert.equal(partition.phase, 'loading');
    }));

  it('is built anew from the shards where the log lost its end, as soon as that is raised', () =>
    withPartition(async (rig) => {
      const { log, start, floors, deadline } = rig;
      log.put(subjectOf(0), upsertOf(['kept']));
      log.put(subjectOf(0), upsertOf(['lost']));
      log.put(subjectOf(1), upsertOf(['lost too']));
      await committed(await start(), 3n);
      log.raise(4n);
      floors.set(directory, 5n).set(subjectOf(0), 1n);
      const [docIds, contentHashes] = [longs(d(1n, 0), d(4n, 0)), longs(5n, 5n)];
      const rows = { ids: ['kept', 'unheard'], docIds, contentHashes, primary: Buffer.of(1, 1), done: true };
      const none = ListRowsResponse.fromPartial({ done: true });
      rig.rows = { page: async ({ shard }) => (shard === 0 ? ListRowsResponse.fromPartial(rows) : none) };
      const partition = await start();
      while (!/below position 5/.test(partition.problem)) await systemClock.pause();
      log.raise(5n);
      const state = await partition.when(() => true, deadline);
      assert.deepEqual(rig.discarded, ['damaged']);
      assert.deepEqual(
        ['kept', 'lost', 'lost too', 'unheard'].map((id) => state.entry(id)?.docId ?? null),
        [d(1n, 0), null, null, d(4n, 0)],
      );
      const answers = new DirectoryAnswers({ partition: () => partition }, log);
      const subjects = [subjectOf(0), subjectOf(1)];
      const { last } = await answers.awaitCommitted({ uid: 'u1', partition: 0, sequence: 3n, subjects }, deadline);
      assert.deepEqual(
        last.map(({ sequence }) => sequence),
        [1n, 0n],
      );
    }));

  it('refuses positions that the log has not given, and callers once it closes', () =>
    withPartition(async ({ log, start, deadline }) => {
      log.put(subjectOf(0), upsertOf(['a']));
      log.put(directory, deleteOf('nobody'));
      const partition = await start();
      await partition.checkGiven(2n);
      await assert.rejects(partition.checkGiven(3n), { code: 'OUT_OF_RANGE' });
      await partition.close();
      await assert.rejects(
        partition.when(() => true, deadline),
        { code: 'UNAVAILABLE' },
      );
    }));

  it('keeps waiting callers no longer than their deadline', () =>
    withPartition(async ({ start }) => {
      const partition = await start();
      const short = Deadline.after(systemClock, 20);
      await assert.rejects(
        partition.when(() => false, short),
        { code: 'DEADLINE_EXCEEDED' },
      );
    }));
});

async function committed(partition: DirectoryPartition, sequence: bigint): Promise<void> {
  const deadline = Deadline.after(systemClock, 5_000);
  while (partition.committed < sequence) {
    deadline.check();
    await systemClock.pause();
  }
  deadline.close();
}
