/** The directory as nodes run it, over the real log and real shards: decisions, what they cause, restarts and loss of its data. */
import assert from 'node:assert/strict';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keys, streamOf } from '../../cluster/keys.js';
import { docIdOf } from '../../cluster/log/doc-id.js';
import { condition } from '../../cluster/log/record-headers.js';
import { Verdict } from '../../proto/generated/shoal/v1/directory.js';
import { DirectoryRig, subjectOf, uid } from './directory-rig.js';

const small = { shards: 3, partitions: 2 };

describe('the directory of a running node', () => {
  it('knows where every document is, in every partition', () =>
    DirectoryRig.with(small, async (rig) => {
      const sequence = await rig.upsert(1, 'a', 'b', 'c', 'd', 'e');
      for (const [position, id] of ['a', 'b', 'c', 'd', 'e'].entries()) {
        assert.deepEqual(await rig.locate(id, sequence), { docId: docIdOf(sequence, position), subject: subjectOf(1) });
      }
      assert.deepEqual(await rig.locate('nobody', sequence), { docId: 0n, subject: '' });
      assert.deepEqual([...(await rig.list(2, sequence))].sort(), ['a', 'b', 'c', 'd', 'e']);
    }));

  it('ends the old version where a document moves to another shard', () =>
    DirectoryRig.with(small, async (rig) => {
      await rig.upsert(0, 'a', 'b');
      const sequence = await rig.upsert(2, 'a');
      const caused = await rig.settled(sequence);
      assert.ok(caused > sequence);
      assert.deepEqual(await rig.rows(0, 'a', 'b'), [0n, docIdOf(1n, 1)]);
      assert.deepEqual(await rig.rows(2, 'a'), [docIdOf(sequence, 0)]);
    }));

  it('deletes wherever a document is, and says which there were', () =>
    DirectoryRig.with(small, async (rig) => {
      await rig.upsert(0, 'a');
      const sequence = await rig.delete(['a']);
      assert.deepEqual(await rig.verdict('a', sequence), { verdict: Verdict.VERDICT_APPLIED, docId: 0n });
      assert.deepEqual(await rig.rows(0, 'a'), [0n]);
      assert.equal((await rig.locate('a', sequence)).docId, 0n);
      const again = await rig.delete(['a']);
      assert.equal((await rig.verdict('a', again)).verdict, Verdict.VERDICT_ABSENT);
    }));

  it('carries out a conditional write where its condition holds, and only there', () =>
    DirectoryRig.with(small, async (rig) => {
      const created = await rig.write('a', 0, condition.absent);
      const docId = docIdOf(created, 0);
      assert.deepEqual(await rig.verdict('a', created), { verdict: Verdict.VERDICT_APPLIED, docId });
      assert.deepEqual(await rig.rows(0, 'a'), [docId]);
      const refused = await rig.write('a', 1, condition.absent);
      assert.deepEqual(await rig.verdict('a', refused), { verdict: Verdict.VERDICT_REFUSED, docId });
      const moved = await rig.write('a', 1, docId);
      assert.equal((await rig.verdict('a', moved)).verdict, Verdict.VERDICT_APPLIED);
      assert.deepEqual(await rig.locate('a', moved), { docId: docIdOf(moved, 0), subject: subjectOf(1) });
      assert.deepEqual([await rig.rows(0, 'a'), await rig.rows(1, 'a')], [[0n], [docIdOf(moved, 0)]]);
    }));

  it('answers a repeated write as the first time, also after a restart', () =>
    DirectoryRig.with(small, async (rig) => {
      const first = await rig.write('a', 0, condition.absent, 'w1');
      const verdict = await rig.verdict('a', first);
      assert.deepEqual(await rig.verdict('a', await rig.write('a', 0, condition.absent, 'w1')), verdict);
      await rig.state(rig.partitionOf('a'), ({ committed }) => committed > first);
      await rig.stop('n1');
      const third = await rig.write('a', 0, condition.absent, 'w1');
      await rig.start('n1');
      assert.deepEqual(await rig.verdict('a', third), verdict);
      assert.deepEqual(await rig.verdict('a', first), verdict);
    }));

  it('goes on after being stopped before it committed', () =>
    DirectoryRig.with({ ...small, nodes: 2 }, async (rig) => {
      for (let round = 0; round < 4; round += 1) {
        await rig.upsert(round % 3, 'a', 'b', 'c');
        const write = await rig.write(`w${round}`, 1, condition.absent);
        await rig.stop('n1');
        const last = await rig.upsert((round + 1) % 3, 'a', 'b');
        await rig.stop('n2');
        await rig.start('n1');
        await rig.start('n2');
        await rig.settled(last);
        assert.equal((await rig.verdict(`w${round}`, write)).verdict, Verdict.VERDICT_APPLIED);
        assert.deepEqual(await rig.locate('a', last), { docId: docIdOf(last, 0), subject: subjectOf((round + 1) % 3) });
        const holders = [];
        for (const shard of [0, 1, 2]) holders.push((await rig.rows(shard, 'a'))[0]);
        assert.deepEqual(
          holders.filter((docId) => docId !== 0n),
          [docIdOf(last, 0)],
        );
      }
    }));

  it('is built anew from the shards when its data and the log are gone', () =>
    DirectoryRig.with(small, async (rig) => {
      await rig.upsert(0, 'a', 'b', 'c');
      await rig.upsert(1, 'd', 'b');
      const last = await rig.delete(['c']);
      await rig.settled(last);
      await rig.seal();
      await rig.stop('n1');
      await losePartitions(rig);
      await truncate(rig, last);
      await rig.start('n1');
      assert.deepEqual([...(await rig.list(10, last))].sort(), ['a', 'b', 'd']);
      assert.deepEqual(await rig.locate('b', last), { docId: docIdOf(2n, 1), subject: subjectOf(1) });
      const more = await rig.upsert(2, 'a');
      assert.deepEqual(await rig.locate('a', more), { docId: docIdOf(more, 0), subject: subjectOf(2) });
      await rig.settled(more);
      assert.deepEqual(await rig.rows(0, 'a'), [0n]);
    }));

  it('takes over the state of another copy when its data and the log are gone, and waits for that copy', () =>
    DirectoryRig.with({ shards: 1, partitions: 1, nodes: 2, copies: 2 }, async (rig) => {
      await rig.upsert(0, 'a', 'b', 'c');
      const write = await rig.write('w', 0, condition.absent, 'w1');
      const verdict = await rig.verdict('w', write);
      const last = await rig.delete(['c']);
      for (const node of rig.nodeIds) await rig.state(0, ({ committed }) => committed >= last, node);
      await rig.seal();
      await rig.stop('n2');
      await rig.stop('n1');
      await losePartitions(rig, 'n2');
      await truncate(rig, last);
      await rig.start('n2');
      await rig.state(0, ({ state, problem }) => state === 'loading' && /node 'n1'.* does not run/.test(problem), 'n2');
      await rig.start('n1');
      await rig.state(0, ({ state, committed }) => state === 'ready' && committed >= last, 'n2');
      await rig.stop('n1');
      await losePartitions(rig, 'n1');
      await rig.start('n1');
      await rig.state(0, ({ state, committed }) => state === 'ready' && committed >= last);
      assert.deepEqual([...(await rig.list(10, last))].sort(), ['a', 'b', 'w']);
      assert.deepEqual(await rig.verdict('w', write), verdict);
    }));

  it('is built anew when its files are damaged, and keeps those aside', () =>
    DirectoryRig.with({ shards: 1, partitions: 1 }, async (rig) => {
      const last = await rig.upsert(0, ...Array.from({ length: 200 }, (_, i) => `document-${i}`));
      await rig.state(0, ({ committed }) => committed >= last);
      await rig.stop('n1');
      const folder = join(rig.dataOf('n1'), uid, 'directory-0');
      const run = join(
        folder,
        (await readdir(folder)).find((name) => name.startsWith('run-'))!,
      );
      const bytes = await readFile(run);
      bytes[100] = bytes[100]! ^ 1;
      await writeFile(run, bytes);
      await rig.start('n1');
      await assert.rejects(rig.locate('document-1', last), { code: 'UNAVAILABLE' });
      await rig.state(0, ({ state, committed }) => state === 'ready' && committed >= last);
      assert.equal((await rig.locate('document-1', last)).docId, docIdOf(last, 1));
      assert.ok((await readdir(`${folder}.damaged`)).length > 0);
    }));

  it('refuses what it does not hold, and what the log has not given', () =>
    DirectoryRig.with({ shards: 1, partitions: 1 }, async (rig) => {
      await assert.rejects(rig.settled(5n), {
        code: 'OUT_OF_RANGE',
        message: /log position 5 of collection u1 does not exist yet: the last one is 0/,
      });
      await assert.rejects(rig.locate('a', 1n), { code: 'OUT_OF_RANGE' });
    }));

  it('leaves nothing behind when the collection is dropped', () =>
    DirectoryRig.with({ shards: 1, partitions: 1 }, async (rig) => {
      const last = await rig.upsert(0, 'a');
      await rig.state(0, ({ committed }) => committed >= last);
      const drop = [keys.setting(uid), keys.placement(uid, 0), keys.directory(uid, 0)];
      await rig.embedded.registry.transact(
        [],
        drop.map((key) => ({ operation: 'delete', key })),
      );
      while ((await readdir(rig.dataOf('n1'))).length > 0) rig.deadline.check();
      assert.equal(await rig.embedded.registry.get(keys.directoryState(uid, 0, 'n1')), null);
    }));
});

async function losePartitions(rig: DirectoryRig, node = 'n1'): Promise<void> {
  const folder = join(rig.dataOf(node), uid);
  for (const name of await readdir(folder)) {
    if (name.startsWith('directory-')) await rm(join(folder, name), { recursive: true });
  }
}

/** Says that everything up to `last` is durable, and purges it. */
async function truncate(rig: DirectoryRig, last: bigint): Promise<void> {
  const { registry, log } = rig.embedded;
  for (const subject of [...rig.subjects, `shoal.${uid}.directory`]) {
    const held = await log.lastSequence(streamOf(uid), subject);
    const value = Buffer.from(String(held < last ? held : last));
    await registry.transact([], [{ operation: 'put', key: keys.floor(subject), value }]);
    await log.purge(streamOf(uid), subject, last);
  }
}
