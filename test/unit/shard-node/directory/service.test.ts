/** The unary face of the directory. */
import assert from 'node:assert/strict';
import { systemClock } from '../../../../base/clock.js';
import { Deadline } from '../../../../base/deadline.js';
import { Channels } from '../../../../cluster/rpc/channels.js';
import { startRpcServer } from '../../../../cluster/rpc/server.js';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import { uint64From } from '../../../../base/bytes.js';
import { DirectoryService } from '../../../../proto/generated/shoal/v1/directory.js';
import { DirectoryAnswers } from '../../../../shard-node/directory/answers.js';
import { directoryService } from '../../../../shard-node/directory/service.js';
import { longs, silent } from '../fixtures.js';
import { deleteOf, directory, subjectOf, uid, upsertOf, withPartition } from './fixtures.js';

const clock = systemClock;

describe('the service of a directory', () => {
  it('answers every call', () =>
    withPartition(async ({ log, start }) => {
      log.put(subjectOf(0), upsertOf(['a'], { hash: 3n }));
      const partition = await start();
      const asked = log.put(directory, deleteOf('x'));
      const answers = new DirectoryAnswers({ partition: () => partition }, log);
      const implementation = directoryService(answers, { clock, logger: silent });
      const services = [{ definition: DirectoryService, implementation }];
      const server = await startRpcServer({
        host: '127.0.0.1',
        port: 0,
        services,
        reflection: false,
        clock,
        logger: silent,
      });
      const channels = new Channels({ clock });
      const deadline = Deadline.after(clock, 5_000);
      try {
        const { address } = server;
        const here = { uid, partition: 0 };
        const located = await channels.unary(
          address,
          DirectoryService.locate,
          { ...here, ids: ['a'], heard: 1n },
          deadline,
        );
        assert.equal(uint64From(located.located!.docIds, '')[0], docIdOf(1n, 0));
        const page = { ...here, afterId: '', limit: 5, heard: 0n };
        assert.deepEqual((await channels.unary(address, DirectoryService.listLocated, page, deadline)).ids, ['a']);
        const wait = { ...here, sequence: 1n, subjects: [] };
        assert.equal((await channels.unary(address, DirectoryService.awaitCommitted, wait, deadline)).caused, 0n);
        const verdicts = await channels.unary(
          address,
          DirectoryService.awaitVerdicts,
          { ...here, sequence: asked },
          deadline,
        );
        assert.equal(verdicts.verdicts.length, 1);
        const same = { ...here, ids: ['a'], contentHashes: longs(3n), asOf: 1n };
        const unchanged = await channels.unary(address, DirectoryService.findUnchanged, same, deadline);
        assert.equal(uint64From(unchanged.docIds, '')[0], docIdOf(1n, 0));
        const copied = { ...here, state: 0n, afterId: '', verdictsFrom: 0 };
        await partition.when(({ committed }) => committed > 0n, deadline);
        assert.deepEqual((await channels.unary(address, DirectoryService.readCopy, copied, deadline)).ids, ['a']);
      } finally {
        deadline.close();
        await channels.close();
        await server.close();
      }
    }));
});
