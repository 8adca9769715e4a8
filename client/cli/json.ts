/** JSON as commands print it: bigint as decimal strings, times as RFC 3339. */

/** `value` as JSON on one line. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) => (typeof field === 'bigint' ? field.toString() : field));
}
