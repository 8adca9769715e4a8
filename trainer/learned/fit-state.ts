/**
 * A fit between two of its rounds, as a file: who reads it goes on as if nothing had happened, and comes to the same parameters in every bit.
 *
 * The file, little-endian:
 *
 *   [0, 4)    magic "SHFS"
 *   [4, 6)    format, uint16
 *   [6, 8)    bit 0: has an adapter, bit 1: list biases, uint16
 *   [8, 16)   what the fit was given (`inputs`), uint64
 *   [16, 20)  steps that are done, uint32
 *   [20, 24)  steps since the last judgement, uint32
 *   [24, 28)  judgements, uint32
 *   [28, 32)  the judgement that was best, uint32
 *   [32, 44)  values of the words, the adapter and the biases, uint32[3]
 *   [44, 48)  queries that are still to come of the present turn, uint32
 *   [48, 64)  the state of the random numbers, int32[4]
 *   then      float64: score of the start, best score, losses since the last judgement; share, loss, score and best of every judgement;
 *             of words, adapter and biases, where they are there: values, best values, means and squares of their gradients
 *   then      uint32[queries to come]
 *   last 8    XXH64 of all bytes before, uint64
 */
import { float64From, uint32From } from '../../base/bytes.js';
import { damagedFile, openSealedFile, sealFile, type FileKind } from '../../vector-index/codebook/sealed-file.js';
import type { AdamState } from '../adam.js';
import type { ScanParameters } from './scan-parameters.js';

export interface FitProgress {
  /** Of all steps; they may end before. */
  readonly share: number;
  /** Mean since the last judgement. */
  readonly loss: number;
  /** Of the latest judgement. */
  readonly score: number;
  readonly best: number;
}

/** Parameters that were judged. */
export interface JudgedParameters {
  readonly parameters: ScanParameters;
  readonly score: number;
  /** Number of the judgement. */
  readonly at: number;
}

export interface FitState {
  /** A hash of what the fit was given: with anything else it cannot go on. */
  readonly inputs: bigint;
  /** Steps that are done. */
  readonly step: number;
  readonly parameters: ScanParameters;
  /** Of the tables that are there, in the order words, adapter, biases; as many steps each. */
  readonly moments: readonly Omit<AdamState, 'steps'>[];
  readonly startScore: number;
  readonly best: JudgedParameters;
  readonly curve: readonly FitProgress[];
  /** Sum and number of the losses since the last judgement. */
  readonly losses: number;
  readonly counted: number;
  /** uint32: numbers of queries that are still to come before any comes again. */
  readonly order: Uint32Array;
  /** As of `ResumableRandom`. */
  readonly random: readonly number[];
}

const kind: FileKind = {
  magic: 'SHFS',
  format: 1,
  headBytes: 64,
  name: 'the checkpoint of a training',
  remedy: 'the training begins anew',
};
const tablesOfPart = 4;

/** The bytes of `state`. */
export function writeFitState(state: FitState): Uint8Array {
  const { parameters, moments, best, curve, startScore, losses, order } = state;
  const { words, adapter, biases } = parameters;
  const [present, bests] = [partsOf(parameters), partsOf(best.parameters)];
  const numbers = [startScore, best.score, losses, ...curve.flatMap((at) => [at.share, at.loss, at.score, at.best])];
  const tables = present.flatMap((values, at) => [values, bests[at]!, moments[at]!.means, moments[at]!.squares]);
  const fillHead = (view: DataView): void => {
    view.setUint16(6, (adapter === null ? 0 : 1) | (biases === null ? 0 : 2), true);
    view.setBigUint64(8, state.inputs, true);
    const sizes = [words, adapter, biases].map((part) => part?.length ?? 0);
    const head = [state.step, state.counted, curve.length, best.at, ...sizes, order.length];
    head.forEach((value, at) => view.setUint32(16 + 4 * at, value, true));
    state.random.forEach((value, at) => view.setInt32(48 + 4 * at, value, true));
  };
  return sealFile(kind, fillHead, [Float64Array.from(numbers), ...tables, order]);
}

/** The state in `bytes`, copied. DATA_LOSS when they are damaged, FAILED_PRECONDITION when a newer version wrote them. */
export function readFitState(bytes: Uint8Array): FitState {
  const { view, tables } = openSealedFile(kind, bytes);
  const flags = view.getUint16(6, true);
  const [step, counted, judgements, bestAt] = fourAt(view, 16);
  const [words, adapter, biases, orders] = fourAt(view, 32);
  const sizes = [words, ...((flags & 1) === 0 ? [] : [adapter]), ...((flags & 2) === 0 ? [] : [biases])];
  const numbers = 3 + 4 * judgements;
  const values = numbers + tablesOfPart * sizes.reduce((sum, size) => sum + size, 0);
  if (flags > 3 || tables.length !== 8 * values + 4 * orders)
    throw damagedFile(kind, `it has ${bytes.length} bytes, and its numbers say something else`);
  const all = float64From(tables.subarray(0, 8 * values), 'a checkpoint');
  const [startScore, bestScore, losses] = all as unknown as [number, number, number];
  let end = numbers;
  const parts = sizes.map((size) => {
    const [values, bests, means, squares] = [0, 1, 2, 3].map((table) =>
      all.subarray(end + table * size, end + (table + 1) * size),
    );
    end += tablesOfPart * size;
    return { values: values!, bests: bests!, means: means!, squares: squares! };
  });
  const named = (table: 'values' | 'bests'): ScanParameters => {
    const found = parts.map((part) => part[table]);
    return {
      words: found.shift()!,
      adapter: (flags & 1) === 0 ? null : found.shift()!,
      biases: (flags & 2) === 0 ? null : found.shift()!,
    };
  };
  return {
    ...{ inputs: view.getBigUint64(8, true), step, counted, startScore, losses },
    parameters: named('values'),
    moments: parts.map(({ means, squares }) => ({ means, squares })),
    best: { parameters: named('bests'), score: bestScore, at: bestAt },
    curve: Array.from({ length: judgements }, (_, at) => {
      const [share, loss, score, best] = all.subarray(3 + 4 * at, 7 + 4 * at) as unknown as FourNumbers;
      return { share, loss, score, best };
    }),
    order: uint32From(tables.subarray(8 * values), 'a checkpoint'),
    random: Array.from({ length: 4 }, (_, at) => view.getInt32(48 + 4 * at, true)),
  };
}

type FourNumbers = readonly [number, number, number, number];

function fourAt(view: DataView, at: number): FourNumbers {
  return [0, 4, 8, 12].map((offset) => view.getUint32(at + offset, true)) as unknown as FourNumbers;
}

/** The tables that are there. */
export function partsOf({ words, adapter, biases }: ScanParameters): readonly Float64Array[] {
  return [words, adapter, biases].filter((part) => part !== null);
}
