/** What a node's directory partitions answer. */
import assert from 'node:assert/strict';
import { uint32From, uint64From } from '../../../../base/bytes.js';
import { systemClock } from '../../../../base/clock.js';
import { Deadline } from '../../../../base/deadline.js';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import { condition } from '../../../../cluster/log/record-headers.js';
import { Verdict, type LocatedIds } from '../../../../proto/generated/shoal/v1/directory.js';
import { DirectoryAnswers } from '../../../../shard-node/directory/answers.js';
import { longs } from '../fixtures.js';
import {
  deleteOf,
  directory,
  logDocument,
  subjectOf,
  uid,
  upsertOf,
  withPartition,
  writeOf,
  type PartitionRig,
} from './fixtures.js';

const d = docIdOf;
const here = { uid, partition: 0 };

async function withAnswers(work: (answers: DirectoryAnswers, rig: PartitionRig) => Promise<void>): Promise<void> {
  await withPartition(async (rig) => {
    const partition = await rig.start();
    await work(new DirectoryAnswers({ partition: () => partition }, rig.log), rig);
  });
}

/** docId and subject of each id; null = the document does not exist. */
function placesOf(located: LocatedIds | undefined): readonly (readonly [bigint, string, bigint] | null)[] {
  const docIds = uint64From(located!.docIds, 'doc_ids');
  const places = uint32From(located!.places, 'places');
  return [...docIds].map((docId, i) => {
    const mark = located!.marks[places[i]!];
    return mark === undefined ? null : [docId, mark.subject, mark.sequence];
  });
}

describe('a directory asked where documents are', () => {
  it('names docId, place and the last position there', () =>
    withAnswers(async (answers, { log, deadline }) => {
      log.put(subjectOf(0), upsertOf(['a', 'b']));
      log.put(subjectOf(1), upsertOf(['c']));
      const { located } = await answers.locate({ ...here, ids: ['c', 'x', 'b'], heard: 2n }, deadline);
      assert.deepEqual(placesOf(located), [[d(2n, 0), subjectOf(1), 2n], null, [d(1n, 1), subjectOf(0), 1n]]);
    }));

  it('waits until it has heard what the caller has', () =>
    withAnswers(async (answers, { log, deadline }) => {
      await answers.locate({ ...here, ids: [], heard: 0n }, deadline);
      const short = Deadline.after(systemClock, 30);
      // The log has given position 1, which the partition has not heard.
      log.state = async () => ({ firstSequence: 1n, lastSequence: 1n, entries: 1, bytes: 1 });
      await assert.rejects(answers.locate({ ...here, ids: ['a'], heard: 1n }, short), { code: 'DEADLINE_EXCEEDED' });
      const waiting = answers.locate({ ...here, ids: ['a'], heard: 1n }, deadline);
      log.put(subjectOf(0), upsertOf(['a']));
      assert.equal(placesOf((await waiting).located).length, 1);
      await assert.rejects(answers.locate({ ...here, ids: ['a'], heard: 99n }, deadline), { code: 'OUT_OF_RANGE' });
    }));

  it('waits until an accepted write is in the log', () =>
    withAnswers(async (answers, { log, deadline }) => {
      await answers.locate({ ...here, ids: [], heard: 0n }, deadline);
      let open = (): void => undefined;
      log.gate = new Promise((resolve) => {
        open = resolve;
      });
      const asked = log.put(directory, writeOf(logDocument('a', 1), condition.absent));
      const waiting = answers.locate({ ...here, ids: ['a'], heard: asked }, deadline);
      for (let turn = 0; turn < 20; turn += 1) await systemClock.pause();
      assert.equal(log.on(subjectOf(1)).length, 0);
      open();
      assert.deepEqual(placesOf((await waiting).located), [[d(asked, 0), subjectOf(1), 2n]]);
    }));

  it('lists in pages, ascending', () =>
    withAnswers(async (answers, { log, deadline }) => {
      log.put(subjectOf(0), upsertOf(['d', 'b', 'c']));
      log.put(subjectOf(1), upsertOf(['a', 'c']));
      const first = await answers.listLocated({ ...here, afterId: '', limit: 3, heard: 2n }, deadline);
      assert.deepEqual([first.ids, first.done], [['a', 'b', 'c'], false]);
      assert.deepEqual(placesOf(first.located)[2]?.slice(0, 2), [d(2n, 1), subjectOf(1)]);
      const rest = await answers.listLocated({ ...here, afterId: 'c', limit: 3, heard: 0n }, deadline);
      assert.deepEqual([rest.ids, rest.done], [['d'], true]);
    }));
});

describe('a directory asked what a reader has to wait for', () => {
  it('names what a write caused, the largest epoch, and the last positions of subjects', () =>
    withAnswers(async (answers, { log, deadline }) => {
      log.put(subjectOf(0), upsertOf(['a']));
      const moved = log.put(subjectOf(1), upsertOf(['a']));
      const subjects = [subjectOf(0), subjectOf(1), subjectOf(2)];
      const answer = await answers.awaitCommitted({ ...here, sequence: moved, subjects }, deadline);
      assert.deepEqual([answer.caused, answer.epoch], [3n, 1n]);
      assert.deepEqual(
        answer.last.map(({ sequence }) => sequence),
        [3n, 2n, 0n],
      );
      assert.equal((await answers.awaitCommitted({ ...here, sequence: 1n, subjects }, deadline)).caused, 0n);
    }));

  it('refuses the future, naming both positions', () =>
    withAnswers((answers, { deadline }) =>
      assert.rejects(answers.awaitCommitted({ ...here, sequence: 7n, subjects: [] }, deadline), {
        code: 'OUT_OF_RANGE',
        message: /log position 7 of collection u1 does not exist yet: the last one is 0/,
      }),
    ));
});

describe('a directory asked for verdicts', () => {
  it('gives them once everything that was caused is in the log', () =>
    withAnswers(async (answers, { log, deadline }) => {
      const asked = log.put(directory, writeOf(logDocument('a', 0), condition.absent, 'w'));
      const answer = await answers.awaitVerdicts({ ...here, sequence: asked }, deadline);
      assert.deepEqual(
        [answer.verdicts, [...uint64From(answer.docIds, '')]],
        [[Verdict.VERDICT_APPLIED], [d(asked, 0)]],
      );
      assert.equal(log.on(subjectOf(0)).length, 1);
    }));

  it('says which records have none', () =>
    withPartition(async (rig) => {
      rig.placement = { ...rig.placement, hashFirst: 0n, hashLast: 0n };
      const { log, deadline } = rig;
      const partition = await rig.start();
      const answers = new DirectoryAnswers({ partition: () => partition }, log);
      const elsewhere = log.put(directory, deleteOf('a'));
      const { verdicts } = await answers.awaitVerdicts({ ...here, sequence: elsewhere }, deadline);
      assert.deepEqual(verdicts, [Verdict.VERDICT_ELSEWHERE]);
      const other = log.put(subjectOf(0), upsertOf(['a']));
      await assert.rejects(answers.awaitVerdicts({ ...here, sequence: other }, deadline), { code: 'INVALID_ARGUMENT' });
      await partition.when(({ heard }) => heard >= other, deadline);
      log.entries.splice(0);
      await assert.rejects(answers.awaitVerdicts({ ...here, sequence: elsewhere }, deadline), { code: 'NOT_FOUND' });
      await assert.rejects(answers.awaitVerdicts({ ...here, sequence: 99n }, deadline), { code: 'OUT_OF_RANGE' });
    }));
});

describe('a directory asked for unchanged documents', () => {
  const ask = (ids: string[], hashes: bigint[], asOf: bigint) => ({
    ...here,
    ids,
    contentHashes: longs(...hashes),
    asOf,
  });

  it('names those that are whole and have the same content', () =>
    withAnswers(async (answers, { log, deadline }) => {
      log.put(subjectOf(0), upsertOf(['a', 'b'], { hash: 7n }));
      log.put(subjectOf(0), upsertOf(['c'], { hash: 7n, places: [0, 1] }));
      log.put(subjectOf(0), upsertOf(['z'], { hash: 0n }));
      const request = ask(['a', 'b', 'c', 'x', 'z'], [7n, 8n, 7n, 7n, 0n], 3n);
      const answer = await answers.findUnchanged(request, deadline);
      assert.deepEqual([...uint64From(answer.docIds, '')], [d(1n, 0), 0n, 0n, 0n, 0n]);
      log.put(subjectOf(1), upsertOf(['c'], { as: d(2n, 0) }));
      const whole = await answers.findUnchanged({ ...request, asOf: 4n }, deadline);
      assert.equal(uint64From(whole.docIds, '')[2], d(2n, 0));
    }));

  it('waits until everything before the request is decided, and checks the columns', () =>
    withAnswers(async (answers, { deadline }) => {
      const short = Deadline.after(systemClock, 20);
      await assert.rejects(answers.findUnchanged(ask(['a'], [1n], 5n), short), { code: 'DEADLINE_EXCEEDED' });
      await assert.rejects(answers.findUnchanged(ask(['a'], [], 0n), deadline), { code: 'INVALID_ARGUMENT' });
    }));
});
