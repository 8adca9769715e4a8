/** Sorting in slices: a merge sort that gives the event loop back, since sorting a million values at once would hold it for a second. */

const runLength = 512;

/** `positions` stably sorted by `compare`, as a new array. */
export async function sortedPositions(
  positions: Uint32Array,
  compare: (left: number, right: number) => number,
  slices: { pause(): Promise<void> },
): Promise<Uint32Array> {
  let from = positions.slice();
  for (let start = 0; start < from.length; start += runLength) {
    from.subarray(start, start + runLength).sort(compare);
    await slices.pause();
  }
  let to = new Uint32Array(from.length);
  for (let length = runLength; length < from.length; length *= 2) {
    for (let start = 0; start < from.length; start += 2 * length) {
      const middle = Math.min(start + length, from.length);
      const end = Math.min(start + 2 * length, from.length);
      let left = start;
      let right = middle;
      for (let at = start; at < end; at += 1) {
        const isLeft = left < middle && (right === end || compare(from[left]!, from[right]!) <= 0);
        to[at] = isLeft ? from[left++]! : from[right++]!;
        if ((at & (runLength - 1)) === 0) await slices.pause();
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
