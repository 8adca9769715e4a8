/** A replica's files and tail, as a backup has them: made by an index of its own. */
import { readFileSync } from 'node:fs';
import { encodeArchivedRecord } from '../../../../cluster/archive/archived-records.js';
import type { ObjectStore } from '../../../../cluster/object-store.js';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import { supersededRecord, upsertRecord } from '../../../../cluster/log/records.js';
import type { ImportTask } from '../../../../shard-node/transfer/replica-import.js';
import { CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { logDocument, placement, withDocuments } from '../fixtures.js';

/** uid of the collection that was backed up is `u1`, of the new one `u2`. */
export const archivedSubject = 'shoal.u1.1.0';
export const newSubject = 'shoal.u2.1.0';

/** For collections without a structure. */
export const noObjects = { get: () => Promise.resolve(null) } as unknown as ObjectStore;

/** Names and bytes of the sealed files of `a`, `b` and `c`, written by record 1. */
export async function sealedFiles(): Promise<{ name: string; bytes: Buffer }[]> {
  const files: { name: string; bytes: Buffer }[] = [];
  await withDocuments(
    ['a', 'b', 'c'].map((id) => logDocument(id)),
    async (replicas) => {
      const snapshot = await replicas.replica('u1', { shard: 0, generation: 1n }).index.snapshot();
      for (const { name, path } of snapshot.files) files.push({ name, bytes: readFileSync(path) });
      await snapshot.release();
    },
  );
  return files;
}

/** Records: 2 writes d, 3 ends b, 4 writes e above the cut, and says the end of a for it. */
export function tail(): Buffer {
  const upsert = (id: string) =>
    upsertRecord([logDocument(id)], { contentHashes: BigUint64Array.of(1n), structure: 0 });
  const ends = [
    { id: 'b', docId: docIdOf(3n, 0) },
    { id: 'a', docId: docIdOf(4n, 0) },
  ];
  const records = [upsert('d'), supersededRecord(ends), upsert('e')];
  return Buffer.concat(
    records.map((record, at) =>
      encodeArchivedRecord({ sequence: BigInt(at + 2), subject: archivedSubject, timeMs: 1_000, ...record }),
    ),
  );
}

/** As of record 3, with everything up to 5. */
export function task(changes: Partial<ImportTask> = {}): ImportTask {
  const settings = CollectionSettings.fromPartial({ uid: 'u2', name: 'copy', dim: 2, sparseWeighting: 'learned' });
  return { settings, placement: placement(0, { uid: 'u2' }), archivedUid: 'u1', sequence: 5n, cut: 3n, ...changes };
}
