/** A replica follows its log: it applies, lets callers wait, seals, and tells when it cannot go on. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { systemClock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { ShoalError } from '../../../base/errors.js';
import type { ChangeLog, LogConsumer } from '../../../cluster/change-log.js';
import { streamOf } from '../../../cluster/keys.js';
import { join } from 'node:path';
import { Replica, type ReplicaParts } from '../../../shard-node/replica.js';
import { systemFiles } from '../../../vector-index/system-files.js';
import { ShardIndex } from '../../../vector-index/shard-index.js';
import { skipBecause } from '../../skip.js';
import { newFolder, removeFolder } from '../../temporary-folder.js';
import { logDocument, mark, placement, silent, subject, uid, withRig, type Rig } from './fixtures.js';

const indexOptions = {
  settings: { dim: 2, tokenDim: 0 },
  codecs: () => null,
  files: systemFiles,
  clock: systemClock,
};

function replicaParts(log: ChangeLog, index: ShardIndex): ReplicaParts {
  return {
    placement: placement(),
    dim: 2,
    index,
    weighting: { kind: 'learned' },
    givenStructure: 0,
    readStructure: () => Promise.reject(new Error('there is no structure')),
    parametersProblem: async () => '',
    log,
    clock: systemClock,
    logger: silent,
    sealAgeMs: 60_000,
    maintainEveryMs: 60_000,
    memoryBytesMax: 1 << 20,
    floor: async () => 0n,
    term: () => 1,
    onChange: () => undefined,
  };
}

/** `consumer`, cut off after its first entry. */
function failingAfterOne(consumer: LogConsumer): LogConsumer {
  return {
    close: () => consumer.close(),
    async *[Symbol.asyncIterator]() {
      for await (const entry of consumer) {
        yield entry;
        throw new ShoalError('UNAVAILABLE', 'the log is away');
      }
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await systemClock.pause();
}

/** Calls `work` with a started replica and every phase that it told. */
function withReplica(
  work: (replica: Replica, rig: Rig, told: readonly string[]) => Promise<void>,
  before: readonly string[] = [],
  changes: Partial<ReplicaParts> = {},
): Promise<void> {
  return withRig(async (rig) => {
    for (const id of before) await rig.write(logDocument(id));
    const told: string[] = [];
    const index = await ShardIndex.open({ ...indexOptions, directory: join(rig.directory, 'replica') });
    const replica = new Replica({
      ...replicaParts(rig.log, index),
      onChange: ({ phase, durable }) => void told.push(`${phase} ${durable}`),
      ...changes,
    });
    try {
      await replica.start();
      await work(replica, rig, told);
    } finally {
      await replica.close();
    }
  });
}

describe('a replica', () => {
  it('of an empty log is ready at once', () =>
    withReplica(async (replica, _, told) => {
      assert.deepEqual([replica.phase, replica.applied, replica.durable], ['ready', 0n, 0n]);
      assert.deepEqual(told, ['ready 0']);
    }));

  it('is ready once it has applied what was there when it was opened', () =>
    withReplica(
      async (replica, { deadline }, told) => {
        await replica.waitSettled(deadline);
        assert.deepEqual([replica.phase, replica.applied], ['ready', 3n]);
        assert.deepEqual(told, ['ready 0']);
        assert.deepEqual([...replica.index.lookup(['a', 'c'])], [4_096n, 3n * 4_096n]);
      },
      ['a', 'b', 'c'],
    ));

  it('applies what is written, and what is superseded', () =>
    withReplica(async (replica, { write, supersede, deadline }) => {
      await write(logDocument('a'), logDocument('b'));
      const sequence = await supersede('a');
      await replica.waitApplied(mark(sequence), deadline);
      assert.deepEqual([...replica.index.lookup(['a', 'b'])], [0n, 4_097n]);
    }));

  it('lets callers wait for a position, together, and no longer than they want', () =>
    withReplica(async (replica, { write, deadline }) => {
      const waiting = [replica.waitApplied(mark(1n), deadline), replica.waitApplied(mark(1n), deadline)];
      await write(logDocument('a'));
      await Promise.all(waiting);
      await replica.waitApplied(mark(1n), deadline);
      const short = Deadline.after(systemClock, 20);
      await assert.rejects(replica.waitApplied(mark(99n), short), { code: 'DEADLINE_EXCEEDED' });
      const left = Deadline.after(systemClock, 10_000);
      const given = assert.rejects(replica.waitApplied(mark(99n), left), { code: 'CANCELLED' });
      left.cancel();
      await given;
    }));

  it('makes durable what it applied when it seals, and tells', () =>
    withReplica(async (replica, { write, deadline }, told) => {
      await replica.waitApplied(mark(await write(logDocument('a'))), deadline);
      assert.equal(replica.durable, 0n);
      assert.equal(await replica.seal(), 1n);
      assert.equal(replica.durable, 1n);
      assert.equal(told.at(-1), 'ready 1');
    }));

  it('fails on a record that it cannot read, wakes who waits, and says why', () =>
    withReplica(async (replica, { log, deadline }, told) => {
      const waiting = assert.rejects(replica.waitApplied(mark(5n), deadline), {
        code: 'UNAVAILABLE',
        message: `shard 0 of collection ${uid} cannot serve on this node: log record 1 of '${subject}' has the unknown operation 'dance'`,
      });
      await log.append(
        streamOf(uid),
        subject,
        { headers: { 'Shoal-Operation': 'dance' }, body: new Uint8Array(0) },
        deadline,
      );
      await waiting;
      assert.equal(replica.phase, 'failed');
      assert.match(replica.problem, /unknown operation/);
      assert.equal(told.at(-1), 'failed 0');
      assert.throws(() => replica.checkServing(), { code: 'UNAVAILABLE' });
      await assert.rejects(replica.seal(), { code: 'UNAVAILABLE' });
    }));

  it('may be closed twice, and ends with its stream', () =>
    withReplica(async (replica, { log }) => {
      await log.dropStream(streamOf(uid));
      await replica.close();
      await replica.close();
      assert.equal(replica.phase, 'ready');
    }));
});

describe('a replica and the truncation floor', () => {
  it('does not start when the log no longer has what it lacks', async () => {
    const floor = async (): Promise<bigint> => 5n;
    await assert.rejects(
      withReplica(() => Promise.resolve(), [], { floor }),
      { code: 'DATA_LOSS', message: /up to log position 0, the log begins after 5/ },
    );
  });

  it('reads the floor only after it has begun to consume', async () => {
    const order: string[] = [];
    await withRig(async (rig) => {
      const consume = rig.log.consume.bind(rig.log);
      rig.log.consume = (stream, options) => {
        order.push('consume');
        return consume(stream, options);
      };
      const index = await ShardIndex.open({ ...indexOptions, directory: join(rig.directory, 'replica') });
      const floor = async (): Promise<bigint> => {
        order.push('floor');
        return 0n;
      };
      const replica = new Replica({ ...replicaParts(rig.log, index), floor });
      await replica.start();
      await replica.close();
    });
    assert.deepEqual(order, ['consume', 'floor']);
  });

  it('looks before each record while the lease is lost, and fails where records are missing', () => {
    const state = { term: 1 as number | null, floor: 0n };
    return withReplica(
      async (replica, { write, deadline }) => {
        await replica.waitApplied(mark(await write(logDocument('a'))), deadline);
        state.term = null;
        state.floor = 1n;
        await replica.waitApplied(mark(await write(logDocument('b'))), deadline);
        state.floor = 9n;
        await write(logDocument('c'));
        await assert.rejects(replica.waitApplied(mark(3n), deadline), {
          code: 'UNAVAILABLE',
          message: /begins after 9/,
        });
      },
      [],
      { term: () => state.term, floor: async () => state.floor },
    );
  });

  it('looks once more under a new lease, before the next record', () => {
    const state = { term: 1, reads: 0, floor: 0n };
    const floor = async (): Promise<bigint> => {
      state.reads += 1;
      return state.floor;
    };
    return withReplica(
      async (replica, { write, deadline }) => {
        await replica.waitApplied(mark(await write(logDocument('a'))), deadline);
        assert.equal(state.reads, 1);
        state.term = 2;
        for (const id of ['b', 'c']) await replica.waitApplied(mark(await write(logDocument(id))), deadline);
        assert.equal(state.reads, 2);
        [state.term, state.floor] = [3, 9n];
        await write(logDocument('d'));
        await assert.rejects(replica.waitApplied(mark(4n), deadline), { code: 'UNAVAILABLE' });
      },
      [],
      { term: () => state.term, floor },
    );
  });

  it('fails for good when it is told to look and the log has gone on without it', () => {
    const state = { floor: 0n };
    return withReplica(
      async (replica, { write, deadline }) => {
        await replica.waitApplied(mark(await write(logDocument('a'))), deadline);
        await replica.checkLog();
        assert.equal(replica.phase, 'ready');
        state.floor = 9n;
        await replica.checkLog();
        await write(logDocument('b'));
        assert.match(replica.problem, /the log begins after 9/);
        assert.equal(replica.applied, 1n);
      },
      [],
      { floor: async () => state.floor },
    );
  });
});

describe('a replica whose log cannot be reached', () => {
  it('asks again and goes on where it was', () =>
    withRig(async (rig) => {
      const consume = rig.log.consume.bind(rig.log);
      const after: bigint[] = [];
      rig.log.consume = (stream, options) => {
        after.push(options.after);
        const consumer = consume(stream, options);
        return after.length > 3 ? consumer : failingAfterOne(consumer);
      };
      const index = await ShardIndex.open({ ...indexOptions, directory: join(rig.directory, 'replica') });
      const replica = new Replica({ ...replicaParts(rig.log, index), maintainEveryMs: 1 });
      try {
        for (const id of ['a', 'b', 'c', 'd']) await rig.write(logDocument(id));
        await replica.start();
        await replica.waitApplied(mark(4n), rig.deadline);
        assert.deepEqual(after, [0n, 1n, 2n, 3n]);
        assert.equal(replica.phase, 'ready');
      } finally {
        await replica.close();
      }
    }));
});

describe('a replica that is cut off from the log', () => {
  it('says that it is behind and why, until it has what the log took meanwhile', () =>
    withRig(async (rig) => {
      const consume = rig.log.consume.bind(rig.log);
      const lastSequence = rig.log.lastSequence.bind(rig.log);
      const away = new ShoalError('UNAVAILABLE', 'the log is away');
      const state = { isAway: false };
      rig.log.consume = (stream, options) => {
        const consumer = consume(stream, options);
        return state.isAway || options.after === 0n ? failingAfterOne(consumer) : consumer;
      };
      rig.log.lastSequence = (...asked) => (state.isAway ? Promise.reject(away) : lastSequence(...asked));
      const index = await ShardIndex.open({ ...indexOptions, directory: join(rig.directory, 'replica') });
      const replica = new Replica({ ...replicaParts(rig.log, index), maintainEveryMs: 1 });
      try {
        await replica.start();
        assert.equal(replica.isBehind, false);
        state.isAway = true;
        await rig.write(logDocument('a'));
        await until(() => replica.isBehind);
        assert.match(replica.problem, /^it cannot hear the log and answers with what it has: the log is away$/);
        assert.equal(replica.phase, 'ready');
        const last = await rig.write(logDocument('b'));
        state.isAway = false;
        await until(() => !replica.isBehind);
        assert.equal(replica.applied, last);
        assert.equal(replica.problem, '');
      } finally {
        await replica.close();
      }
    }));
});

describe('a replica whose memory is full', () => {
  it('reads no further until what it has is sealed, and says so', () =>
    withRig(async (rig) => {
      const index = await ShardIndex.open({ ...indexOptions, directory: join(rig.directory, 'replica') });
      const problems: string[] = [];
      const replica = new Replica({
        ...replicaParts(rig.log, index),
        memoryBytesMax: 1,
        onChange: ({ problem }) => void (problem !== problems.at(-1) && problems.push(problem)),
      });
      try {
        await replica.start();
        await replica.waitApplied(mark(await rig.write(logDocument('a'))), rig.deadline);
        await rig.write(logDocument('b'));
        await until(() => replica.problem !== '');
        assert.match(replica.problem, /^it reads no further in the log while 0 MiB that are not sealed are in memory$/);
        assert.equal(replica.applied, 1n);
        assert.ok(replica.isBehind);
        await replica.seal();
        await replica.waitApplied(mark(2n), rig.deadline);
        assert.equal(replica.problem, '');
        assert.equal(problems.length, 3);
      } finally {
        await replica.close();
      }
    }));
});

describe('a replica on a full disk', function () {
  let directory: string;
  before(async function () {
    directory = await newFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory], { stdio: 'ignore' });
    } catch (thrown) {
      await removeFolder(directory);
      skipBecause(this, `a small file system can be mounted by root only (${String(thrown).split('\n')[0]})`);
    }
  });
  after(async () => {
    if (!existsSync(directory)) return;
    execFileSync('umount', [directory]);
    await removeFolder(directory);
  });

  it('serves, applies, tells, and seals all of it once there is room', () =>
    withRig(async (rig) => {
      const index = await ShardIndex.open({
        directory,
        settings: { dim: 2, tokenDim: 0 },
        codecs: () => null,
        limits: { mutableBytesMax: 1 },
        files: systemFiles,
        clock: systemClock,
      });
      const problems: string[] = [];
      const changed = new EventEmitter();
      const replica = new Replica({
        placement: placement(),
        dim: 2,
        index,
        weighting: { kind: 'learned' },
        givenStructure: 0,
        readStructure: () => Promise.reject(new Error('there is no structure')),
        parametersProblem: async () => '',
        log: rig.log,
        clock: systemClock,
        logger: silent,
        sealAgeMs: 60_000,
        maintainEveryMs: 5,
        memoryBytesMax: 1 << 20,
        floor: async () => 0n,
        term: () => 1,
        onChange: ({ phase, problem, durable }) => {
          if (problem !== problems.at(-1)) problems.push(problem);
          changed.emit('change', phase, durable);
        },
      });
      const until = async (isSo: () => boolean): Promise<void> => {
        while (!isSo()) await once(changed, 'change', { signal: rig.deadline.signal });
      };
      try {
        await replica.start();
        const ballast = join(directory, 'ballast');
        await assert.rejects(writeFile(ballast, Buffer.alloc(4 * 1024 * 1024)), { code: 'ENOSPC' });
        await replica.waitApplied(mark(await rig.write(logDocument('a', { text: 'x'.repeat(50_000) }))), rig.deadline);
        await until(() => replica.problem !== '');
        await replica.waitApplied(mark(await rig.write(logDocument('b'))), rig.deadline);
        await assert.rejects(replica.seal(), { code: 'RESOURCE_EXHAUSTED', message: /^disk full: .*free disk space$/ });
        assert.deepEqual([replica.phase, replica.durable], ['ready', 0n]);
        assert.deepEqual([...index.lookup(['a', 'b'])], [4_096n, 2n * 4_096n]);
        // The next attempt may be under way.
        const files = (await readdir(directory)).filter((name) => !name.endsWith('.tmp'));
        assert.deepEqual(files.sort(), ['ballast', 'manifest']);
        await rm(ballast);
        await until(() => replica.problem === '' && replica.durable === 2n);
        assert.deepEqual(
          problems.map((problem) => problem.split(':')[0]),
          ['', 'disk full', ''],
        );
        assert.deepEqual(await index.verify(), []);
        assert.deepEqual([...index.lookup(['a', 'b'])], [4_096n, 2n * 4_096n]);
      } finally {
        await replica.close();
      }
    }));
});
