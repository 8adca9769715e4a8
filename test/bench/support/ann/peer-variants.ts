/** The variants of each peer that are swept, and the settings that are tried of each. */
import type { Setting } from './ann-system.js';

export const peerNames = ['faiss', 'scann', 'hnswlib', 'svs'] as const;
export type PeerName = (typeof peerNames)[number];

export interface PeerVariant {
  readonly variant: string;
  readonly families: readonly (readonly Setting[])[];
}

const probes = [
  1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 512, 768, 1024,
];
const widths = [
  10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 1024,
];
/** Candidates of the second pass over k. */
const factors = [4, 8, 16, 32];

const refined = factors.map((kFactor) => probes.map((nprobe) => ({ nprobe, kFactor })));
const reordered = [40, 80, 160, 320].map((candidates) => probes.map((nprobe) => ({ nprobe, candidates })));
const graph = [widths.map((ef) => ({ ef }))];

/** For about a hundred thousand vectors; those first that lead. */
const faissFirst = [
  'IVF1024,PQ96x4fsr',
  'IVF1024,PQ96x4fs',
  'IVF1024,RaBitQfs',
  'IVF2048,PQ96x4fsr',
  'IVF2048,PQ96x4fs',
  'IVF4096,PQ96x4fsr',
  'IVF4096_HNSW32,PQ96x4fsr',
  'OPQ96,IVF1024,PQ96x4fsr',
];
const scann = [
  'leaves1024 soar1.5 dims2 aniso0.2',
  'leaves1024 dims2 aniso0.2',
  'leaves512 soar1.5 dims2 aniso0.2',
  'leaves2048 soar1.5 dims2 aniso0.2',
  'leaves1024 soar1.0 dims2 aniso0.1',
  'leaves1024 soar1.5 dims2 aniso0.2 reorder=int8',
  'leaves1024 soar1.5 dims4 aniso0.2 reorder=int8',
];
/** For about a million. */
const faissFirstOfMany = [
  'IVF4096,PQ96x4fsr',
  'IVF4096,PQ96x4fs',
  'IVF4096_HNSW32,PQ96x4fsr',
  'IVF8192_HNSW32,PQ96x4fsr',
];
const scannOfMany = [
  'leaves4096 soar1.5 dims2 aniso0.2',
  'leaves2048 soar1.5 dims2 aniso0.2',
  'leaves4096 dims2 aniso0.2',
];
const manyVectors = 400_000;
/** Variants of a kind that `quick` means. */
const quickFew = { faiss: 3, scann: 2 };
const quickMany = { faiss: 1, scann: 1 };

/** For `count` vectors. `which`: all; quick, the first few of each, which have led so far; or a regular expression over their names. */
export function variantsOf(peer: PeerName, which: string, count: number): PeerVariant[] {
  const isMany = count >= manyVectors;
  if (which === 'all' || which === 'quick') return listOf(peer, { isMany, isQuick: which === 'quick' });
  const pattern = new RegExp(which);
  return listOf(peer, { isMany, isQuick: false }).filter(({ variant }) => pattern.test(variant));
}

interface Which {
  readonly isMany: boolean;
  readonly isQuick: boolean;
}

function listOf(peer: PeerName, { isMany, isQuick }: Which): PeerVariant[] {
  const quick = isMany ? quickMany : quickFew;
  switch (peer) {
    case 'faiss':
      return faiss((isMany ? faissFirstOfMany : faissFirst).slice(0, isQuick ? quick.faiss : undefined), isQuick);
    case 'scann':
      return (isMany ? scannOfMany : scann)
        .slice(0, isQuick ? quick.scann : undefined)
        .map((variant) => ({ variant, families: reordered }));
    case 'hnswlib':
      return [{ variant: 'M16 efc200', families: graph }];
    case 'svs':
      return (isQuick ? ['fp16 R32'] : ['fp16 R32', 'fp16 R64', 'LVQ4x8 R32', 'LVQ4x4 R32', 'LVQ8 R32']).map(
        (variant) => ({
          variant,
          families: graph,
        }),
      );
  }
}

function faiss(firsts: readonly string[], isQuick: boolean): PeerVariant[] {
  const refinements = isQuick ? ['SQ8', 'SQ4'] : ['SQ8', 'SQfp16', 'SQ4'];
  const lists = firsts.flatMap((first) => {
    const isUsual = /^IVF(1024|2048|4096),PQ96x4fsr$/.test(first);
    return (isUsual ? refinements : ['SQ8']).map((second) => ({
      variant: `${first},Refine(${second})`,
      families: refined,
    }));
  });
  const graphs = (isQuick ? ['HNSW16_SQ8'] : ['HNSW16_SQ8', 'HNSW16,Flat']).map((variant) => ({
    variant,
    families: graph,
  }));
  return [...lists, ...graphs];
}
