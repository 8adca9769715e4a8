/** What a training is given and what it gives, whatever carries it out. Types only. */
import type { LongList } from '../../trainer/structure/divide-lists.js';
import type { ProbeRecall } from '../../trainer/structure/held-out.js';

/** What serves at present. */
export interface ServingStructure {
  /** The structure's file. */
  readonly structure: Uint8Array;
  /** Lists that a search probes; 0 = all. */
  readonly nprobe: number;
}

/** Which lists of what serves are to be split, where nothing else is to change. */
export interface SplitOrder {
  /** Of the structure that serves. */
  readonly version: number;
  /** Files of that structure and of its codebook. */
  readonly structure: Uint8Array;
  readonly codebook: Uint8Array;
  /** Longest first; at least one. */
  readonly lists: readonly LongList[];
  /** Vectors that a part shall have at most. */
  readonly partSize: number;
  /** Lists that a search probes; 0 = all. */
  readonly nprobe: number;
  /** The calibrations of what serves. */
  readonly probes: readonly ProbeRecall[];
  readonly shortProbes: readonly ProbeRecall[];
}

/** Which structure parameters are to be learned for, where nothing else is to change. */
export interface LearnOrder {
  /** Of the structure that serves. */
  readonly version: number;
  /** Files of that structure, with the routes that serve, and of its codebook. */
  readonly structure: Uint8Array;
  readonly codebook: Uint8Array;
  /** float32[m, dim]: what the collection is asked with; none = its own vectors. */
  readonly queries: Float32Array;
  /** By judgements: rows of the task's vectors that are relevant to each query, at least one. Left out = without labels. */
  readonly relevant?: readonly Uint32Array[];
  /** The file of the parameters that serve; null = none do. */
  readonly serving: Uint8Array | null;
  /** The calibrations of what serves. */
  readonly probes: readonly ProbeRecall[];
  readonly shortProbes: readonly ProbeRecall[];
}

export interface TrainingTask {
  readonly dim: number;
  /** float32[n, dim]: rows chosen at random; the training takes them over. */
  readonly vectors: Float32Array;
  /** float32[m, dim]: short questions; may be none. */
  readonly shortQueries: Float32Array;
  /** Living documents that the structure is for. */
  readonly documents: number;
  /** Lists that a document lies in; 1. */
  readonly copies?: 1 | 2;
  /** One list with codes that need no training (RaBitQ), where nothing is to be learned yet; left out where lists and words are trained. */
  readonly untrained?: true;
  /** Bits a dimension of second codes; 4. */
  readonly secondBits?: number;
  readonly seed: number;
  /** Share of the ten true neighbours that a search shall find. */
  readonly targetRecall: number;
  /** What a whole structure is compared with; null while every search is exact, and for the orders below, which say what serves. */
  readonly serving: ServingStructure | null;
  /** Left out where a whole structure is trained. */
  readonly split?: SplitOrder;
  readonly learn?: LearnOrder;
  /** With `learn`: how often it leaves what it can be gone on with from, and what was left the last time; left out = it leaves nothing. */
  readonly checkpoints?: { readonly everyMs: number; readonly last: Uint8Array | null };
}

/** What a training has found, evaluated. */
interface Evaluated {
  readonly lists: number;
  /** Lists that a vector lies in. */
  readonly copies: 1 | 2;
  /** Bits a dimension of second codes. */
  readonly secondBits: number;
  /** Vectors that it was trained on. */
  readonly sampled: number;
  /** Recall@10 on held-out queries: of what serves, and of this one as calibrated; of parameters by first codes alone, MRR@10 by judgements. */
  readonly heldOutBefore: number;
  readonly heldOutAfter: number;
  /** Ascending by nprobe: on held-out vectors, and on short questions; none for parameters without routes. */
  readonly probes: readonly ProbeRecall[];
  readonly shortProbes: readonly ProbeRecall[];
}

export interface TrainedStructure extends Evaluated {
  /** Files of the structure and of its codebook. */
  readonly structure: Uint8Array;
  readonly codebook: Uint8Array;
}

export interface TrainedParameters extends Evaluated {
  /** The file; null where nothing was learned that finds more, or as much in fewer lists. */
  readonly parameters: Uint8Array | null;
  /** Lists that held-out queries need, by the routes of before and by those that were learned; left out where none were. */
  readonly needed?: { readonly before: number; readonly after: number };
}

export type TrainedFiles = TrainedStructure | TrainedParameters;

/** Hears what is done at present and which share of the whole is done, 0 to 1. */
export type OnProgress = (step: string, share: number) => void;

/** Hears what a training leaves to go on from, and what it makes of what was left. */
export interface Leavings {
  /** From `bytes`, which the hearer may keep, it can be gone on with after `step` steps. */
  left(step: number, bytes: Uint8Array): void;
  /** It goes on from what was left: this share of the whole was done. */
  resumed(share: number): void;
  /** What was left is not used, and it begins anew. */
  refused(why: string): void;
}

/** Carries a training out without blocking the caller's thread; rejects with CANCELLED once `signal` has aborted. */
export type RunTraining = (
  task: TrainingTask,
  onProgress: OnProgress,
  signal: AbortSignal,
  leavings: Leavings,
) => Promise<TrainedFiles>;
