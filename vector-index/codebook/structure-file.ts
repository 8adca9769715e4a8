/**
 * The file of a structure, little-endian:
 *
 *   [0, 4)    magic "SHST"
 *   [4, 6)    format, uint16
 *   [6, 8)    zero
 *   [8, 12)   dim, uint32
 *   [12, 16)  number of lists, uint32
 *   [16, 20)  bit 0: has routes, bit 1: came from another one by splits, uint32
 *   [20, 24)  n, lists named around each, 0 = vectors lie in one list, uint32
 *   [24, 28)  m, structures before it since the trained one, uint32
 *   [28, 32)  zero
 *   then      centroids float32[lists, dim], routing float32[lists, dim], around uint32[lists, n], and where it came from: uint32[lists] the
 *             trained list of each, uint32[m, 2] versions and numbers of lists, float32[trained lists, dim] centroids; what is there
 *   last 8    XXH64 of all bytes before, uint64
 *
 * Format 1 ends its head at 16 and has centroids alone.
 */
import { assert } from '../../base/assert.js';
import { float32From, uint32From } from '../../base/bytes.js';
import { damagedFile, openSealedFile, sealFile, type FileKind } from './sealed-file.js';
import type { Descent } from './split-lists.js';
import { listCountOf, listsMax, type Structure } from './structure.js';

const kind: FileKind = {
  magic: 'SHST',
  format: 2,
  headBytes: 32,
  name: 'the structure',
  remedy: 'make a new collection from a backup: `shoal restore FOLDER NAME`',
};
const firstKind: FileKind = { ...kind, headBytes: 16 };
const hasRouting = 1;
const hasDescent = 2;
const knownFlags = hasRouting | hasDescent;

/** The bytes of `structure`. INTERNAL when its tables do not have the shapes that its centroids say. */
export function writeStructureFile(structure: Structure): Uint8Array {
  const { dim, centroids, routing, around, descent } = structure;
  const lists = listCountOf(structure);
  assert(Number.isInteger(lists) && lists >= 1 && lists <= listsMax, 'there are 1 to 65,536 lists');
  assert(routing === undefined || routing.length === centroids.length, 'there are routes for every list');
  const width = (around?.length ?? 0) / lists;
  assert(Number.isInteger(width) && around?.length !== 0, 'as many lists are named around every list');
  assert(around === undefined || descent === undefined, 'lists of vectors that lie in two are not split');
  assert(descent === undefined || isDescent(descent, { dim, lists }), 'every list is a part of a trained one');
  const fillHead = (view: DataView): void => {
    view.setUint32(8, dim, true);
    view.setUint32(12, lists, true);
    view.setUint32(16, (routing === undefined ? 0 : hasRouting) | (descent === undefined ? 0 : hasDescent), true);
    view.setUint32(20, width, true);
    view.setUint32(24, descent?.earlier.length ?? 0, true);
  };
  const earlier =
    descent && Uint32Array.from(descent.earlier.flatMap(({ version, lists: before }) => [version, before]));
  const tables = [centroids, routing, around, descent?.lists, earlier, descent?.trained];
  return sealFile(
    kind,
    fillHead,
    tables.filter((table) => table !== undefined),
  );
}

/** The structure in `bytes`, copied. DATA_LOSS when they are damaged, FAILED_PRECONDITION when a newer version wrote them. */
export function readStructureFile(bytes: Uint8Array): Structure {
  const isFirst = bytes.length > 6 && bytes[4] === 1 && bytes[5] === 0;
  const { view, tables } = openSealedFile(isFirst ? firstKind : kind, bytes);
  const [dim, lists] = [view.getUint32(8, true), view.getUint32(12, true)];
  const [flags, width, steps] = isFirst ? [0, 0, 0] : [16, 20, 24].map((at) => view.getUint32(at, true));
  const cut = new TableCutter(tables);
  const centroids = cut.floats(dim * lists);
  const routing = (flags! & hasRouting) === 0 ? null : cut.floats(dim * lists);
  const around = width === 0 ? null : cut.numbers(width! * lists);
  const descent = (flags! & hasDescent) === 0 ? null : readDescent(cut, { dim, lists, steps: steps! });
  const isDescended = descent === null || isDescent(descent, { dim, lists });
  const isKnown = (flags! & ~knownFlags) === 0 && (around === null || descent === null);
  const isWhole = isKnown && dim >= 1 && lists >= 1 && lists <= listsMax && cut.left === 0 && isDescended;
  if (!isWhole || around?.some((list) => list >= lists)) throw damagedFile(kind, `it has ${bytes.length} bytes`);
  return {
    ...{ dim, centroids },
    ...(routing === null ? {} : { routing }),
    ...(around === null ? {} : { around }),
    ...(descent === null ? {} : { descent }),
  };
}

function readDescent(
  cut: TableCutter,
  { dim, lists, steps }: { readonly dim: number; readonly lists: number; readonly steps: number },
): Descent {
  const trainedLists = cut.numbers(lists);
  const numbers = cut.numbers(2 * steps);
  const earlier = Array.from({ length: numbers.length / 2 }, (_, i) => ({
    version: numbers[2 * i]!,
    lists: numbers[2 * i + 1]!,
  }));
  return { lists: trainedLists, earlier, trained: cut.floats(dim * (earlier[0]?.lists ?? 0)) };
}

/** Whether the numbers of a descent fit each other and a structure of `lists` lists. */
function isDescent(
  { lists: trainedLists, earlier, trained }: Descent,
  { dim, lists }: { readonly dim: number; readonly lists: number },
): boolean {
  const count = earlier[0]?.lists ?? 0;
  const ascend = earlier.every(({ version, lists: before }, i) => {
    const next = earlier[i + 1] ?? { version: Infinity, lists };
    return version < next.version && before < next.lists;
  });
  const areParts = trainedLists.every((list, i) => list < count && (i >= count || list === i));
  return count >= 1 && ascend && trained.length === count * dim && trainedLists.length === lists && areParts;
}

/** One table after the other; what is too short gives empty ones, and something is left or missing. */
class TableCutter {
  readonly #tables: Uint8Array;
  #at = 0;

  constructor(tables: Uint8Array) {
    this.#tables = tables;
  }

  /** Negative when more was cut than there was. */
  get left(): number {
    return this.#tables.length - this.#at;
  }

  floats(count: number): Float32Array {
    return float32From(this.#next(4 * count), 'centroids and routes');
  }

  numbers(count: number): Uint32Array {
    return uint32From(this.#next(4 * count), 'lists of a structure');
  }

  #next(bytes: number): Uint8Array {
    const from = this.#at;
    this.#at += bytes;
    return this.left < 0 ? new Uint8Array(0) : this.#tables.subarray(from, this.#at);
  }
}
