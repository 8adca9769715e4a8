/** Where the best of many scores begin. */

/** The `n`-th largest of `scores`, of which none is NaN; −Infinity when there are fewer. `n` is at least 1. Time grows with their number. */
export function nthLargest(scores: Float64Array, n: number): number {
  if (scores.length < n) return -Infinity;
  const values = scores.slice();
  const wanted = values.length - n;
  let from = 0;
  let to = values.length - 1;
  // Hoare's selection: what is below the pivot goes left, until the wanted place is all that is left.
  while (from < to) {
    const pivot = values[(from + to) >>> 1]!;
    let left = from;
    let right = to;
    while (left <= right) {
      while (values[left]! < pivot) left += 1;
      while (values[right]! > pivot) right -= 1;
      if (left > right) break;
      const value = values[left]!;
      values[left] = values[right]!;
      values[right] = value;
      left += 1;
      right -= 1;
    }
    if (wanted <= right) to = right;
    else if (wanted >= left) from = left;
    else break;
  }
  return values[wanted]!;
}
