/** Shares of scores, in the form that no score is too large or too small for. */

/** softmax(values / temperature), and its logarithms. */
export function softmax(
  values: ArrayLike<number>,
  temperature = 1,
): { readonly shares: Float64Array; readonly logs: Float64Array } {
  const scaled = Float64Array.from(values, (value) => value / temperature);
  const top = scaled.reduce((most, value) => Math.max(most, value), -Infinity);
  const sum = scaled.reduce((total, value) => total + Math.exp(value - top), 0);
  const logs = scaled.map((value) => value - top - Math.log(sum));
  return { shares: logs.map(Math.exp), logs };
}
