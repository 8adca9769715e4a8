/** What is left of the log when a directory is built anew: deletes are carried out again, writes judged by what became of them. */
import assert from 'node:assert/strict';
import { docIdOf } from '../../../../../cluster/log/doc-id.js';
import { condition, headersOf } from '../../../../../cluster/log/record-headers.js';
import { supersededRecord } from '../../../../../cluster/log/records.js';
import { Verdict } from '../../../../../proto/generated/shoal/v1/directory.js';
import { ListRowsResponse } from '../../../../../proto/generated/shoal/v1/shard.js';
import type { PartitionState } from '../../../../../shard-node/directory/partition-state.js';
import { longs } from '../../fixtures.js';
import { verdictKeptMs } from '../../../../../shard-node/directory/store/directory-entry.js';
import {
  deleteOf,
  directory,
  logDocument,
  subjectOf,
  upsertOf,
  withPartition,
  writeOf,
  type PartitionRig,
} from '../fixtures.js';

const d = docIdOf;
const { VERDICT_ABSENT, VERDICT_APPLIED, VERDICT_REFUSED, VERDICT_UNKNOWN } = Verdict;

/** The state that is built where shard 0 holds `rows` and something was purged. */
async function built(
  rig: PartitionRig,
  rows: Record<string, bigint>,
  onRead: () => void = () => undefined,
): Promise<PartitionState> {
  rig.floors.set('somewhere', 1n);
  rig.rows = {
    page: async ({ shard }) => {
      onRead();
      return ListRowsResponse.fromPartial({
        ids: shard === 0 ? Object.keys(rows) : [],
        docIds: longs(...(shard === 0 ? Object.values(rows) : [])),
        contentHashes: longs(...(shard === 0 ? Object.keys(rows).map(() => 4n) : [])),
        primary: Buffer.alloc(shard === 0 ? Object.keys(rows).length : 0, 1),
        done: true,
      });
    },
  };
  return await (await rig.start()).when(() => true, rig.deadline);
}

/** A log that held `used` records once, all purged. */
function purgedUpTo(rig: PartitionRig, used: bigint): void {
  rig.log.last = used;
}

const verdictOf = (state: PartitionState, sequence: bigint): Verdict | undefined =>
  state.verdicts.at(sequence)?.verdicts[0];

describe('a delete that is left in the log', () => {
  it('is carried out again where the document is older', () =>
    withPartition(async (rig) => {
      purgedUpTo(rig, 10n);
      const deleted = rig.log.put(directory, deleteOf('a'));
      const kept = rig.log.put(directory, deleteOf('b', d(1n, 0)));
      const state = await built(rig, { a: d(3n, 0), b: d(2n, 0) });
      assert.deepEqual([state.entry('a'), state.entry('b')?.docId], [null, d(2n, 0)]);
      const said = rig.log.on(subjectOf(0)).map((entry) => [...headersOf(entry).docIds]);
      assert.deepEqual(said, [[d(deleted, 0)]]);
      assert.deepEqual([verdictOf(state, deleted), verdictOf(state, kept)], [VERDICT_APPLIED, VERDICT_REFUSED]);
    }));

  it('was carried out where the log says so, and found nothing where it does not', () =>
    withPartition(async (rig) => {
      purgedUpTo(rig, 10n);
      const deleted = rig.log.put(directory, deleteOf('a', d(1n, 0)));
      const other = rig.log.put(directory, deleteOf('b'));
      rig.log.put(subjectOf(0), supersededRecord([{ id: 'a', docId: d(deleted, 0) }]));
      const state = await built(rig, {});
      assert.deepEqual([verdictOf(state, deleted), verdictOf(state, other)], [VERDICT_APPLIED, VERDICT_ABSENT]);
    }));

  it('and is a repeat does not reach what was written after the first', () =>
    withPartition(async (rig) => {
      purgedUpTo(rig, 10n);
      rig.log.put(directory, deleteOf('a', condition.none, 'w'));
      const written = rig.log.put(subjectOf(0), upsertOf(['a']));
      const repeat = rig.log.put(directory, deleteOf('a', condition.none, 'w'));
      const state = await built(rig, { a: d(written, 0) });
      assert.equal(state.entry('a')?.docId, d(written, 0));
      assert.deepEqual([verdictOf(state, repeat), rig.log.on(subjectOf(0)).length], [VERDICT_ABSENT, 1]);
    }));

  it('and may repeat one that was purged does nothing', () =>
    withPartition(async (rig) => {
      purgedUpTo(rig, 10n);
      const repeat = rig.log.put(directory, deleteOf('a', condition.none, 'w'));
      const plain = rig.log.put(directory, deleteOf('b'));
      rig.log.timeMs += verdictKeptMs + 1;
      rig.log.put(directory, deleteOf('x'));
      const state = await built(rig, { a: d(3n, 0), b: d(3n, 1) });
      assert.deepEqual([state.entry('a')?.docId, state.entry('b')], [d(3n, 0), null]);
      assert.ok(rig.log.on(subjectOf(0)).every((entry) => headersOf(entry).docIds[0] === d(plain, 0)));
      assert.equal(state.verdicts.at(repeat), null);
    }));

  it('does not reach a newer version', () =>
    withPartition(async (rig) => {
      purgedUpTo(rig, 10n);
      rig.log.put(directory, deleteOf('a'));
      const written = rig.log.put(subjectOf(0), upsertOf(['a']));
      const state = await built(rig, { a: d(written, 0) });
      assert.equal(state.entry('a')?.docId, d(written, 0));
      assert.equal(rig.log.on(subjectOf(0)).length, 1);
    }));
});

describe('a conditional write that is left in the log', () => {
  it('was accepted where a shard or the log has its document, and refused otherwise', () =>
    withPartition(async (rig) => {
      purgedUpTo(rig, 10n);
      const inShard = rig.log.put(directory, writeOf(logDocument('a', 0), condition.absent));
      const inLog = rig.log.put(directory, writeOf(logDocument('b', 0), condition.absent));
      const nowhere = rig.log.put(directory, writeOf(logDocument('c', 0), condition.absent, 'w'));
      rig.log.put(subjectOf(0), upsertOf(['b'], { as: d(inLog, 0) }));
      const newer = rig.log.put(subjectOf(0), upsertOf(['b']));
      const state = await built(rig, { a: d(inShard, 0), b: d(newer, 0) });
      assert.deepEqual(
        [inShard, inLog, nowhere].map((sequence) => verdictOf(state, sequence)),
        [VERDICT_APPLIED, VERDICT_APPLIED, VERDICT_REFUSED],
      );
      assert.equal(state.firstVerdict('w')?.sequence, nowhere);
      assert.deepEqual([state.entry('c'), state.entry('b')?.docId], [null, d(newer, 0)]);
    }));

  it('and is a repeat gets the verdict of the first', () =>
    withPartition(async (rig) => {
      purgedUpTo(rig, 10n);
      const first = rig.log.put(directory, writeOf(logDocument('a', 0), condition.absent, 'w'));
      rig.log.put(subjectOf(0), upsertOf(['a'], { as: d(first, 0) }));
      const repeat = rig.log.put(directory, writeOf(logDocument('a', 0), condition.absent, 'w'));
      const state = await built(rig, { a: d(first, 0) });
      assert.equal(verdictOf(state, repeat), VERDICT_APPLIED);
      assert.deepEqual([...state.verdicts.at(repeat)!.docIds], [d(first, 0)]);
    }));

  it('was accepted where its document comes into the log only while the shards are read', () =>
    withPartition(async (rig) => {
      purgedUpTo(rig, 10n);
      const asked = rig.log.put(directory, writeOf(logDocument('a', 0), condition.absent));
      const late = { isToCome: true };
      const state = await built(rig, { a: d(2n, 0) }, () => {
        if (late.isToCome) rig.log.put(subjectOf(0), upsertOf(['a'], { as: d(asked, 0) }));
        late.isToCome = false;
      });
      assert.deepEqual([verdictOf(state, asked), state.entry('a')?.docId], [VERDICT_APPLIED, d(asked, 0)]);
      for (const entry of rig.log.on(subjectOf(0)))
        assert.ok([...headersOf(entry).docIds].every((docId) => docId === d(asked, 0)));
    }));

  it('gets the passages that no shard has', () =>
    withPartition(async (rig) => {
      purgedUpTo(rig, 10n);
      const asked = rig.log.put(directory, writeOf(logDocument('a', 0, [1]), condition.absent));
      const state = await built(rig, { a: d(asked, 0) });
      const [passage] = rig.log.on(subjectOf(1));
      assert.deepEqual([...headersOf(passage!).docIds], [d(asked, 0)]);
      await (await rig.start()).when(({ heard }) => heard >= passage!.sequence, rig.deadline);
      assert.equal(state.entry('a')?.places.length, 2);
    }));
});

describe('a decision whose traces may be purged', () => {
  it('is not known where something newer is there, or nothing', () =>
    withPartition(async (rig) => {
      purgedUpTo(rig, 10n);
      const asked = ['a', 'b', 'c'].map((id) => rig.log.put(directory, writeOf(logDocument(id, 0), condition.absent)));
      const deleted = ['a', 'b', 'c'].map((id) => rig.log.put(directory, deleteOf(id, d(1n, 0))));
      const newer = rig.log.put(subjectOf(0), upsertOf(['a']));
      rig.floors.set(subjectOf(0), newer);
      const state = await built(rig, { a: d(newer, 0), c: d(3n, 0) });
      const unknown = [VERDICT_UNKNOWN, VERDICT_UNKNOWN, VERDICT_REFUSED];
      const verdicts = [asked, deleted].map((some) => some.map((sequence) => verdictOf(state, sequence)));
      assert.deepEqual(verdicts, [unknown, unknown]);
      assert.deepEqual([state.entry('a')?.docId, state.entry('b')], [d(newer, 0), null]);
    }));
});

describe('a document that is left in the log', () => {
  it('tells the places that it announced', () =>
    withPartition(async (rig) => {
      purgedUpTo(rig, 10n);
      const written = rig.log.put(subjectOf(0), upsertOf(['a'], { places: [0, 1] }));
      const state = await built(rig, { a: d(written, 0) });
      const code = (shard: number): number => state.codeOf(subjectOf(shard));
      assert.deepEqual(state.entry('a')?.places, [code(0), code(1)]);
      assert.deepEqual(state.entry('a')?.unheard, [code(1)]);
      assert.equal(state.epoch, 1n);
    }));

  it('that was purged at the end keeps nobody waiting', () =>
    withPartition(async (rig) => {
      rig.log.put(directory, deleteOf('x'));
      const last = rig.log.put(subjectOf(0), upsertOf(['a']));
      await rig.log.purge('', subjectOf(0), last);
      const state = await built(rig, { a: d(last, 0) });
      assert.deepEqual([state.heard, state.entry('a')?.docId], [last, d(last, 0)]);
    }));
});
