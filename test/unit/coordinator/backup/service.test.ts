/** Backups over the wire. */
import assert from 'node:assert/strict';
import type { ArchivePart, MemberPart } from '../../../../client/sdk/backups.js';
import { createBare, numberedDocuments, withCluster } from '../../../cluster/small-cluster.js';

describe('the service of backups', () => {
  it('sends a collection, and makes one of it', () =>
    withCluster({}, async (cluster) => {
      const { documents, backups, collections } = cluster.client;
      await createBare(cluster, 'notes');
      await documents.upsert('notes', numberedDocuments(5));
      const parts: ArchivePart[] = [];
      for await (const part of backups.backup('notes')) parts.push(part);
      const last = parts.pop();
      assert.ok(last?.kind === 'manifest');
      async function* members(): AsyncGenerator<MemberPart> {
        for (const part of parts) if (part.kind !== 'manifest') yield part;
      }
      const restored = await backups.restore({ collection: 'copy', manifest: last.bytes, members: members() });
      assert.equal(restored.documents, 5);
      assert.equal((await collections.describe('copy')).uid, restored.uid);
      await assert.rejects(backups.backup('nothing').next(), { code: 'NOT_FOUND' });
    }));
});
