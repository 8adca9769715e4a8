/**
 * Whether a run may hold an id: a Bloom filter, so that ids that are new cost no look into the files.
 *
 * Bits are chosen by double hashing (Kirsch and Mitzenmacher 2006, section 3) of the id's XXH64.
 */
import { hashBytes } from '../../../base/hash.js';
import { runFormat } from './run-format.js';

const low32 = 0xffff_ffffn;

/** The two halves of an id's hash, from which all probes come. */
export interface IdProbe {
  first: number;
  step: number;
}

/** Sets `probe` to that of the id whose bytes are `id`. */
export function probeOf(id: Uint8Array, probe: IdProbe): void {
  const hash = hashBytes(id);
  probe.first = Number(hash & low32);
  // Odd, so that probes of one id differ.
  probe.step = Number(hash >> 32n) | 1;
}

/** Bytes of a filter for `ids` ids. */
export function filterBytesFor(ids: number): number {
  return Math.max(8, Math.ceil((ids * runFormat.filterBitsPerId) / 8));
}

export function addToFilter(filter: Uint8Array, { first, step }: IdProbe): void {
  const bits = filter.length * 8;
  for (let i = 0; i < runFormat.filterProbes; i += 1) {
    const bit = bitOf(first, step, i, bits);
    const at = Math.floor(bit / 8);
    filter[at] = filter[at]! | (1 << (bit & 7));
  }
}

/** False only for ids that were never added. */
export function mayHold(filter: Uint8Array, { first, step }: IdProbe): boolean {
  const bits = filter.length * 8;
  for (let i = 0; i < runFormat.filterProbes; i += 1) {
    const bit = bitOf(first, step, i, bits);
    if ((filter[Math.floor(bit / 8)]! & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}

function bitOf(first: number, step: number, probe: number, bits: number): number {
  return ((first + Math.imul(step, probe)) >>> 0) % bits;
}
