import assert from 'node:assert/strict';
import { uint32From } from '../../../../base/bytes.js';
import { encodeManifest } from '../../../../cluster/archive/archive-manifest.js';
import type { ArchiveManifest } from '../../../../cluster/archive/archive.js';
import { planRestore, type RestorePlan } from '../../../../coordinator/backup/restore-plan.js';
import { Codebook, CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { type AttributeType } from '../../../../proto/generated/shoal/v1/document.js';
import { mapOf, shardNode } from '../fixtures.js';
import { archivedManifest, archivedSettings } from './fixtures.js';

const map = mapOf({ nodes: ['n1', 'n2', 'n3'].map(shardNode) });

function plan(manifest: ArchiveManifest, changes: { collection?: string; replicas?: number } = {}): RestorePlan {
  const start = { collection: 'copy', replicas: 0, ...changes, manifest: Buffer.from(encodeManifest(manifest)) };
  return planRestore(start, map, { uid: 'new', wallMs: 5_000 });
}

const withSettings = (changes: Partial<CollectionSettings>): ArchiveManifest =>
  archivedManifest({ settings: CollectionSettings.encode(archivedSettings(changes)).finish() });

const oddCodebook = Codebook.fromPartial({ version: 3, secondBits: 99 });

describe('the plan of a restore', () => {
  it('keeps shards, generations, lists and settings, under a new name and uid', () => {
    const { settings, placed } = plan(archivedManifest());
    assert.deepEqual(
      [settings.name, settings.uid, settings.replicas, settings.dim, settings.created],
      ['copy', 'new', 2, 2, new Date(5_000)],
    );
    assert.equal(plan(withSettings({ tokenPooling: 3 })).settings.tokenPooling, 3);
    const shown = placed.shards.map(({ uid, shard, generation, lists, nodes }) => [
      ...[uid, shard, generation],
      ...[[...uint32From(lists, 'lists')], nodes.length],
    ]);
    assert.deepEqual(shown, [
      ['new', 0, 3n, [1], 2],
      ['new', 4, 3n, [0], 2],
    ]);
    assert.deepEqual(
      placed.directory.map(({ partition, nodes }) => [partition, nodes.length]),
      [
        [0, 2],
        [1, 2],
      ],
    );
    assert.equal(plan(archivedManifest(), { replicas: 3 }).settings.replicas, 3);
  });

  it('knows where each member goes', () => {
    const { destinations } = plan(archivedManifest());
    assert.deepEqual(destinations.get('structure'), { kind: 'structure' });
    assert.deepEqual(destinations.get('shard-0.empty'), { kind: 'file', shard: 0, file: 'empty' });
    assert.deepEqual(destinations.get('shard-4.log'), { kind: 'records', shard: 4 });
  });

  it('is refused for too many replicas, and for a name that is none', () => {
    assert.throws(() => plan(archivedManifest(), { replicas: 4 }), {
      code: 'FAILED_PRECONDITION',
      message: /4 replicas/,
    });
    assert.throws(() => plan(archivedManifest(), { replicas: 101 }), { code: 'INVALID_ARGUMENT', message: /1 to 100/ });
    assert.throws(() => plan(archivedManifest(), { collection: 'A' }), {
      code: 'INVALID_ARGUMENT',
      message: /name 'A'/,
    });
  });

  it('is refused for settings that cannot be, and for parts that do not fit them', () => {
    const oneList = { structureVersion: 0 };
    const cases: readonly (readonly [ArchiveManifest, RegExp])[] = [
      [archivedManifest({ settings: Buffer.from([0xff]) }), /settings cannot be read/],
      [withSettings({ dim: 0 }), /0 and 0 dimensions/],
      [withSettings({ tokenDim: 70_000 }), /2 and 70000 dimensions/],
      [withSettings({ sparseWeighting: 'other' }), /weighs terms by 'other'/],
      [withSettings({ bm25AverageLength: 0 }), /average length is 0/],
      [withSettings({ tokenPooling: 17 }), /token pooling is 17/],
      [withSettings({ codebooks: [oddCodebook] }), /second codes of its codebook 3 have 99 bits/],
      [withSettings({ tokenCodec: 'r2' }), /codec is not the 'r2'/],
      [withSettings(oneList), /structure is not that of its settings/],
      [
        { ...withSettings(oneList), structure: null, members: archivedManifest().members.slice(1) },
        /lists and no structure/,
      ],
      [withSettings({ attributes: { a: 99 as AttributeType } }), /'a' has the unknown type/],
      [withSettings({ expiresBy: 'until' }), /'until', which is no timestamp/],
    ];
    for (const [manifest, message] of cases) assert.throws(() => plan(manifest), { code: 'INVALID_ARGUMENT', message });
  });
});
