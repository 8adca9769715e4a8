/** The embedded log: the conformance suite, and what only it promises (files, group commit, kills). */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../base/clock.js';
import { Deadline } from '../../../base/deadline.js';
import { createLogger } from '../../../base/logger.js';
import { openEmbeddedChangeLog, type EmbeddedChangeLog } from '../../../cluster/embedded/embedded-change-log.js';
import { skipBecause } from '../../skip.js';
import { changeLogConformance, record, take, type ChangeLogUnderTest } from '../change-log-conformance.js';
import { rejectsWith } from '../rejects.js';
import { newFolder, removeFolder } from '../../temporary-folder.js';

const logger = createLogger('test', 'silent');
const clock = systemClock;

async function logUnderTest(directory: string): Promise<ChangeLogUnderTest> {
  const log = await openEmbeddedChangeLog({ directory, clock, logger, chunkBytes: 256 * 1024 });
  return {
    log,
    reopen: async () => {
      await log.close();
      return await logUnderTest(directory);
    },
    dispose: async () => {
      await log.close();
      await removeFolder(directory);
    },
  };
}

changeLogConformance('the embedded log', async () => await logUnderTest(await newFolder()));

describe('the embedded log on disk', () => {
  let directory: string;
  let deadline: Deadline;
  beforeEach(async () => {
    directory = await newFolder();
    deadline = Deadline.after(clock, 60_000);
  });
  afterEach(async () => {
    deadline.close();
    await removeFolder(directory);
  });
  const openLog = (chunkBytes = 256 * 1024): Promise<EmbeddedChangeLog> =>
    openEmbeddedChangeLog({ directory, clock, logger, chunkBytes });

  it('commits many concurrent appends with few fsyncs', async () => {
    const log = await openLog();
    await log.createStream('s', 1n);
    await Promise.all(Array.from({ length: 500 }, (_, i) => log.append('s', 'a', record(String(i)), deadline)));
    assert.ok(log.commits('s') <= 10, `${log.commits('s')} commits`);
    await log.close();
  });

  it('gives the disk back when everything is purged, in whatever order of subjects', async () => {
    const log = await openLog();
    await log.createStream('s', 1n);
    await fill(log, deadline, 4_000);
    const before = await diskBytes(directory);
    for (const subject of ['s.2', 's.0', 's.1']) await log.purge('s', subject, 4_000n);
    const after = await diskBytes(directory);
    assert.ok(before > 4_000_000, `${before} before`);
    assert.ok(after < before / 5, `${before} before, ${after} after`);
    await log.close();
  });

  it('deletes the files below a floor and keeps what is above', async () => {
    let log = await openLog();
    await log.createStream('s', 1n);
    await fill(log, deadline, 4_000);
    const before = await diskBytes(directory);
    for (const subject of ['s.0', 's.1', 's.2']) await log.purge('s', subject, 3_000n);
    assert.ok((await diskBytes(directory)) < before / 2);
    await log.close();
    log = await openLog();
    const entries = await take(log.consume('s', { subjects: ['s.*'], after: 0n }), 1_000);
    assert.deepEqual(
      entries.map(({ sequence }) => sequence),
      Array.from({ length: 1_000 }, (_, i) => BigInt(3_001 + i)),
    );
    await log.close();
  });

  it('names stream and sequence of a damaged record', async () => {
    let log = await openLog();
    await log.createStream('s', 1n);
    await log.append('s', 'a', record('needle in the haystack '.repeat(200)), deadline);
    await log.close();
    await damage(directory, 'needle');
    log = await openLog();
    await rejectsWith(log.read('s', 1n), 'DATA_LOSS', /sequence 1 of stream s.*body/);
    await log.close();
  });

  it('refuses a newer format, naming both', async () => {
    await (await openLog()).close();
    await writeFile(join(directory, 'format'), '7\n');
    await rejectsWith(openLog(), 'FAILED_PRECONDITION', /format 7.*format 2/);
  });

  it('clears what a kill left of a stream half created', async () => {
    const log = await openLog();
    await log.createStream('s', 1n);
    await log.close();
    await mkdir(join(directory, 't.unfinished'));
    const again = await openLog();
    assert.equal(existsSync(join(directory, 't.unfinished')), false);
    await again.createStream('t', 1n);
    await again.close();
  });

  it('has every acknowledged append after kill -9, again and again', async function () {
    this.timeout(60_000);
    for (const round of [1, 2, 3]) {
      const acknowledged = await killWhileAppending(directory, 40 * round);
      const log = await openLog(64 * 1024);
      const { lastSequence } = await log.state('killed');
      assert.ok(lastSequence >= acknowledged, `acknowledged ${acknowledged}, last ${lastSequence}`);
      const entries = await take(log.consume('killed', { subjects: ['s.*'], after: 0n }), Number(lastSequence));
      for (const [position, entry] of entries.entries()) {
        assert.equal(entry.sequence, BigInt(position + 1));
        assert.equal(Buffer.from(entry.body).toString(), String(entry.sequence).repeat(100));
      }
      await log.close();
    }
  });
});

describe('the embedded log on a full disk', () => {
  let directory: string;
  let deadline: Deadline;
  before(async function () {
    directory = await newFolder();
    deadline = Deadline.after(clock, 60_000);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', directory], { stdio: 'ignore' });
    } catch (thrown) {
      await removeFolder(directory);
      skipBecause(this, `a small file system can be mounted by root only (${String(thrown).split('\n')[0]})`);
    }
  });
  after(async () => {
    deadline.close();
    if (!existsSync(directory)) return;
    execFileSync('umount', [directory]);
    await removeFolder(directory);
  });

  it('refuses appends, keeps what was acknowledged, and goes on when a purge has made room', async () => {
    let log = await openEmbeddedChangeLog({ directory, clock, logger, chunkBytes: 2 * 1024 * 1024 });
    await log.createStream('s', 1n);
    const append = (): Promise<bigint> => log.append('s', 'a', { headers: {}, body: Buffer.alloc(300_000) }, deadline);
    let acknowledged = 0n;
    const fillUp = async (): Promise<never> => {
      for (;;) acknowledged = await append();
    };
    await rejectsWith(fillUp(), 'RESOURCE_EXHAUSTED', /disk .* is full: a record of stream s was not stored/);
    assert.ok(acknowledged > 20n, String(acknowledged));
    assert.equal((await log.state('s')).lastSequence, acknowledged);
    await log.close();
    log = await openEmbeddedChangeLog({ directory, clock, logger, chunkBytes: 2 * 1024 * 1024 });
    assert.equal((await log.state('s')).entries, Number(acknowledged));
    await log.purge('s', 'a', acknowledged - 2n);
    assert.equal(await append(), acknowledged + 1n);
    await log.close();
  });
});

async function fill(log: EmbeddedChangeLog, deadline: Deadline, count: number): Promise<void> {
  const body = Buffer.alloc(1_000, 1);
  for (let first = 0; first < count; first += 200) {
    const append = (_: unknown, i: number): Promise<bigint> =>
      log.append('s', `s.${(first + i) % 3}`, { headers: {}, body }, deadline);
    await Promise.all(Array.from({ length: 200 }, append));
  }
}

async function diskBytes(directory: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).blocks * 512;
  }
  return bytes;
}

/** Changes the first byte of `needle` in the data file that holds it. */
async function damage(directory: string, needle: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.name.endsWith('.mdb')) continue;
    const path = join(entry.parentPath, entry.name);
    const position = (await readFile(path)).indexOf(needle);
    if (position < 0) continue;
    const handle = await open(path, 'r+');
    await handle.write(Buffer.from('N'), 0, 1, position);
    await handle.close();
  }
}

/** Starts an appending process, kills it after `lines` acknowledgements, and gives the last one that it printed. */
async function killWhileAppending(directory: string, lines: number): Promise<bigint> {
  const script = fileURLToPath(new URL('../appender.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = 0n;
  let heard = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = BigInt(line);
    heard += 1;
    if (heard === lines) child.kill('SIGKILL');
  }
  assert.ok(heard >= lines, `the appender ended by itself after ${heard} lines`);
  return acknowledged;
}
