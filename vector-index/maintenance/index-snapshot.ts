/** The files of an index as one manifest names them, held while somebody copies them. */
import { join } from 'node:path';
import { writeDurably } from '../durable-file.js';
import type { Files } from '../files.js';
import { encodeManifest, manifestName, type Manifest } from '../manifest.js';
import type { FileKeeper } from './file-keeper.js';
import { namedFiles } from './index-files.js';

/** The files of a sealed index as of one manifest; they stay until `release`. */
export interface IndexSnapshot {
  /** `name` is the file's in an index directory, `path` where it lies now; the manifest is last. */
  readonly files: readonly SnapshotFile[];
  /** Last applied sequence per subject that the files cover. */
  readonly marks: ReadonlyMap<string, bigint>;
  /** Idempotent. */
  release(): Promise<void>;
}

export interface SnapshotFile {
  readonly name: string;
  readonly path: string;
  /** Size. */
  readonly bytes: number;
}

export interface SnapshotParts {
  readonly files: Files;
  readonly directory: string;
  readonly keeper: FileKeeper;
  /** Name of the file that keeps the manifest, which itself will be replaced. */
  readonly copy: string;
}

/** Holds the files that `manifest` names, which is the committed one. RESOURCE_EXHAUSTED when the disk is full. */
export async function holdSnapshot(
  manifest: Manifest,
  { files, directory, keeper, copy }: SnapshotParts,
): Promise<IndexSnapshot> {
  const bytes = encodeManifest(manifest);
  const names = namedFiles(manifest);
  keeper.hold(names);
  try {
    await writeDurably(files, join(directory, copy), bytes);
  } catch (error) {
    await keeper.release(names);
    throw error;
  }
  const named = names.map((name) => sized(files, directory, name));
  let isHeld = true;
  return {
    files: [...named, { name: manifestName, path: join(directory, copy), bytes: bytes.length }],
    marks: new Map(Object.entries(manifest.applied)),
    release: async () => {
      if (!isHeld) return;
      isHeld = false;
      await keeper.remove([copy]);
      await keeper.release(names);
    },
  };
}

function sized(files: Files, directory: string, name: string): SnapshotFile {
  const path = join(directory, name);
  const map = files.map(path);
  const bytes = map.bytes.length;
  map.close();
  return { name, path, bytes };
}
