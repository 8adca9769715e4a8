/** Gradients by finite differences: what closed forms are held to. */

/** float64: (f(x + h) − f(x − h)) / 2h of each of `values`, which are changed and put back. */
export function differences(values: Float64Array, f: () => number, h = 1e-5): Float64Array {
  return values.map((value, i) => {
    values[i] = value + h;
    const above = f();
    values[i] = value - h;
    const below = f();
    values[i] = value;
    return (above - below) / (2 * h);
  });
}

/** The largest difference of any two values. */
export function largestGap(left: Float64Array, right: Float64Array): number {
  return left.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i]!)), 0);
}
