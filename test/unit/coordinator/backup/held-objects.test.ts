/** Structure, codebook and codec of a backup are stored once, whole, and only where they fit. */
import assert from 'node:assert/strict';
import type { ObjectStore } from '../../../../cluster/object-store.js';
import { HeldObjects } from '../../../../coordinator/backup/held-objects.js';
import type { RestorePlan } from '../../../../coordinator/backup/restore-plan.js';
import { writeListCodebookFile } from '../../../../vector-index/codebook/list-codebook.js';
import { archivedManifest, archivedMembers, archivedSettings } from './fixtures.js';

const structure = archivedMembers()['structure']!;

/** Bytes of a codebook of `lists` lists. */
function codebookOf(lists: number): Buffer {
  const words = { words: new Float32Array(4 * 16), subquantizers: 1, dsub: 4, rescale: 1e-4, anchor: 1e-4 };
  const tables = { bases: new Float32Array(2 * lists), anchors: new Float32Array(2 * lists) };
  return Buffer.from(writeListCodebookFile({ ...words, ...tables, dim: 2 }));
}

function held(): { objects: HeldObjects; stored: Map<string, Buffer> } {
  const stored = new Map<string, Buffer>();
  const store = { put: async (name: string, bytes: Buffer) => void stored.set(name, bytes) } as unknown as ObjectStore;
  const plan = {
    manifest: archivedManifest({ codebook: 'codebook' }),
    settings: archivedSettings({ uid: 'new', codebookVersion: 3 }),
  } as RestorePlan;
  return { objects: new HeldObjects(plan, { objects: store }), stored };
}

describe('objects of a backup', () => {
  it('are stored whole under the names of the new collection, once', async () => {
    const { objects, stored } = held();
    objects.hold('structure', structure.subarray(0, 9));
    objects.hold('structure', structure.subarray(9));
    objects.hold('codebook', codebookOf(2));
    await objects.store();
    await objects.store();
    assert.deepEqual([...stored.keys()], ['structures/new/1', 'codebooks/new/3']);
    assert.deepEqual(stored.get('structures/new/1'), structure);
  });

  it('are refused where they do not fit the shards, and nothing is stored', async () => {
    const { objects, stored } = held();
    objects.hold('structure', structure);
    objects.hold('codebook', codebookOf(3));
    await assert.rejects(objects.store(), { code: 'INVALID_ARGUMENT', message: /codebook is not that of its lists/ });
    assert.equal(stored.size, 0);
  });

  it('are refused after the shards that need them', async () => {
    const { objects } = held();
    objects.hold('structure', structure);
    objects.hold('codebook', codebookOf(2));
    await objects.store();
    assert.throws(() => objects.hold('codec', Buffer.of(1)), { code: 'INVALID_ARGUMENT', message: /after its shards/ });
  });
});
