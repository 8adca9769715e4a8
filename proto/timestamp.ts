/** RFC 3339 as times: what a filter, an import and a document may hold is the same. */

/** Date, T or a blank, time, and offset or Z. */
const rfc3339 = /^(\d{4}-\d{2}-\d{2})[Tt ]((?:[01]\d|2[0-3]):\d{2}:\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;

/** The years 1 to 9999, which is what a timestamp can hold on the wire. */
const firstMs = Date.parse('0001-01-01T00:00:00Z');
const lastMs = Date.parse('9999-12-31T23:59:59.999Z');

/** The time that `text` says, to the millisecond, what is finer cut off; null when it is no RFC 3339 or no day of the calendar. */
export function timestampFrom(text: string): Date | null {
  const match = rfc3339.exec(text);
  if (match === null) return null;
  const [, date, time, fraction, offset] = match;
  const milliseconds = (fraction ?? '.').slice(1, 4).padEnd(3, '0');
  const value = new Date(`${date}T${time}.${milliseconds}${offset!.toUpperCase()}`);
  return isTimestamp(value) && isRealDate(date!) ? value : null;
}

/** Whether `value` is a time of the years 1 to 9999. */
export function isTimestamp(value: Date): boolean {
  const ms = value.getTime();
  return ms >= firstMs && ms <= lastMs;
}

/** Date takes 30 February for 1 March. */
function isRealDate(date: string): boolean {
  const midnight = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}
