/** FAISS's codecs that are compared, searched exhaustively: every list is probed. */
import type { PeerVariant } from './peer-variants.js';

const lists = 1024;
/** Candidates of the second pass over the answers wanted. */
const kFactor = 4;

const listedSigns = ['', '2', '3', '4', '5', '6', '7', '8'].map((bits) => `IVF${lists},RaBitQ${bits}`);
const refined = ['SQ4', 'SQ6', 'SQ8'].map((second) => `IVF${lists},PQ96x4fsr,Refine(${second})`);
/** The best at some size between 48 and 432 bytes, or next to it. */
const leading = ['PQ96x4fs', `IVF${lists},PQ96x4fsr`, ...listedSigns, ...refined];
const others = [
  ...['PQ48x8', 'OPQ96,PQ96x4fs', 'PQ192x4fs', 'RaBitQ', 'RaBitQ2', 'RaBitQ4', 'SQ4', 'SQ6', 'SQ8'],
  ...[`IVF${lists},PQ48x8`, `OPQ48,IVF${lists},PQ48x8`, `IVF${lists},SQ4`],
  ...[`IVF${lists},PQ96x4fsr,Refine(PQ96)`, `IVF${lists},PQ96x4fsr,Refine(PQ192)`],
];

/** One setting each; `all` of them, or those that lead. `threads` search. */
export function codecVariants(threads: number, all: boolean): PeerVariant[] {
  const settings = { nprobe: lists, kFactor, threads };
  return [...leading, ...(all ? others : [])].map((variant) => ({ variant, families: [[settings]] }));
}
