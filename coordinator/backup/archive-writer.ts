/** The sending side of an archive: members go out in pieces, and are counted and hashed for the manifest on the way. */
import { bufferOf } from '../../base/bytes.js';
import type { ArchiveMember } from '../../cluster/archive/archive.js';
import { MemberSum } from '../../cluster/archive/member-check.js';
import type { BackupPart } from '../../proto/generated/shoal/v1/backup.js';

export class ArchiveWriter {
  readonly #members: ArchiveMember[] = [];

  /** Members that went out whole, in their order. */
  get members(): readonly ArchiveMember[] {
    return this.#members;
  }

  /** Sends the member `name`; gives the name. */
  async *member(
    name: string,
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): AsyncGenerator<BackupPart, string> {
    const sum = new MemberSum(name);
    yield { member: name };
    for await (const piece of pieces) {
      sum.add(piece);
      yield { data: bufferOf(piece) };
    }
    this.#members.push(sum.finish());
    return name;
  }
}
