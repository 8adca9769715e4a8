/** A node opens, closes and reports its replicas as the placements say. */
import assert from 'node:assert/strict';
import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keys, parametersObject } from '../../../cluster/keys.js';
import type { Files } from '../../../vector-index/files.js';
import { systemFiles } from '../../../vector-index/system-files.js';
import { logDocument, mark, mapOf, nodeId, placement, ref, subject, uid, withDocuments, withRig } from './fixtures.js';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe('the replicas of a node', () => {
  it('open where they are placed, and say that they are ready', () =>
    withRig(async ({ replicas, state, write, deadline }) => {
      await write(logDocument('a'));
      const set = replicas();
      await set.follow(mapOf([placement(0), placement(1, { nodes: ['other'] })]));
      await set.settled(deadline);
      assert.equal(set.replica(uid, ref).applied, 1n);
      assert.deepEqual(await state(), {
        uid,
        shard: 0,
        node: nodeId,
        state: 'ready',
        generation: 1n,
        durable: 0n,
        problem: '',
        stay: 0n,
      });
      assert.equal(await state(1), null);
    }));

  it('are refused where they are not held, or at another generation', () =>
    withDocuments([], async (set) => {
      const stale = {
        code: 'FAILED_PRECONDITION',
        message: `this node does not hold shard 0 of collection ${uid} at generation 2; refresh the shard map and ask again`,
      };
      assert.throws(() => set.replica(uid, { shard: 0, generation: 2n }), stale);
      assert.throws(() => set.replica(uid, { shard: 1, generation: 1n }), { code: 'FAILED_PRECONDITION' });
      assert.throws(() => set.replica('u2', ref), { code: 'FAILED_PRECONDITION' });
      assert.throws(() => set.replica(uid, undefined), {
        code: 'INVALID_ARGUMENT',
        message: 'the request names no shard; give shard and generation',
      });
    }));

  it('that are placed elsewhere leave nothing behind', () =>
    withRig(async ({ replicas, write, directory, state, deadline }) => {
      const set = replicas({ leaveAfterMs: 0 });
      await set.follow(mapOf([placement()]));
      await write(logDocument('a'));
      await set.replica(uid, ref).waitApplied(mark(1n), deadline);
      const data = join(directory, 'data', uid, '0');
      await set.replica(uid, ref).seal();
      assert.ok((await readdir(data)).length > 0);
      await set.follow(mapOf([placement(0, { nodes: ['other'] })]));
      assert.throws(() => set.replica(uid, ref), { code: 'FAILED_PRECONDITION' });
      assert.equal(await state(), null);
      assert.equal(await exists(join(directory, 'data', uid)), false);
    }));

  it('keep their data when the node closes, and go on from there', () =>
    withRig(async ({ replicas, write, deadline }) => {
      const first = replicas();
      await first.follow(mapOf([placement()]));
      await write(logDocument('a'));
      await first.replica(uid, ref).waitApplied(mark(1n), deadline);
      await first.replica(uid, ref).seal();
      await first.close();
      await first.close();
      await write(logDocument('b'));
      const second = replicas();
      await second.follow(mapOf([placement()]));
      await second.settled(deadline);
      assert.deepEqual([...second.replica(uid, ref).index.lookup(['a', 'b'])], [4_096n, 2n * 4_096n]);
    }));

  it('open once, however often the map changes', () =>
    withRig(async ({ replicas, deadline }) => {
      const set = replicas();
      await Promise.all([1, 2, 3].map(() => set.follow(mapOf([placement()]))));
      const replica = set.replica(uid, ref);
      await set.follow(mapOf([placement()]));
      assert.equal(set.replica(uid, ref), replica);
      await set.settled(deadline);
    }));

  it('say that they cannot read the learned parameters that serve, while they serve without', () =>
    withRig(async ({ replicas, until, objects, deadline }) => {
      const set = replicas();
      await objects.put(parametersObject(uid, 2), Buffer.from('no parameters'));
      const follow = (parametersVersion: number) => set.follow(mapOf([placement()], { parametersVersion }));
      await follow(2);
      await set.settled(deadline);
      await until(
        ({ state, problem }) =>
          state === 'ready' && /without the learned .* cannot read them: .*does not begin as one/.test(problem),
      );
      set.replica(uid, ref).checkServing();
      await follow(3);
      await until(({ problem }) =>
        /'parameters\/u1\/3' is not in the object store; let another version serve/.test(problem),
      );
      await follow(0);
      await until(({ problem }) => problem === '');
    }));

  it('report each new durable position', () =>
    withDocuments([logDocument('a')], async (set, { state, deadline }) => {
      await set.replica(uid, ref).seal();
      await set.settled(deadline);
      assert.equal((await state())?.durable, 1n);
    }));
});

describe('a replica that cannot be opened', () => {
  it('is reported with its reason, once, while the others go on', () =>
    withRig(async ({ replicas, state, directory, registry, deadline }) => {
      await mkdir(join(directory, 'data', uid), { recursive: true });
      await writeFile(join(directory, 'data', uid, '0'), 'a file where a folder should be');
      const set = replicas();
      const map = mapOf([placement(0), placement(1)]);
      await set.follow(map);
      await set.settled(deadline);
      assert.equal((await state(0))?.state, 'failed');
      assert.match((await state(0))?.problem ?? '', /EEXIST|ENOTDIR/);
      assert.equal((await state(1))?.state, 'ready');
      assert.throws(() => set.replica(uid, ref), {
        code: 'UNAVAILABLE',
        message: /shard 0 of collection u1 cannot be opened on this node: /,
      });
      const before = (await registry.get(keys.replica(uid, 0, nodeId)))?.revision;
      await set.follow(map);
      await set.settled(deadline);
      assert.equal((await registry.get(keys.replica(uid, 0, nodeId)))?.revision, before);
    }));

  it('goes when it is no longer placed here', () =>
    withRig(async ({ replicas, state, deadline }) => {
      const set = replicas();
      await set.follow(mapOf([placement()], { tokenCodec: 'lost' }));
      await set.settled(deadline);
      assert.match((await state())?.problem ?? '', /token codec 'lost' is not in the object store/);
      await set.follow(mapOf([]));
      assert.equal(await state(), null);
      assert.throws(() => set.replica(uid, ref), { code: 'FAILED_PRECONDITION' });
    }));

  it('is tried again while the disk is full, and serves once there is room', () =>
    withRig(async ({ replicas, state, until, write }) => {
      await write(logDocument('a'));
      let attempts = 0;
      const files: Files = {
        ...systemFiles,
        makeDirectory: async (path) => {
          attempts += 1;
          if (attempts <= 3) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
          await systemFiles.makeDirectory(path);
        },
      };
      const set = replicas({ maintainEveryMs: 1 }, files);
      await set.follow(mapOf([placement()]));
      assert.throws(() => set.replica(uid, ref), { code: 'UNAVAILABLE', message: /disk full: .*free disk space$/ });
      await until((told) => told.state === 'ready');
      assert.equal((await state())?.problem, '');
      assert.deepEqual([...set.replica(uid, ref).index.lookup(['a'])], [4_096n]);
      assert.ok(attempts > 3);
    }));

  it('is tried again while its log is gone, and serves once that is made anew', () =>
    withRig(async ({ replicas, state, until, log }) => {
      await log.dropStream(uid);
      const set = replicas({ maintainEveryMs: 1 });
      await set.follow(mapOf([placement()]));
      assert.throws(() => set.replica(uid, ref), { code: 'UNAVAILABLE', message: /the log has no stream/ });
      await log.raiseStream(uid, 7n);
      await until((told) => told.state === 'ready');
      assert.equal((await state())?.problem, '');
    }));

  it('is one that lacks what the log no longer has', () =>
    withRig(async ({ replicas, state, registry, deadline }) => {
      await registry.transact([], [{ operation: 'put', key: keys.floor(subject), value: Buffer.from('5') }]);
      const set = replicas();
      await set.follow(mapOf([placement()]));
      await set.settled(deadline);
      assert.deepEqual([(await state())?.state, (await state())?.durable], ['failed', 0n]);
      assert.match(
        (await state())?.problem ?? '',
        /^this node has the shard up to log position 0, the log begins after 5; /,
      );
    }));

  it('say everything again under a new lease, and fail where the log went on without them', () =>
    withDocuments([logDocument('a')], async (set, { registry, state, deadline }) => {
      const key = keys.replica(uid, 0, nodeId);
      await registry.transact([], [{ operation: 'delete', key }]);
      await set.renew();
      await set.settled(deadline);
      assert.equal((await state())?.state, 'ready');
      const floor = Buffer.from('9');
      await registry.transact([], [{ operation: 'put', key: keys.floor(subject), value: floor }]);
      await set.renew();
      await set.settled(deadline);
      assert.equal((await state())?.state, 'failed');
      assert.match((await state())?.problem ?? '', /the log begins after 9/);
    }));

  it('report nothing under a lease that a leaving node gives up', () =>
    withDocuments([logDocument('a')], async (set, { registry, lease, state }) => {
      await set.leave();
      await lease.revoke();
      const transacts: unknown[] = [];
      const transact = registry.transact.bind(registry);
      registry.transact = (conditions, writes) => {
        transacts.push(writes);
        return transact(conditions, writes);
      };
      assert.equal(await set.replica(uid, ref).seal(), 1n);
      await set.close();
      assert.deepEqual(transacts, []);
      assert.equal(await state(), null);
    }));
});
