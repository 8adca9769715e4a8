/**
 * The data of one replica that comes from a backup: sealed files as they were, then the log's records above them, under new subjects.
 *
 * Nothing of it is served before a placement names it. What the records say is applied as a replica would have applied it, but only
 * as far as the instant of the backup; the result is sealed, so that the new log can begin above it.
 */
import { join } from 'node:path';
import { uint32From } from '../../base/bytes.js';
import type { Clock } from '../../base/clock.js';
import { ShoalError } from '../../base/errors.js';
import { ArchivedRecordReader, changeUpTo, entryOf } from '../../cluster/archive/archived-records.js';
import { memberName } from '../../cluster/archive/check-manifest.js';
import { shardSubject } from '../../cluster/keys.js';
import { docIdOf } from '../../cluster/log/doc-id.js';
import type { ObjectStore } from '../../cluster/object-store.js';
import type { ArchivedRecord } from '../../proto/generated/shoal/v1/backup.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { Files, WritableFile } from '../../vector-index/files.js';
import { readManifest, writeManifest } from '../../vector-index/manifest.js';
import { ShardIndex } from '../../vector-index/shard-index.js';
import { verifyDirectory } from '../../vector-index/verify.js';
import { indexDocuments, type TermWeighting } from '../ingest/decode.js';
import { trainedStructure } from '../training/list-structures.js';

/** Bytes in memory after which the records applied so far are sealed. */
const sealBytes = 64 * 1024 * 1024;

export interface ImportTask {
  /** Of the new collection. */
  readonly settings: CollectionSettings;
  readonly placement: ShardPlacement;
  /** uid of the collection from which files and records come. */
  readonly archivedUid: string;
  /** Nothing that comes has a larger log position. */
  readonly sequence: bigint;
  /** What was written above this log position is left out. */
  readonly cut: bigint;
}

export interface ReplicaImportOptions extends ImportTask {
  /** The replica's folder; must not hold anything. */
  readonly directory: string;
  /** Where the new collection's structure is, before the first record comes. */
  readonly objects: ObjectStore;
  readonly files: Files;
  readonly clock: Clock;
}

/** Calls come one after another. The creator either finishes or discards it. */
export class ReplicaImport {
  readonly #options: ReplicaImportOptions;
  readonly #subject: string;
  readonly #names = new Set<string>();
  readonly #reader = new ArchivedRecordReader();
  #current: { readonly name: string; readonly file: WritableFile } | null = null;
  #index: ShardIndex | null = null;
  #timeMs = 0;

  private constructor(options: ReplicaImportOptions) {
    this.#options = options;
    const { uid, generation, shard } = options.placement;
    this.#subject = shardSubject(uid, generation, shard);
  }

  /** ALREADY_EXISTS when the folder holds something. */
  static async begin(options: ReplicaImportOptions): Promise<ReplicaImport> {
    const { files, directory } = options;
    await files.makeDirectory(directory);
    if ((await files.list(directory)).length === 0) return new ReplicaImport(options);
    const what = `${directory} holds data of shard ${options.placement.shard} already`;
    throw new ShoalError('ALREADY_EXISTS', `${what}; nothing is imported over it`);
  }

  /** The next bytes of the file `name`; another name ends the file before. INVALID_ARGUMENT for a hostile name or a file come twice. */
  async writeFile(name: string, bytes: Uint8Array): Promise<void> {
    if (this.#index !== null) throw new ShoalError('INVALID_ARGUMENT', `file '${name}' came after the records`);
    if (this.#current?.name !== name) {
      await this.#endFile();
      memberName(name, 'a file of a replica');
      if (this.#names.has(name)) throw new ShoalError('INVALID_ARGUMENT', `file '${name}' came twice`);
      this.#names.add(name);
      const { files, directory } = this.#options;
      this.#current = { name, file: await files.create(join(directory, name)) };
    }
    await this.#current.file.write(bytes);
  }

  /** The next bytes of the records. DATA_LOSS when they, or the files before them, are damaged. */
  async writeRecords(bytes: Uint8Array): Promise<void> {
    const index = await this.#openIndex();
    for (const record of this.#reader.add(bytes)) {
      await this.#apply(index, record);
      if (index.unsealedBytes >= sealBytes) await index.seal();
    }
  }

  /**
   * Everything is on disk as of the task's sequence; gives the living documents. INVALID_ARGUMENT when some of them cannot be of this
   * shard or of this backup.
   */
  async finish(): Promise<number> {
    const index = await this.#openIndex();
    this.#reader.finish();
    const { sequence } = this.#options;
    index.apply({ subject: this.#subject, sequence, timeMs: this.#timeMs }, {});
    await index.seal();
    const documents = this.#checkDocuments(index);
    await index.close();
    return documents;
  }

  #checkDocuments(index: ShardIndex): number {
    const { sequence, placement } = this.#options;
    const lists = uint32From(placement.lists, 'the lists of the shard');
    const { documents, matching } = index.statistics(new Uint32Array(0), { filter: null, lists });
    const shard = `shard ${placement.shard} of the backup`;
    if (matching !== documents) {
      const what = `of the ${documents} documents of ${shard}, ${documents - (matching ?? 0)} belong to other shards`;
      throw new ShoalError('INVALID_ARGUMENT', `${what}: its files were mixed up; use another backup`);
    }
    const [id] = index.listRows(docIdOf(sequence + 1n, 0) - 1n, 1).ids;
    if (id === undefined) return documents;
    const what = `${shard} has document '${id}', which was written after the end of the backup`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}: its files were mixed up; use another backup`);
  }

  /** Removes what there is. Idempotent; also after `finish`. */
  async discard(): Promise<void> {
    const { files, directory } = this.#options;
    await this.#current?.file.close();
    await this.#index?.close();
    await files.removeDirectory(directory);
  }

  async #endFile(): Promise<void> {
    if (this.#current === null) return;
    const { file } = this.#current;
    await file.sync();
    await file.close();
    this.#current = null;
  }

  async #openIndex(): Promise<ShardIndex> {
    if (this.#index !== null) return this.#index;
    await this.#endFile();
    const { files, directory, objects, clock, settings } = this.#options;
    const problems = await verifyDirectory(directory, { files, clock });
    if (problems.length > 0) {
      throw new ShoalError('DATA_LOSS', `the files of the backup are damaged: ${problems[0]}; use another backup`);
    }
    await this.#renameSubjects();
    this.#index = await ShardIndex.open({
      files,
      directory,
      settings: { dim: settings.dim, tokenDim: settings.tokenDim },
      structure: await trainedStructure(objects, settings),
      codecs: () => null,
      clock,
    });
    return this.#index;
  }

  /** The marks of the files are those of the old collection's subjects. */
  async #renameSubjects(): Promise<void> {
    const { files, directory, sequence } = this.#options;
    const manifest = await readManifest(files, directory);
    if (manifest === null) throw new ShoalError('INVALID_ARGUMENT', 'the files of the backup have no manifest');
    for (const [subject, mark] of Object.entries(manifest.applied)) {
      if (mark <= sequence) continue;
      const what = `the files of the backup have '${subject}' up to record ${mark}, above the end of the backup`;
      throw new ShoalError('INVALID_ARGUMENT', what);
    }
    const applied = Object.entries(manifest.applied).map(([subject, mark]) => [this.#renamed(subject), mark] as const);
    await writeManifest(files, directory, { ...manifest, applied: Object.fromEntries(applied) });
  }

  #renamed(subject: string): string {
    const { archivedUid, placement } = this.#options;
    const prefix = `shoal.${archivedUid}.`;
    if (subject.startsWith(prefix)) return `shoal.${placement.uid}.${subject.slice(prefix.length)}`;
    throw new ShoalError('INVALID_ARGUMENT', `'${subject}' is no subject of the collection of the backup`);
  }

  async #apply(index: ShardIndex, record: ArchivedRecord): Promise<void> {
    const entry = entryOf(record);
    const { sequence, timeMs } = entry;
    const subject = this.#renamed(entry.subject);
    if (sequence > this.#options.sequence) {
      throw new ShoalError('INVALID_ARGUMENT', `record ${sequence} is above the end of the backup`);
    }
    const change = changeUpTo(entry, this.#options.cut);
    if (change === null) return;
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    try {
      const prepared =
        change.operation === 'upsert'
          ? await index.prepare({ documents: indexDocuments(change, weightingOf(this.#options.settings)) })
          : { superseded: change.entries };
      index.apply({ subject, sequence, timeMs }, prepared);
    } catch (cause) {
      const why = ShoalError.from(cause).message;
      throw new ShoalError('INVALID_ARGUMENT', `record ${sequence} of the backup cannot be applied: ${why}`, { cause });
    }
  }
}

function weightingOf(settings: CollectionSettings): TermWeighting {
  if (settings.sparseWeighting === 'learned') return { kind: 'learned' };
  return { kind: 'bm25', averageLength: settings.bm25AverageLength };
}
