/** Binary search: in ascending columns, and for where a condition begins to hold. */

/** The position of the first of `count` `values`, uint32[at least count] ascending, that is at least `value`; `count` where none is. */
export function firstAtLeast(values: Uint32Array, value: number, count = values.length): number {
  let from = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (values[middle]! < value) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The position of `value` in `values`, uint32[n] ascending; −1 where it is absent. */
export function positionOf(values: Uint32Array, value: number): number {
  const at = firstAtLeast(values, value);
  return at < values.length && values[at] === value ? at : -1;
}

/** The smallest number below `count` for which `holds`, which holds from there on; `count` where there is none. */
export function firstAt(count: number, holds: (at: number) => boolean): number {
  let from = 0;
  let to = count;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (holds(middle)) to = middle;
    else from = middle + 1;
  }
  return from;
}
