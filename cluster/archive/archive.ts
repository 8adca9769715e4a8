/** What a backup consists of: a manifest and the members that it names. Types only. */

/** A file of an archive. */
export interface ArchiveMember {
  /** [a-z0-9.-], beginning with a letter or digit, without two dots in a row. */
  readonly name: string;
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
}

/** One shard: the sealed files of one of its replicas, and the records above them. */
export interface ArchivedShard {
  readonly shard: number;
  readonly generation: bigint;
  /** Its inverted lists. */
  readonly lists: Uint32Array;
  /** Subject → last log position that the files cover. */
  readonly marks: Readonly<Record<string, bigint>>;
  /** Names in a replica's folder, and the members that hold them. */
  readonly files: readonly { readonly file: string; readonly member: string }[];
  /** The member with the records above the marks. */
  readonly log: string;
}

export interface ArchiveManifest {
  readonly format: number;
  /** Version of the Shoal that wrote it. */
  readonly writtenBy: string;
  readonly collection: string;
  readonly uid: string;
  /** RFC 3339. */
  readonly created: string;
  /** Nothing in the archive has a larger log position. */
  readonly sequence: bigint;
  /** The instant of the backup: what was written above this log position is not part of it, though members may hold it. */
  readonly cut: bigint;
  /** CollectionSettings as bytes. */
  readonly settings: Uint8Array;
  readonly directoryPartitions: number;
  /** The member with the coarse centroids; null for a collection of one list. */
  readonly structure: string | null;
  /** The member with the codebook of the lists; null where none was trained. */
  readonly codebook: string | null;
  /** The member with the learned parameters that scans read; null where there are none. */
  readonly parameters: string | null;
  /** The member with the token codec's tables; null without. */
  readonly codec: { readonly version: string; readonly member: string } | null;
  readonly shards: readonly ArchivedShard[];
  /** In the order in which they are sent. */
  readonly members: readonly ArchiveMember[];
}
