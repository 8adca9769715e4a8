/** A real `shoal dev` on a small file system that fills up: it refuses to write, serves what it has, and goes on when there is room. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShoalError, type ErrorCode } from '../../base/errors.js';
import { connect, type ShoalClient } from '../../client/sdk/connect.js';
import type { Document } from '../../client/sdk/types.js';
import { startDev, type DevProcess } from '../dev-process.js';
import { skipBecause } from '../skip.js';
import { newFolder, removeFolder } from '../temporary-folder.js';

const collection = 'small';
const dim = 16;
const megabyte = 1024 * 1024;
const diskBytes = 96 * megabyte;
/** More than is written beside it: sealing needs room for what the log still holds. */
const ballastBytes = 60 * megabyte;
const textBytes = 8_000;
const documentsPerRequest = 16;

describe('a cluster whose disk fills up', () => {
  let disk = '';
  let dev: DevProcess;
  let client: ShoalClient;
  /** Id → round of every document that was acknowledged. */
  const acknowledged = new Map<string, number>();

  before(async function () {
    disk = await newFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'tmpfs', disk], { stdio: 'ignore' });
    } catch (thrown) {
      await removeFolder(disk);
      disk = '';
      skipBecause(this, `a small file system can be mounted by root only (${String(thrown).split('\n')[0]})`);
    }
    await start();
  });
  after(async () => {
    if (disk === '') return;
    await client?.close();
    await dev?.end('SIGKILL');
    execFileSync('umount', [disk]);
    await removeFolder(disk);
  });

  async function start(): Promise<void> {
    const flags = ['--data', join(disk, 'data'), '--port', '0', '--encoder-nodes', '0', '--shard-nodes', '2'];
    const started = await startDev([...flags, '--log-level', 'silent']);
    dev = started.process;
    client = connect({ address: started.address, deadlineMs: 30_000 });
  }

  async function write(first: number, round: number): Promise<void> {
    const documents = Array.from({ length: documentsPerRequest }, (_, i) => documentOf(first + i, round));
    const { results } = await client.documents.upsert(collection, documents);
    for (const { id, error } of results) {
      if (error !== null) throw new ShoalError(error.code as ErrorCode, error.message);
      acknowledged.set(id, round);
    }
  }

  /** Writes until that is refused. */
  async function fillUp(round: number): Promise<ShoalError> {
    for (let first = 0; ; first += documentsPerRequest) {
      try {
        await write(first, round);
      } catch (thrown) {
        return ShoalError.from(thrown);
      }
    }
  }

  async function checkAll(): Promise<void> {
    const found = new Map<string, number>();
    for await (const { id, attributes } of client.documents.scroll(collection))
      found.set(id, Number(attributes?.['round']));
    for (const [id, round] of acknowledged) assert.equal(found.get(id), round, id);
    const { hits } = await client.search(collection, vectorOf(3), { k: 10_000, requireFull: true, deadlineMs: 10_000 });
    assert.deepEqual(hits.map(({ id }) => id).sort(), [...found.keys()].sort());
    assert.equal((await client.documents.get(collection, idOf(7))).id, idOf(7));
  }

  it('refuses writes by saying so, and answers everything else', async function () {
    this.timeout(120_000);
    writeFileSync(join(disk, 'ballast'), Buffer.alloc(ballastBytes));
    const centroids = new Float32Array(2 * dim);
    centroids[0] = centroids[dim + 1] = 1;
    const structure = { shards: 2, centroids, directoryPartitions: 2 };
    await client.collections.create(collection, { model: 'none', dim, ...structure });
    for (const round of [1, 2]) {
      const refusal = await fillUp(round);
      assert.equal(refusal.code, 'RESOURCE_EXHAUSTED', refusal.message);
      assert.match(refusal.message, /disk .* is full|disk full/);
      assert.ok(acknowledged.size > 500, `${acknowledged.size} documents were stored before`);
      await checkAll();
    }
    const deletion = client.documents.delete(collection, [idOf(0)]);
    const outcome = await deletion.then(
      () => acknowledged.delete(idOf(0)) && 'deleted',
      (error: unknown) => ShoalError.from(error).code,
    );
    assert.ok(outcome === 'deleted' || outcome === 'RESOURCE_EXHAUSTED', String(outcome));
  });

  it('starts on the full disk after a kill, with everything that was acknowledged', async function () {
    this.timeout(60_000);
    await client.close();
    await dev.end('SIGKILL');
    await start();
    await checkAll();
  });

  it('writes again when there is room, and gives the log its space back', async function () {
    this.timeout(90_000);
    rmSync(join(disk, 'ballast'));
    await until(() => write(20_000, 3));
    await checkAll();
    const before = logBytes(disk);
    await until(() => client.cluster.flush(collection));
    await until(async () => assert.ok(logBytes(disk) < before / 4, `${logBytes(disk)} of ${before} bytes are left`));
    await write(30_000, 4);
    await checkAll();
  });
});

/** Tries again until `work` succeeds, for half a minute. */
async function until(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    try {
      await work();
      return;
    } catch {
      await sleep(200);
    }
  }
  await work();
}

/** Blocks of the log's data files. */
function logBytes(disk: string): number {
  const folder = join(disk, 'data', 'log');
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return paths.filter(existsSync).reduce((sum, path) => sum + statSync(path).blocks * 512, 0);
}

function idOf(number: number): string {
  return `document-${number}`;
}

function vectorOf(number: number): Float32Array {
  const vector = new Float32Array(dim).fill(Math.cos(number));
  vector[number % 2] = 40;
  vector[2 + (number % (dim - 2))]! += Math.sin(number);
  return vector;
}

function documentOf(number: number, round: number): Document {
  const text = `round ${round} `.repeat(textBytes / 8);
  return { id: idOf(number), text, vector: vectorOf(number), attributes: { round: BigInt(round) } };
}
