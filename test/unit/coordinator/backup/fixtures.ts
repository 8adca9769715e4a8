/** What the tests of backups share: nodes that keep what they are sent, and an archive of two lists in two shards. */
import { bufferOf } from '../../../../base/bytes.js';
import { digestOf } from '../../../../cluster/archive/archive-manifest.js';
import type { ArchiveManifest } from '../../../../cluster/archive/archive.js';
import type { Peers } from '../../../../coordinator/peers.js';
import { CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { writeStructureFile } from '../../../../vector-index/codebook/structure-file.js';

/** One call of a transfer. */
export interface TransferCall {
  readonly address: string;
  /** "writeImport". */
  readonly method: string;
  readonly request: Record<string, unknown>;
}

/** Peers whose transfers answer what `answer` gives, and are kept. */
export function transferring(answer: (call: TransferCall) => unknown): {
  readonly peers: Pick<Peers, 'transfer'>;
  readonly calls: TransferCall[];
} {
  const calls: TransferCall[] = [];
  const transfer = async (address: string, method: { path: string }, request: unknown): Promise<unknown> => {
    const name = method.path.split('/')[2] ?? '';
    const call = {
      address,
      method: name.charAt(0).toLowerCase() + name.slice(1),
      request: request as TransferCall['request'],
    };
    calls.push(call);
    return answer(call);
  };
  return { peers: { transfer: transfer as Peers['transfer'] }, calls };
}

/** Members of an archive whose shards 0 and 4 have the lists 1 and 0. */
export function archivedMembers(): Record<string, Buffer> {
  const structure = writeStructureFile({ dim: 2, centroids: Float32Array.of(1, 0, 0, 1) });
  return {
    structure: bufferOf(structure),
    'shard-0.manifest': Buffer.from('manifest 0'),
    'shard-0.empty': Buffer.alloc(0),
    'shard-4.manifest': Buffer.from('manifest 4'),
    'shard-0.log': Buffer.alloc(0),
    'shard-4.log': Buffer.from('log 4'),
  };
}

export function archivedSettings(changes: Partial<CollectionSettings> = {}): CollectionSettings {
  return CollectionSettings.fromPartial({
    name: 'notes',
    uid: 'old',
    model: 'none',
    dim: 2,
    replicas: 2,
    sparseWeighting: 'learned',
    bm25AverageLength: 200,
    structureVersion: 1,
    ...changes,
  });
}

export function archivedManifest(changes: Partial<ArchiveManifest> = {}): ArchiveManifest {
  const shard = (number: number, list: number, files: readonly string[]): ArchiveManifest['shards'][number] => ({
    shard: number,
    generation: 3n,
    lists: Uint32Array.of(list),
    marks: { [`shoal.old.3.${number}`]: 5n },
    files: files.map((file) => ({ file, member: `shard-${number}.${file}` })),
    log: `shard-${number}.log`,
  });
  return {
    format: 1,
    writtenBy: '0.1.0',
    collection: 'notes',
    uid: 'old',
    created: '2026-01-31T12:00:00.000Z',
    sequence: 9n,
    cut: 7n,
    settings: CollectionSettings.encode(archivedSettings()).finish(),
    directoryPartitions: 2,
    structure: 'structure',
    codebook: null,
    parameters: null,
    codec: null,
    shards: [shard(4, 0, ['manifest']), shard(0, 1, ['manifest', 'empty'])],
    members: Object.entries(archivedMembers()).map(([name, bytes]) => ({
      name,
      bytes: bytes.length,
      sha256: digestOf(bytes),
    })),
    ...changes,
  };
}
