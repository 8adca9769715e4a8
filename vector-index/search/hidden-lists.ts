/**
 * Lists that are read though nobody asked for them, and whose rows do not count.
 *
 * A segment that is older than the split of a list has its rows wherever they were then, in any part of the trained list. Where one part is
 * asked for, all are read, in all segments alike, and the rows of the others are hidden by the bits of the search: so the answer is the same
 * before the segment is rewritten, and after.
 */
import { clearBit, fullBitmap } from '../bitmap.js';
import type { ListCoder } from '../lists/list-coder.js';
import type { MovedRows } from '../lists/moved-rows.js';
import { SealedLists } from '../lists/sealed-lists.js';
import type { PinnedSegment } from '../segment/segment-state.js';

export class HiddenLists {
  /** uint32: the lists asked for, and those that are read beside them; each once. */
  readonly read: Uint32Array;
  readonly #moved: MovedRows;
  readonly #listCount: number;
  /** By list: 1 where it is read and was not asked for. */
  readonly #isHidden: Uint8Array;
  /** Lists with rows that may have to be hidden: all parts of what has a hidden one. */
  readonly #touched: ReadonlySet<number>;

  private constructor(coder: ListCoder, asked: ReadonlySet<number>, of: { read: Set<number>; moved: MovedRows }) {
    this.read = Uint32Array.from(of.read);
    this.#moved = of.moved;
    this.#listCount = coder.listCount;
    this.#isHidden = new Uint8Array(coder.listCount);
    const hidden = [...of.read].filter((list) => !asked.has(list));
    for (const list of hidden) this.#isHidden[list] = 1;
    this.#touched = new Set(hidden.flatMap((list) => [...coder.splits!.partsOf(list)]));
  }

  /** What has to be read for `asked` (uint32, each once) in `segments`, all coded as by `coder`; null = just that. */
  static of(
    asked: Uint32Array,
    segments: readonly PinnedSegment[],
    { coder, moved }: { readonly coder: ListCoder; readonly moved: MovedRows },
  ): HiddenLists | null {
    const older = segments.filter(({ reader }) => moved.isOlder(reader));
    if (older.length === 0) return null;
    const oldest = Math.min(...older.map(({ reader }) => coder.listsAt(reader.coding!.structureVersion)!));
    const own = new Set(asked);
    const read = new Set(asked);
    for (const list of asked) {
      if (!coder.splits!.isSplitSince(list, oldest)) continue;
      for (const part of coder.splits!.partsOf(list)) read.add(part);
    }
    return read.size === own.size ? null : new HiddenLists(coder, own, { read, moved });
  }

  /** `bits` of the rows of `segment` (null = all ones) without those that are hidden; a copy where there are any. */
  hide(segment: PinnedSegment, bits: Uint8Array | null): Uint8Array | null {
    const { reader, rowCount } = segment;
    const { coding } = reader;
    const left = bits === null ? fullBitmap(rowCount) : bits.slice();
    const moved = this.#moved.isOlder(reader) ? this.#moved.known(reader) : null;
    if (coding instanceof SealedLists) {
      const { firsts, counts } = coding.all(this.#listCount);
      for (const list of this.#touched) {
        const end = firsts[list]! + counts[list]!;
        for (let row = firsts[list]!; row < end; row += 1)
          if (this.#isHidden[moved?.[row] ?? list] === 1) clearBit(left, row);
      }
      return left;
    }
    const lists = moved ?? reader.lists;
    for (let row = 0; row < rowCount; row += 1) if (this.#isHidden[lists[row]!] === 1) clearBit(left, row);
    return left;
  }
}
