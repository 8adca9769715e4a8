import assert from 'node:assert/strict';
import { parseManifest } from '../../../../cluster/archive/archive-manifest.js';
import type { ArchivePart, MemberPart } from '../../../../client/sdk/backups.js';
import { smallArchive } from '../../cluster/archive/small-archive.js';
import { withClient } from '../with-client.js';

describe('backups of the client', () => {
  it('come member by member, with the manifest last', () =>
    withClient(async (client) => {
      await client.collections.create('notes');
      const parts: ArchivePart[] = [];
      for await (const part of client.backups.backup('notes')) parts.push(part);
      assert.deepEqual(
        parts.map((part) => (part.kind === 'member' ? part.name : part.kind)),
        ['shard-0.manifest', 'data', 'shard-0.log', 'data', 'manifest'],
      );
      const last = parts.at(-1);
      assert.ok(last?.kind === 'manifest');
      assert.deepEqual(parseManifest(last.bytes).collection, 'notes');
      await assert.rejects(client.backups.backup('none').next(), { code: 'NOT_FOUND' });
    }));

  it('are restored manifest first', () =>
    withClient(async (client, fake) => {
      const { members } = smallArchive();
      async function* parts(): AsyncGenerator<MemberPart> {
        for (const [name, bytes] of Object.entries(members)) {
          yield { kind: 'member', name };
          yield { kind: 'data', bytes };
        }
      }
      const task = { collection: 'copy', manifest: Buffer.from('m'), members: parts(), replicas: 2 };
      assert.deepEqual(await client.backups.restore(task), { uid: 'uid-restored', documents: 3, sequence: 12n });
      assert.deepEqual(fake.restored[0]?.start, { collection: 'copy', replicas: 2, manifest: Buffer.from('m') });
      assert.deepEqual(
        fake.restored.slice(1).map(({ member }) => member ?? 'data'),
        ['shard-0.manifest', 'data', 'shard-0.log', 'data'],
      );
      await client.collections.create('taken');
      const again = { ...task, collection: 'taken', members: parts() };
      await assert.rejects(client.backups.restore(again), { code: 'ALREADY_EXISTS' });
    }));
});
