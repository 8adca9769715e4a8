/** The offline check of a data folder from which something was taken away: it names what is missing, as the cluster that wrote it knew it. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runShoal } from '../unit/client/cli/run-shoal.js';
import { inFolder } from '../temporary-folder.js';
import { withRing, at } from './ring-collection.js';
import { checkArchive, readMembers, writeArchive } from '../../client/cli/backup/archive-folder.js';

async function problemsOf(directory: string): Promise<readonly string[]> {
  const { exitCode, json } = await runShoal(['verify', directory, '--json']);
  const { problems } = json() as { problems: string[] };
  assert.equal(exitCode, problems.length === 0 ? 0 : 1);
  return problems;
}

describe('verify of a data folder', function () {
  this.timeout(60_000);

  it('names what is missing', () =>
    inFolder((folder) =>
      withRing(async (cluster) => {
        const { client } = cluster;
        await client.documents.upsert(
          'notes',
          Array.from({ length: 60 }, (_, i) => ({ id: `d${i}`, vector: at(i * 6) })),
        );
        await client.cluster.flush('notes');
        await writeArchive(join(folder, 'backup'), client.backups.backup('notes'));
        const { manifest, bytes } = await checkArchive(join(folder, 'backup'));
        const members = readMembers(join(folder, 'backup'), manifest);
        await client.backups.restore({ collection: 'copy', manifest: bytes, members });
        const [old, copy] = [await client.collections.describe('notes'), await client.collections.describe('copy')];
        await cluster.down();
        assert.deepEqual(await problemsOf(cluster.directory), []);
        const places = ['shard-1', 'shard-2', 'shard-3'].map((id) => join('nodes', id, copy.uid, '0'));
        const shard =
          places.find((place) => existsSync(join(cluster.directory, place))) ?? assert.fail('no node has it');
        const cases: readonly (readonly [string, RegExp])[] = [
          [shard, /\/0, which the registry places on node 'shard-\d', does not exist or is empty: put it back/],
          [join(shard, 'manifest'), /holds parts of an index and no manifest: put it back/],
          ['nodes', /which the registry places on node 'shard-1', does not exist/],
          [join('log', old.uid), /which collection 'notes' needs, does not exist/],
          ['registry', /registry.*cannot be read/],
          [join('objects', 'objects', 'structures', copy.uid), /which collection 'copy' needs, does not exist/],
        ];
        for (const [lost, message] of cases) {
          const data = join(folder, 'data');
          await cp(cluster.directory, data, { recursive: true });
          await rm(join(data, lost), { recursive: true });
          const problems = await problemsOf(data);
          assert.match(problems.join('\n'), message, lost);
          await rm(data, { recursive: true });
        }
        const data = join(folder, 'data');
        await cp(cluster.directory, data, { recursive: true });
        await rm(join(data, 'registry'), { recursive: true });
        await cluster.up();
        await cluster.client.collections.drop('copy');
        await cluster.down();
        assert.deepEqual(await problemsOf(cluster.directory), []);
        await cp(join(cluster.directory, 'registry'), join(data, 'registry'), { recursive: true });
        assert.match((await problemsOf(data)).join('\n'), /is the log of a collection that the registry does not know/);
        await cluster.up();
      }),
    ));
});
