/** What `shoal dev` refuses to start on, and how it says so: exit code 1, the code and the message as JSON, nothing on standard output. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect } from '../../client/sdk/connect.js';
import { spawnDev, startDev } from '../dev-process.js';
import { modelDirectory } from '../model-tokenizer.js';
import { folderPerTest, newFolder, removeFolder } from '../temporary-folder.js';

const withoutEncoder = ['--port', '0', '--encoder-nodes', '0'];

describe('shoal dev refuses', function () {
  this.timeout(60_000);
  const folder = folderPerTest();
  let directory: string;
  beforeEach(() => (directory = folder()));

  it('a data directory that another process has, naming that process', async () => {
    const { process: holder } = await startDev(['--data', directory, ...withoutEncoder]);
    try {
      const { code, message } = await refusal(['--data', directory, ...withoutEncoder]);
      assert.equal(code, 'FAILED_PRECONDITION');
      assert.match(
        message,
        new RegExp(`the data directory .* is in use by process ${holder.pid}; stop that process or`),
      );
    } finally {
      await holder.end('SIGTERM');
    }
    assert.ok(!existsSync(join(directory, 'lock')), 'a regular end gives the directory free');
  });

  it('a port that is in use', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    try {
      const { code, message } = await refusal(['--data', directory, '--port', String(port), '--encoder-nodes', '0']);
      assert.equal(code, 'FAILED_PRECONDITION');
      assert.match(message, new RegExp(`port ${port} is in use: .*choose another with --port`));
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('data of a newer format, wherever in the directory it lies', async () => {
    const { process: writer } = await startDev(['--data', directory, ...withoutEncoder]);
    assert.equal((await writer.end('SIGTERM')).code, 0);
    const formats = filesNamed(directory, 'format');
    assert.ok(formats.includes(join(directory, 'format')));
    for (const path of formats) {
      const before = readFileSync(path);
      writeFileSync(path, '99\n');
      const { code, message } = await refusal(['--data', directory, ...withoutEncoder]);
      assert.equal(code, 'FAILED_PRECONDITION', path);
      assert.match(message, /has format 99, but this version of Shoal reads format \d+ at most; use the newer version/);
      writeFileSync(path, before);
    }
    const { process: again } = await startDev(['--data', directory, ...withoutEncoder]);
    assert.equal((await again.end('SIGTERM')).code, 0);
  });

  it('a folder without a model', async () => {
    const { code, message } = await refusal([
      '--data',
      directory,
      '--port',
      '0',
      '--model',
      join(directory, 'nothing'),
    ]);
    assert.equal(code, 'NOT_FOUND');
    assert.match(message, /there is no model in .*nothing: .*manifest\.json cannot be read/);
  });

  it('a model with a damaged file, naming the file', async () => {
    const manifest = JSON.parse(readFileSync(join(modelDirectory, 'manifest.json'), 'utf8')) as {
      tokenizer: { file: string };
    };
    const damaged = manifest.tokenizer.file;
    for (const name of readdirSync(modelDirectory)) linkOrCopy(join(modelDirectory, name), join(directory, name));
    const bytes = readFileSync(join(directory, damaged));
    bytes[bytes.length >> 1]! ^= 1;
    rmSync(join(directory, damaged));
    writeFileSync(join(directory, damaged), bytes);
    const { code, message } = await refusal(['--data', join(directory, 'data'), '--port', '0', '--model', directory]);
    assert.equal(code, 'DATA_LOSS');
    assert.match(message, new RegExp(`${damaged.replace('.', '\\.')} is damaged or another file: its sha256 is `));
  });

  it('to compute on a GPU that is not there', async function () {
    const dev = spawnDev(['--data', directory, '--port', '0', '--execution-provider', 'cuda']);
    const start = await dev.start;
    if ('address' in start) {
      await assertProvider(start.address, 'cuda');
      await dev.end('SIGTERM');
      return;
    }
    const { code, message } = errorIn(start.exit.stderr);
    assert.equal(start.exit.code, 1);
    assert.equal(code, 'FAILED_PRECONDITION');
    assert.match(message, /cuda/);
  });
});

describe('a cluster with the default model', function () {
  this.timeout(60_000);

  it('refuses a collection of a model that no node has, naming those at hand', async () => {
    const directory = await newFolder();
    const { process: dev, address } = await startDev(['--data', directory, '--port', '0']);
    const client = connect({ address });
    try {
      await assert.rejects(client.collections.create('notes', { model: 'no-such-model' }), {
        code: 'NOT_FOUND',
        message: /no encoder node has the model 'no-such-model'; models at hand: \S+/,
      });
    } finally {
      await client.close();
      await dev.end('SIGTERM');
      await removeFolder(directory);
    }
  });
});

/** The error of a start that must fail. */
async function refusal(args: readonly string[]): Promise<{ code: string; message: string }> {
  const dev = spawnDev(args);
  const start = await dev.start;
  if ('address' in start) {
    await dev.end('SIGKILL');
    assert.fail(`shoal dev ${args.join(' ')} started`);
  }
  assert.equal(start.exit.code, 1, start.exit.stderr);
  return errorIn(start.exit.stderr);
}

/** The last line of standard error. */
function errorIn(stderr: string): { code: string; message: string } {
  const line = stderr.trimEnd().split('\n').at(-1) ?? '';
  return (JSON.parse(line) as { error: { code: string; message: string } }).error;
}

async function assertProvider(address: string, provider: string): Promise<void> {
  const client = connect({ address });
  const { nodes } = await client.cluster.status();
  await client.close();
  assert.deepEqual(
    nodes.filter(({ kind }) => kind === 'encoder').map(({ executionProvider }) => executionProvider),
    [provider],
  );
}

function filesNamed(directory: string, name: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => path === name || path.endsWith(`/${name}`))
    .map((path) => join(directory, path));
}

/** The weights are large: a second name for the same bytes does, where the disk is the same. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    copyFileSync(from, to);
  }
}
