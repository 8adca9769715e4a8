/** One fault in a file at rest: a bit that turned over, or an end that is lost. */
import { closeSync, ftruncateSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import type { Random } from '../base/random.js';

export type Fault =
  | { readonly kind: 'flip'; readonly byte: number; readonly bit: number }
  | { readonly kind: 'truncate'; readonly bytes: number };

/** A fault drawn for the file at `path`, which is not empty: nine flips to one truncation. */
export function drawFault(random: Random, path: string): Fault {
  const bytes = statSync(path).size;
  if (random.below(10) === 0) return { kind: 'truncate', bytes: random.below(bytes) };
  return { kind: 'flip', byte: random.below(bytes), bit: random.below(8) };
}

export function damage(path: string, fault: Fault): void {
  const descriptor = openSync(path, 'r+');
  try {
    if (fault.kind === 'truncate') return ftruncateSync(descriptor, fault.bytes);
    const byte = Buffer.alloc(1);
    readSync(descriptor, byte, 0, 1, fault.byte);
    byte[0] = byte[0]! ^ (1 << fault.bit);
    writeSync(descriptor, byte, 0, 1, fault.byte);
  } finally {
    closeSync(descriptor);
  }
}

export function describeFault(fault: Fault): string {
  if (fault.kind === 'truncate') return `cut to ${fault.bytes} bytes`;
  return `bit ${fault.bit} of byte ${fault.byte} turned over`;
}
