/** Files of a replica out of one shard and into another, over the wire. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { systemClock } from '../../../../base/clock.js';
import { Channels } from '../../../../cluster/rpc/channels.js';
import { startRpcServer } from '../../../../cluster/rpc/server.js';
import { TransferService } from '../../../../proto/generated/shoal/v1/backup.js';
import { openTransfers } from '../../../../shard-node/transfer/service.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { logDocument, ref, silent, withDocuments } from '../fixtures.js';
import { noObjects, task } from './exported.js';

describe('the service of transfers', () => {
  it('sends a replica in pieces, and makes one of them', () =>
    withDocuments([logDocument('a'), logDocument('b')], async (replicas, { directory, registry, deadline }) => {
      const clock = systemClock;
      const dataDirectory = join(directory, 'other');
      const transfers = openTransfers({
        ...{ replicas, dataDirectory, registry, objects: noObjects },
        ...{ files: systemFiles, clock, logger: silent },
      });
      const services = [{ definition: TransferService, implementation: transfers.server }];
      const server = await startRpcServer({
        host: '127.0.0.1',
        port: 0,
        services,
        reflection: false,
        clock,
        logger: silent,
      });
      const channels = new Channels({ clock });
      const { beginImport, openSnapshot, readSnapshot, closeSnapshot, writeImport, finishImport } = TransferService;
      const call: <Q, A>(method: Parameters<typeof channels.unary<Q, A>>[1], request: Q) => Promise<A> = (
        method,
        request,
      ) => channels.unary(server.address, method, request, deadline);
      try {
        await assert.rejects(call(beginImport, { ...task(), settings: undefined }), { code: 'INVALID_ARGUMENT' });
        await call(beginImport, { ...task() });
        const { snapshot, marks, files } = await call(openSnapshot, { uid: 'u1', ref });
        assert.deepEqual(marks, [{ subject: 'shoal.u1.1.0', sequence: 1n }]);
        const to = { uid: 'u2', shard: 0 };
        for (const [file, { name, bytes }] of files.entries()) {
          for (let offset = 0n; offset < bytes; offset += 1_000n) {
            const { data } = await call(readSnapshot, { snapshot, file, offset, limit: 1_000 });
            await call(writeImport, { ...to, file: name, data });
          }
        }
        await call(closeSnapshot, { snapshot });
        await assert.rejects(call(readSnapshot, { snapshot, file: 0, offset: 0n, limit: 1 }), { code: 'NOT_FOUND' });
        await assert.rejects(call(writeImport, { ...to, data: Buffer.alloc(0) }), { code: 'INVALID_ARGUMENT' });
        await call(writeImport, { ...to, records: true, data: Buffer.alloc(0) });
        assert.equal((await call(finishImport, to)).documents, 2n);
        await call(TransferService.discardImport, to);
      } finally {
        await channels.close();
        await server.close();
        await transfers.close();
      }
    }));
});
