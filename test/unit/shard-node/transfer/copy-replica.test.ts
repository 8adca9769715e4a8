/** What another node sends becomes a replica's folder whole, or not at all. */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../../../base/clock.js';
import { ShoalError } from '../../../../base/errors.js';
import type { Connections } from '../../../../cluster/rpc/transport.js';
import { TransferService, type ReadSnapshotRequest } from '../../../../proto/generated/shoal/v1/backup.js';
import { asideOf, copyReplica, discardUnfinished } from '../../../../shard-node/transfer/copy-replica.js';
import { systemFiles as files } from '../../../../vector-index/system-files.js';
import { inFolder } from '../../../temporary-folder.js';
import { silent } from '../fixtures.js';
import { sealedFiles } from './exported.js';

interface Sent {
  readonly name: string;
  readonly bytes: Buffer;
}

const placement = { uid: 'u1', shard: 0, generation: 1n };

/** A peer that has `sent`, and of each file says that it has `extra` bytes more. */
function peerWith(sent: readonly Sent[], extra = 0): { connections: Pick<Connections, 'unary'>; released: bigint[] } {
  const released: bigint[] = [];
  const answer = (path: string, request: unknown): unknown => {
    if (path === TransferService.openSnapshot.path) {
      const named = sent.map(({ name, bytes }) => ({ name, bytes: BigInt(bytes.length + extra) }));
      return { snapshot: 7n, marks: [], files: named };
    }
    if (path === TransferService.closeSnapshot.path) {
      released.push((request as { snapshot: bigint }).snapshot);
      return {};
    }
    const { file, offset, limit } = request as ReadSnapshotRequest;
    return { data: sent[file]!.bytes.subarray(Number(offset), Number(offset) + Math.min(limit, 500)) };
  };
  const unary: Connections['unary'] = (_, { path }, request) => Promise.resolve(answer(path, request) as never);
  return { connections: { unary }, released };
}

async function copy(directory: string, connections: Pick<Connections, 'unary'>, signal = new AbortController().signal) {
  const parts = { connections, files, clock: systemClock, logger: silent, bytesPerSecondMax: 1e9 };
  return copyReplica({ placement, address: 'other:1', directory, signal }, parts);
}

describe('a replica that is copied from another node', () => {
  it('has its files, and what was there before lies aside', () =>
    inFolder(async (folder) => {
      const sent = await sealedFiles();
      const directory = join(folder, '0');
      await files.makeDirectory(directory);
      await writeFile(join(directory, 'manifest'), 'damaged');
      const { connections, released } = peerWith(sent);
      const bytes = await copy(directory, connections);
      assert.equal(
        bytes,
        sent.reduce((sum, file) => sum + file.bytes.length, 0),
      );
      assert.deepEqual((await readdir(directory)).sort(), sent.map(({ name }) => name).sort());
      for (const { name, bytes: own } of sent) assert.deepEqual(await readFile(join(directory, name)), own);
      assert.equal(await readFile(join(asideOf(directory), 'manifest'), 'utf8'), 'damaged');
      assert.deepEqual(released, [7n]);
    }));

  it('is DATA_LOSS and takes no room where a file is damaged or ends early', () =>
    inFolder(async (folder) => {
      const sent = await sealedFiles();
      const damaged = sent.map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes) }));
      const segment = damaged.find(({ name }) => name.endsWith('.segment'))!;
      segment.bytes[segment.bytes.length >> 1]! ^= 1;
      const directory = join(folder, '0');
      const { connections, released } = peerWith(damaged);
      await assert.rejects(copy(directory, connections), {
        code: 'DATA_LOSS',
        message: /what other:1 sent is damaged/,
      });
      assert.deepEqual(released, [7n]);
      const short = peerWith(sent, 1);
      await assert.rejects(copy(directory, short.connections), { code: 'DATA_LOSS', message: /at other:1 ends after/ });
      assert.deepEqual(await readdir(folder), []);
    }));

  it('takes no file outside its folder', () =>
    inFolder(async (folder) => {
      const { connections } = peerWith([{ name: '../evil', bytes: Buffer.from('x') }]);
      await assert.rejects(copy(join(folder, '0'), connections), { code: 'INVALID_ARGUMENT' });
      assert.deepEqual(await readdir(folder), []);
    }));

  it('is CANCELLED by its signal', () =>
    inFolder(async (folder) => {
      const stop = new AbortController();
      const { connections } = peerWith(await sealedFiles());
      const reading: Connections['unary'] = (address, method, request, deadline) => {
        if (method.path === TransferService.readSnapshot.path) stop.abort(new ShoalError('CANCELLED', 'enough'));
        deadline.check();
        return connections.unary(address, method, request, deadline);
      };
      await assert.rejects(copy(join(folder, '0'), { unary: reading }, stop.signal), { code: 'CANCELLED' });
      assert.deepEqual(await readdir(folder), []);
    }));

  it('is discarded where a crash broke it off, and only then', () =>
    inFolder(async (folder) => {
      const directory = join(folder, '0');
      await copy(directory, peerWith(await sealedFiles()).connections);
      const whole = await readdir(directory);
      await discardUnfinished(directory, files);
      assert.deepEqual(await readdir(directory), whole);
      await writeFile(join(directory, 'copying'), '');
      await discardUnfinished(directory, files);
      assert.deepEqual(await readdir(folder), []);
    }));
});
