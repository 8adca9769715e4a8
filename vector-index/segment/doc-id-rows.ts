/** The rows of a growing segment by docId: found by bisection while docIds ascend, which they mostly do, by a table once they do not. */

const noRows: readonly number[] = [];

export class DocIdRows {
  /** One row, or all where there are several; null while docIds ascend. */
  #table: Map<bigint, number | number[]> | null = null;

  /** Row `row`, the last of `docIds`, was added; `isOrdered` says whether docIds still ascend (equal ones side by side). */
  added(docIds: BigUint64Array, row: number, isOrdered: boolean): void {
    if (isOrdered) return;
    const from = this.#table === null ? 0 : row;
    const table = (this.#table ??= new Map());
    for (let each = from; each <= row; each += 1) addRow(table, docIds[each]!, each);
  }

  /** Every row of `docId` among the first `rowCount` of `docIds`, ascending. */
  rowsOf(docIds: BigUint64Array, rowCount: number, docId: bigint): readonly number[] {
    if (this.#table !== null) return rowsIn(this.#table, docId);
    const rows: number[] = [];
    for (let row = firstAtLeast(docIds, rowCount, docId); row < rowCount && docIds[row] === docId; row += 1)
      rows.push(row);
    return rows;
  }
}

/** Adds `row` to those of `key`. */
export function addRow<Key>(table: Map<Key, number | number[]>, key: Key, row: number): void {
  const rows = table.get(key);
  if (rows === undefined) table.set(key, row);
  else if (typeof rows === 'number') table.set(key, [rows, row]);
  else rows.push(row);
}

/** The rows of `key`, in the order in which they were added. */
export function rowsIn<Key>(table: ReadonlyMap<Key, number | number[]>, key: Key): readonly number[] {
  const rows = table.get(key);
  return rows === undefined ? noRows : typeof rows === 'number' ? [rows] : rows;
}

function firstAtLeast(docIds: BigUint64Array, rowCount: number, docId: bigint): number {
  let from = 0;
  let to = rowCount;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (docIds[middle]! < docId) from = middle + 1;
    else to = middle;
  }
  return from;
}
