/** Finds a term in an ascending column of terms: those of a document, or the dictionary of a segment. */

/** Position of `termId` in `termIds`, uint32[n] ascending; −1 when it is absent. */
export function termPosition(termIds: Uint32Array, termId: number): number {
  let from = 0;
  let to = termIds.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (termIds[middle]! < termId) from = middle + 1;
    else to = middle;
  }
  return termIds[from] === termId ? from : -1;
}
