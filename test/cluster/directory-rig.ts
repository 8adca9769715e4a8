/** Shard nodes over the embedded twins with a collection of several shards and directory partitions that no coordinator made. */
import { join } from 'node:path';
import { bufferOf, uint64From, uint32From } from '../../base/bytes.js';
import { systemClock } from '../../base/clock.js';
import { Deadline } from '../../base/deadline.js';
import { hashText } from '../../base/hash.js';
import { createLogger } from '../../base/logger.js';
import { openEmbedded, type Embedded } from '../../cluster/embedded/open.js';
import { directorySubject, keys, shardSubject, streamOf } from '../../cluster/keys.js';
import { deleteRecord, upsertRecord, writeRecord } from '../../cluster/log/records.js';
import type { LogRecord } from '../../cluster/change-log.js';
import { Channels } from '../../cluster/rpc/channels.js';
import { DirectoryPlacement, DirectoryState, ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { DirectoryService, type Verdict } from '../../proto/generated/shoal/v1/directory.js';
import { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import { ListRowsRequest, ShardService } from '../../proto/generated/shoal/v1/shard.js';
import { startShardNode, type RunningNode } from '../../shard-node/main.js';
import { newFolder, removeFolder } from '../temporary-folder.js';

export const uid = 'u1';
const logger = createLogger('test', 'silent');
const stream = streamOf(uid);

export interface Located {
  readonly docId: bigint;
  /** Subject of the primary place; '' when the document does not exist. */
  readonly subject: string;
}

export interface DirectoryRigOptions {
  /** Shard i has list i. */
  readonly shards: number;
  readonly partitions: number;
  readonly nodes?: number;
  /** Nodes that hold each partition, beginning with the one of its number. */
  readonly copies?: number;
}

export class DirectoryRig {
  readonly directory: string;
  readonly #options: Required<DirectoryRigOptions>;
  readonly #nodes = new Map<string, RunningNode>();
  readonly #channels = new Channels({ clock: systemClock });
  readonly deadline = Deadline.after(systemClock, 15_000);
  #embedded: Embedded | null = null;

  private constructor(directory: string, options: Required<DirectoryRigOptions>) {
    this.directory = directory;
    this.#options = options;
  }

  /** Calls `work` with a collection whose nodes run, and takes all away afterwards. */
  static async with(options: DirectoryRigOptions, work: (rig: DirectoryRig) => Promise<void>): Promise<void> {
    const rig = new DirectoryRig(await newFolder(), { nodes: 1, copies: 1, ...options });
    try {
      rig.#embedded = await openEmbedded({ directory: join(rig.directory, 'log'), clock: systemClock, logger });
      await rig.embedded.log.createStream(stream, 1n);
      await rig.#place();
      for (const id of rig.nodeIds) await rig.start(id);
      await work(rig);
    } finally {
      await rig.close();
    }
  }

  get embedded(): Embedded {
    if (this.#embedded === null) throw new Error('closed');
    return this.#embedded;
  }

  get nodeIds(): readonly string[] {
    return Array.from({ length: this.#options.nodes }, (_, i) => `n${i + 1}`);
  }

  async start(id: string): Promise<void> {
    const { registry, log, objects } = this.embedded;
    const config = { id, dataDirectory: this.dataOf(id), directoryCommitEveryMs: 50 };
    this.#nodes.set(id, await startShardNode({ config, registry, log, objects, clock: systemClock, logger }));
  }

  /** Stops a node at once, as a crash would. */
  async stop(id: string): Promise<void> {
    await this.#nodes.get(id)?.close();
    this.#nodes.delete(id);
  }

  dataOf(id: string): string {
    return join(this.directory, id);
  }

  append(subject: string, record: LogRecord): Promise<bigint> {
    return this.embedded.log.append(stream, subject, record, this.deadline);
  }

  /** Writes documents to shard `shard`; gives the sequence. */
  upsert(shard: number, ...ids: string[]): Promise<bigint> {
    const documents = ids.map((id) => document(id, shard));
    const contentHashes = BigUint64Array.from(ids, (id) => hashText(id));
    return this.append(subjectOf(shard), upsertRecord(documents, { contentHashes, structure: 0 }));
  }

  /** Asks for deletes, all under `wanted`. */
  delete(ids: readonly string[], wanted = 0n, writeId = ''): Promise<bigint> {
    const conditions = BigUint64Array.from(ids, () => wanted);
    return this.append(directorySubject(uid), deleteRecord(ids, { conditions, writeId }));
  }

  /** Asks for a conditional write of a document of `shard`. */
  write(id: string, shard: number, wanted: bigint, writeId = ''): Promise<bigint> {
    const context = {
      conditions: BigUint64Array.of(wanted),
      writeId,
      contentHashes: BigUint64Array.of(7n),
      structure: 0,
    };
    return this.append(directorySubject(uid), writeRecord([document(id, shard)], context));
  }

  /** The partition that holds `id`. */
  partitionOf(id: string): number {
    return Number((hashText(id) * BigInt(this.#options.partitions)) >> 64n);
  }

  async locate(id: string, heard = 0n): Promise<Located> {
    const partition = this.partitionOf(id);
    const request = { uid, partition, ids: [id], heard };
    const { located } = await this.#channels.unary(
      this.#holderOf(partition),
      DirectoryService.locate,
      request,
      this.deadline,
    );
    const place = uint32From(located!.places, 'places')[0]!;
    return {
      docId: uint64From(located!.docIds, 'doc_ids')[0]!,
      subject: place === 2 ** 32 - 1 ? '' : located!.marks[place]!.subject,
    };
  }

  /** Ids of all partitions, each in pages of `limit`. */
  async list(limit: number, heard: bigint): Promise<readonly string[]> {
    const found: string[] = [];
    for (let partition = 0; partition < this.#options.partitions; partition += 1) {
      for (let afterId = '', done = false; !done;) {
        const request = { uid, partition, afterId, limit, heard };
        const address = this.#holderOf(partition);
        const page = await this.#channels.unary(address, DirectoryService.listLocated, request, this.deadline);
        found.push(...page.ids);
        done = page.done;
        afterId = page.ids.at(-1) ?? '';
      }
    }
    return found;
  }

  async verdict(id: string, sequence: bigint): Promise<{ readonly verdict: Verdict; readonly docId: bigint }> {
    const partition = this.partitionOf(id);
    const request = { uid, partition, sequence };
    const address = this.#holderOf(partition);
    const answer = await this.#channels.unary(address, DirectoryService.awaitVerdicts, request, this.deadline);
    return { verdict: answer.verdicts[0]!, docId: uint64From(answer.docIds, 'doc_ids')[0]! };
  }

  /** Waits until every partition has settled `sequence`; gives the largest position caused. */
  async settled(sequence: bigint): Promise<bigint> {
    let caused = 0n;
    for (let partition = 0; partition < this.#options.partitions; partition += 1) {
      const request = { uid, partition, sequence, subjects: this.subjects };
      const address = this.#holderOf(partition);
      const answer = await this.#channels.unary(address, DirectoryService.awaitCommitted, request, this.deadline);
      if (answer.caused > caused) caused = answer.caused;
    }
    return caused;
  }

  get subjects(): string[] {
    return Array.from({ length: this.#options.shards }, (_, shard) => subjectOf(shard));
  }

  /** docIds that shard `shard` holds of `ids`, once it has applied everything that its subject has. */
  async rows(shard: number, ...ids: string[]): Promise<readonly bigint[]> {
    const sequence = await this.embedded.log.lastSequence(stream, subjectOf(shard));
    const request = ListRowsRequest.fromPartial({
      uid,
      ref: { shard, generation: 1n },
      limit: 4_096,
      required: [{ subject: subjectOf(shard), sequence }],
    });
    const address = this.#addressOf(this.nodeIds[shard % this.nodeIds.length]!);
    const rows = await this.#channels.unary(address, ShardService.listRows, request, this.deadline);
    const docIds = uint64From(rows.docIds, 'doc_ids');
    return ids.map((id) => docIds[rows.ids.indexOf(id)] ?? 0n);
  }

  /** Has every shard store what its subject has now. */
  async seal(): Promise<void> {
    for (let shard = 0; shard < this.#options.shards; shard += 1) {
      await this.rows(shard, 'any');
      const request = { uid, ref: { shard, generation: 1n } };
      const address = this.#addressOf(this.nodeIds[shard % this.nodeIds.length]!);
      await this.#channels.unary(address, ShardService.seal, request, this.deadline);
    }
  }

  /** What `node`, that of the first copy unless told, says of its copy of a partition, once `holds` gives true. */
  async state(
    partition: number,
    holds: (state: DirectoryState) => boolean,
    node = this.nodeIds[partition % this.nodeIds.length]!,
  ): Promise<DirectoryState> {
    for (;;) {
      const entry = await this.embedded.registry.get(keys.directoryState(uid, partition, node));
      const state = entry === null ? null : DirectoryState.decode(entry.value);
      if (state !== null && holds(state)) return state;
      this.deadline.check();
      await systemClock.pause();
    }
  }

  async close(): Promise<void> {
    await this.#channels.close();
    for (const id of [...this.#nodes.keys()]) await this.stop(id);
    this.deadline.close();
    await this.#embedded?.close();
    await removeFolder(this.directory);
  }

  #holderOf(partition: number): string {
    return this.#addressOf(this.nodeIds[partition % this.nodeIds.length]!);
  }

  #addressOf(node: string): string {
    const running = this.#nodes.get(node);
    if (running === undefined) throw new Error(`${node} does not run`);
    return running.address;
  }

  async #place(): Promise<void> {
    const { shards, partitions, copies } = this.#options;
    const settings = CollectionSettings.fromPartial({ uid, name: 'notes', dim: 2, sparseWeighting: 'learned' });
    const put = (key: string, value: Uint8Array) => ({ operation: 'put', key, value }) as const;
    const writes = [put(keys.setting(uid), CollectionSettings.encode(settings).finish())];
    for (let shard = 0; shard < shards; shard += 1) {
      const nodes = [this.nodeIds[shard % this.nodeIds.length]!];
      const lists = bufferOf(Uint32Array.of(shard));
      const placement = ShardPlacement.fromPartial({ uid, shard, generation: 1n, epoch: 1n, nodes, lists });
      writes.push(put(keys.placement(uid, shard), ShardPlacement.encode(placement).finish()));
    }
    for (let partition = 0; partition < partitions; partition += 1) {
      const start = (n: number): bigint => ((1n << 64n) * BigInt(n)) / BigInt(partitions);
      const placement = DirectoryPlacement.fromPartial({
        uid,
        partition,
        hashFirst: start(partition),
        hashLast: start(partition + 1) - 1n,
        epoch: 1n,
        nodes: Array.from({ length: copies }, (_, i) => this.nodeIds[(partition + i) % this.nodeIds.length]!),
      });
      writes.push(put(keys.directory(uid, partition), DirectoryPlacement.encode(placement).finish()));
    }
    await this.embedded.registry.transact([], writes);
  }
}

export function subjectOf(shard: number): string {
  return shardSubject(uid, 1n, shard);
}

function document(id: string, list: number): LogDocument {
  const dense = bufferOf(Float32Array.of(1, 0));
  return LogDocument.fromPartial({ id, text: `text of ${id}`, dense, list, home: list });
}
