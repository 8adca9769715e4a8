/** FAISS's codecs that are compared, searched exhaustively: every list is probed. */
import type { PeerVariant } from './peer-variants.js';

const plain = [
  'PQ48x8',
  'PQ96x4fs',
  'OPQ96,PQ96x4fs',
  'PQ192x4fs',
  'RaBitQ',
  'RaBitQ2',
  'RaBitQ4',
  'SQ4',
  'SQ6',
  'SQ8',
];
const listed = ['IVF1024,PQ48x8', 'OPQ48,IVF1024,PQ48x8', 'IVF1024,PQ96x4fsr', 'IVF1024,RaBitQ', 'IVF1024,SQ4'];
const refined = ['SQ4', 'SQ6', 'SQ8'].map((second) => `IVF1024,PQ96x4fsr,Refine(${second})`);
const lists = 1024;
/** Candidates of the second pass over the answers wanted. */
const kFactor = 4;

/** One setting each. `threads` search. */
export function codecVariants(threads: number): PeerVariant[] {
  const settings = { nprobe: lists, kFactor, threads };
  return [...plain, ...listed, ...refined].map((variant) => ({ variant, families: [[settings]] }));
}
