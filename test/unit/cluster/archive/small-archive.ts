/** A sound archive in memory: one shard, one sealed file, a log of no records. */
import { digestOf, encodeManifest } from '../../../../cluster/archive/archive-manifest.js';
import type { ArchiveManifest } from '../../../../cluster/archive/archive.js';
import type { ArchivePart } from '../../../../client/sdk/backups.js';
import { CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';

export interface SmallArchive {
  readonly manifest: ArchiveManifest;
  /** Name → bytes. */
  readonly members: Readonly<Record<string, Uint8Array>>;
}

/** Its members are `shard-0.manifest` and `shard-0.log`. */
export function smallArchive(name = 'notes'): SmallArchive {
  const members = { 'shard-0.manifest': Buffer.from('the manifest of an index'), 'shard-0.log': Buffer.alloc(0) };
  const settings = CollectionSettings.fromPartial({ name, uid: 'abc', model: 'none', dim: 2, replicas: 1 });
  const manifest: ArchiveManifest = {
    format: 1,
    writtenBy: '0.1.0',
    collection: name,
    uid: 'abc',
    created: '2026-01-31T12:00:00.000Z',
    sequence: 12n,
    cut: 9n,
    settings: CollectionSettings.encode(settings).finish(),
    directoryPartitions: 1,
    structure: null,
    codebook: null,
    parameters: null,
    codec: null,
    shards: [
      {
        shard: 0,
        generation: 1n,
        lists: Uint32Array.of(0),
        marks: { 'shoal.abc.1.0': 7n },
        files: [{ file: 'manifest', member: 'shard-0.manifest' }],
        log: 'shard-0.log',
      },
    ],
    members: Object.entries(members).map(([member, bytes]) => ({
      name: member,
      bytes: bytes.length,
      sha256: digestOf(bytes),
    })),
  };
  return { manifest, members };
}

/** The archive as a backup sends it. */
export function* partsOf({ manifest, members }: SmallArchive): Generator<ArchivePart> {
  for (const { name } of manifest.members) {
    yield { kind: 'member', name };
    yield { kind: 'data', bytes: members[name] ?? new Uint8Array(0) };
  }
  yield { kind: 'manifest', bytes: encodeManifest(manifest) };
}
