import assert from 'node:assert/strict';
import { encodeManifest } from '../../../../cluster/archive/archive-manifest.js';
import { ShoalError } from '../../../../base/errors.js';
import type { BackupParts } from '../../../../coordinator/backup/parts.js';
import { planRestore } from '../../../../coordinator/backup/restore-plan.js';
import { ShardImports } from '../../../../coordinator/backup/shard-imports.js';
import { FakeClock } from '../../../fake-clock.js';
import { deadlineOf, mapOf, shardNode, silent, viewOf } from '../fixtures.js';
import { archivedManifest, transferring, type TransferCall } from './fixtures.js';

const map = mapOf({ nodes: ['n1', 'n2'].map(shardNode) });

function rig(answer: (call: TransferCall) => unknown = () => ({ documents: 3n })) {
  const start = { collection: 'copy', replicas: 2, manifest: Buffer.from(encodeManifest(archivedManifest())) };
  const plan = planRestore(start, map, { uid: 'new', wallMs: 0 });
  const { peers, calls } = transferring(answer);
  const parts = { view: viewOf(map), peers, clock: new FakeClock(), logger: silent } as unknown as BackupParts;
  const told = (): string[] => calls.map(({ address, method }) => `${address} ${method}`);
  return { imports: new ShardImports(plan, parts), calls, told };
}

const both = (method: string): string[] => [`n1:1 ${method}`, `n2:1 ${method}`];

describe('imports of shards', () => {
  it('begin once, on every node of the shard, and go to all of them', async () => {
    const { imports, calls, told } = rig();
    await imports.writeFile(4, 'manifest', Buffer.from('m'), deadlineOf());
    await imports.writeRecords(4, Buffer.from('r'), deadlineOf());
    assert.deepEqual(told(), [...both('beginImport'), ...both('writeImport'), ...both('writeImport')]);
    const { archivedUid, sequence, cut } = calls[0]!.request;
    assert.deepEqual([archivedUid, sequence, cut], ['old', 9n, 7n]);
    assert.deepEqual(calls[2]!.request, { uid: 'new', shard: 4, file: 'manifest', data: Buffer.from('m') });
    assert.deepEqual(calls[4]!.request, { uid: 'new', shard: 4, records: true, data: Buffer.from('r') });
  });

  it('finish for every shard, also one that was sent nothing', async () => {
    const { imports, told } = rig();
    await imports.writeFile(4, 'manifest', Buffer.from('m'), deadlineOf());
    assert.equal(await imports.finish(deadlineOf()), 6n);
    assert.equal(told().filter((call) => call.endsWith('finishImport')).length, 4);
    assert.equal(told().filter((call) => call.endsWith('beginImport')).length, 4);
  });

  it('fail where two nodes of a shard made different numbers of documents of it', async () => {
    const { imports } = rig(({ address }) => ({ documents: address === 'n1:1' ? 3n : 2n }));
    await assert.rejects(imports.finish(deadlineOf()), { code: 'DATA_LOSS', message: /shard \d made 3 and 2/ });
  });

  it('are taken back where they were begun, also from nodes that answer with errors', async () => {
    const { imports, told } = rig(({ method }) => {
      if (method === 'beginImport') return {};
      throw new ShoalError('UNAVAILABLE', 'gone');
    });
    await assert.rejects(imports.writeFile(0, 'manifest', Buffer.from('m'), deadlineOf()), { code: 'UNAVAILABLE' });
    await imports.discard();
    assert.deepEqual(told().slice(-2), both('discardImport'));
  });

  it('know only the shards of the plan', async () => {
    const { imports } = rig();
    await assert.rejects(imports.writeRecords(9, Buffer.alloc(0), deadlineOf()), { code: 'INVALID_ARGUMENT' });
  });
});
