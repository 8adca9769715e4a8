/**
 * Learned parameters as the scan over a coder's lists takes them. They belong to the codes of a trained structure, and so to those of every
 * structure that was made of it by splits of lists: a part has the bias of the list that it is a part of.
 */
import type { ScanParameters } from '../../kernels/list-search.js';
import type { LearnedParameters } from '../codebook/learned-parameters.js';
import type { ListCoder } from './list-coder.js';

/** By coder and parameters: both are kept by those who search, and made once. */
export class LearnedScans {
  readonly #known = new WeakMap<LearnedParameters, WeakMap<ListCoder, ScanParameters>>();

  /** What a scan by `parameters` reads; null where they do not belong to the codes of `coder`, which are scanned by their own words then. */
  of(coder: ListCoder, parameters: LearnedParameters | null): ScanParameters | null {
    if (parameters === null || !belongs(coder, parameters)) return null;
    let byCoder = this.#known.get(parameters);
    if (byCoder === undefined) this.#known.set(parameters, (byCoder = new WeakMap()));
    let scan = byCoder.get(coder);
    if (scan === undefined) byCoder.set(coder, (scan = scanOf(coder, parameters)));
    return scan;
  }
}

function belongs(coder: ListCoder, { structureVersion, lists, dim, subquantizers, dsub }: LearnedParameters): boolean {
  const isShaped = dim === coder.dim && subquantizers === coder.subquantizers && dsub === coder.dsub;
  return isShaped && coder.listsAt(structureVersion) === lists;
}

function scanOf(coder: ListCoder, { lists, scanWords, adapter, listBiases }: LearnedParameters): ScanParameters {
  return {
    words: scanWords,
    adapter: adapter ?? null,
    listBiases: listBiases === undefined ? null : biasesNow(coder, listBiases, lists),
  };
}

/** float32[lists of now]: that of each list, or of what it was a part of when there were `lists`. */
function biasesNow({ listCount, splits }: ListCoder, biases: Float32Array, lists: number): Float32Array {
  if (listCount === lists) return biases;
  return Float32Array.from({ length: listCount }, (_, list) => biases[splits!.wasPartOf(list, lists)]!);
}
