/** The data of new replicas on its way to their nodes; all of it can be taken back until the collection is published. */
import { bufferOf } from '../../base/bytes.js';
import { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { TransferService, type WriteImportRequest } from '../../proto/generated/shoal/v1/backup.js';
import type { ShardPlacement } from '../../proto/generated/shoal/v1/cluster.js';
import type { BackupParts } from './parts.js';
import type { RestorePlan } from './restore-plan.js';

export class ShardImports {
  readonly #plan: RestorePlan;
  readonly #parts: BackupParts;
  /** Addresses of the nodes of each shard that was begun. */
  readonly #begun = new Map<number, readonly string[]>();

  constructor(plan: RestorePlan, parts: BackupParts) {
    this.#plan = plan;
    this.#parts = parts;
  }

  /** Adds `data` to a file of the shard, on every node that is to hold it. */
  writeFile(shard: number, file: string, data: Uint8Array, deadline: Deadline): Promise<void> {
    return this.#write(shard, { file }, data, deadline);
  }

  /** Adds records of the log's tail. */
  writeRecords(shard: number, data: Uint8Array, deadline: Deadline): Promise<void> {
    return this.#write(shard, { records: true }, data, deadline);
  }

  /** Resolves when every replica is on disk, with the number of documents. DATA_LOSS when the nodes of a shard count differently. */
  async finish(deadline: Deadline): Promise<bigint> {
    const { settings, placed } = this.#plan;
    const counts = await Promise.all(
      placed.shards.map(async ({ shard }) => {
        const request = { uid: settings.uid, shard };
        const addresses = await this.#addresses(shard, deadline);
        const answers = await Promise.all(
          addresses.map((address) =>
            this.#parts.peers.transfer(address, TransferService.finishImport, request, deadline),
          ),
        );
        const [count = 0n, ...others] = answers.map(({ documents }) => documents);
        const another = others.find((each) => each !== count);
        if (another === undefined) return count;
        const what = `the nodes of shard ${shard} made ${count} and ${another} documents of the same bytes`;
        throw new ShoalError('DATA_LOSS', `${what}; check their disks and restore again`);
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0n);
  }

  /** Takes back what was sent. Nodes that cannot be reached remove it by themselves. */
  async discard(): Promise<void> {
    const { peers, clock, logger } = this.#parts;
    const { uid } = this.#plan.settings;
    const deadline = Deadline.after(clock, limits.writeDeadlineMs);
    try {
      for (const [shard, addresses] of this.#begun) {
        for (const address of addresses) {
          await peers
            .transfer(address, TransferService.discardImport, { uid, shard }, deadline)
            .catch((error: unknown) =>
              logger.warn({ err: error, address, shard }, 'an import could not be taken back'),
            );
        }
      }
    } finally {
      deadline.close();
    }
  }

  async #write(
    shard: number,
    target: Pick<WriteImportRequest, 'file' | 'records'>,
    data: Uint8Array,
    deadline: Deadline,
  ): Promise<void> {
    const addresses = await this.#addresses(shard, deadline);
    const request = { uid: this.#plan.settings.uid, shard, ...target, data: bufferOf(data) };
    await Promise.all(
      addresses.map((address) => this.#parts.peers.transfer(address, TransferService.writeImport, request, deadline)),
    );
  }

  /** The nodes of `shard`, which have begun to import it. */
  async #addresses(shard: number, deadline: Deadline): Promise<readonly string[]> {
    const known = this.#begun.get(shard);
    if (known !== undefined) return known;
    const placement = this.#plan.placed.shards.find((each) => each.shard === shard);
    if (placement === undefined) throw new ShoalError('INVALID_ARGUMENT', `the backup has no shard ${shard}`);
    const addresses = placement.nodes.map((node) => this.#addressOf(node));
    this.#begun.set(shard, addresses);
    const request = this.#beginning(placement);
    await Promise.all(
      addresses.map((address) => this.#parts.peers.transfer(address, TransferService.beginImport, request, deadline)),
    );
    return addresses;
  }

  #beginning(placement: ShardPlacement): Parameters<typeof TransferService.beginImport.requestSerialize>[0] {
    const { settings, manifest } = this.#plan;
    return { settings, placement, archivedUid: manifest.uid, sequence: manifest.sequence, cut: manifest.cut };
  }

  #addressOf(node: string): string {
    const address = this.#parts.view.current().nodes.get(node)?.address;
    if (address !== undefined) return address;
    throw new ShoalError('UNAVAILABLE', `node ${node}, which was to hold a replica, has gone; restore again`);
  }
}
