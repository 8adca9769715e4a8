/** Members of an archive as they pass by: what was sent is counted and hashed, and held against the manifest. */
import { createHash, type Hash } from 'node:crypto';
import { ShoalError } from '../../base/errors.js';
import type { ArchiveMember } from './archive.js';

/** One member that is being written: its size and checksum so far. */
export class MemberSum {
  readonly #hash: Hash = createHash('sha256');
  readonly #name: string;
  #bytes = 0;

  constructor(name: string) {
    this.#name = name;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
  }

  /** Call once, after the last byte. */
  finish(): ArchiveMember {
    return { name: this.#name, bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}

/** Members that are being read, in the manifest's order. */
export class MemberCheck {
  readonly #members: readonly ArchiveMember[];
  #next = 0;
  #current: { readonly member: ArchiveMember; readonly sum: MemberSum } | null = null;

  constructor(members: readonly ArchiveMember[]) {
    this.#members = members;
  }

  /** The member `name` begins; the one before it has ended. DATA_LOSS when that one was damaged, INVALID_ARGUMENT for another order. */
  begin(name: string): ArchiveMember {
    this.#end();
    const member = this.#members[this.#next];
    if (member?.name !== name) {
      const why = member === undefined ? 'no further member belongs to the backup' : `'${member.name}' is next`;
      throw new ShoalError('INVALID_ARGUMENT', `member ${JSON.stringify(name)} was not expected: ${why}`);
    }
    this.#next += 1;
    this.#current = { member, sum: new MemberSum(name) };
    return member;
  }

  /** Its next bytes. DATA_LOSS when there are more than the manifest says. */
  data(bytes: Uint8Array): void {
    if (this.#current === null) throw new ShoalError('INVALID_ARGUMENT', 'bytes came before the name of their member');
    const { member, sum } = this.#current;
    if (sum.bytes + bytes.length > member.bytes) throw damaged(member, `has more than ${member.bytes} bytes`);
    sum.add(bytes);
  }

  /** All is there. DATA_LOSS when the last member was damaged, INVALID_ARGUMENT when one is missing. */
  finish(): void {
    this.#end();
    const missing = this.#members[this.#next];
    if (missing === undefined) return;
    throw new ShoalError('INVALID_ARGUMENT', `member '${missing.name}' is missing; use a whole backup`);
  }

  #end(): void {
    if (this.#current === null) return;
    const { member, sum } = this.#current;
    this.#current = null;
    if (sum.bytes < member.bytes) throw damaged(member, `has ${sum.bytes} bytes instead of ${member.bytes}`);
    if (sum.finish().sha256 !== member.sha256) throw damaged(member, 'has another checksum than the manifest says');
  }
}

function damaged({ name }: ArchiveMember, how: string): ShoalError {
  return new ShoalError('DATA_LOSS', `member '${name}' of the backup is damaged: it ${how}; use another backup`);
}
