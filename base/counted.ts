/** Counts in texts that people read. */

/** 1234567 as "1,234,567". */
export function grouped(value: number | bigint): string {
  return value.toLocaleString('en-US');
}

/** "1 document", "2 documents"; `plural` where an s is not enough. */
export function counted(count: number | bigint, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${Number(count) === 1 ? noun : plural}`;
}
