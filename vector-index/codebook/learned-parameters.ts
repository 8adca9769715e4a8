/**
 * What training lays over a structure: parameters of the first scan and of routing, learned afterwards for the codes that are there. They
 * are replaced like configuration; lists, codes, factors and second codes stay as the structure made them.
 *
 *   first score = ⟨q, base⟩ + list bias + f · ⟨adapter · q, d(code)⟩ + t,   d by the scan words
 *
 * with q at the length that `lists/query-length.ts` gives it: biases are learned at that length, and the adapter is applied behind it.
 * Second codes, exact scores and ⟨q, base⟩ take the query as it is, and second codes the structure's own words.
 *
 * The file, little-endian:
 *
 *   [0, 4)    magic "SHLP"
 *   [4, 6)    format, uint16
 *   [6, 8)    bit 0: has an adapter, bit 1: list biases, bit 2: routes, uint16
 *   [8, 12)   dim, uint32
 *   [12, 16)  number of lists, uint32
 *   [16, 20)  subquantizers, uint32
 *   [20, 24)  dsub, uint32
 *   [24, 32)  version of the structure that they belong to, uint64
 *   then      scan words float32[subquantizers, dsub, 16], adapter float32[dim, dim], list biases float32[lists], routes
 *             float32[lists, dim]; what is there
 *   last 8    XXH64 of all bytes before, uint64
 */
import { assert } from '../../base/assert.js';
import { float32From } from '../../base/bytes.js';
import { ShoalError } from '../../base/errors.js';
import { ksub, subquantizersMax } from '../../kernels/codes.js';
import { codedLists } from './list-codebook.js';
import type { ListStructure } from './list-structure.js';
import { damagedFile, openSealedFile, sealFile, type FileKind } from './sealed-file.js';
import { listsMax } from './structure.js';

const kind: FileKind = {
  magic: 'SHLP',
  format: 1,
  headBytes: 32,
  name: 'the file of learned parameters',
  remedy: 'activate another version of the codebook, or train again',
};
const dsubMax = 64;
/** As many values as an adapter may have: that of 4,096 dimensions. */
const adapterDimMax = 4_096;

export interface LearnedParameters {
  /** Of the structure that they were learned for, at least 1: with another one they mean nothing. */
  readonly structureVersion: number;
  readonly dim: number;
  readonly lists: number;
  readonly subquantizers: number;
  readonly dsub: number;
  /** float32[subquantizers, dsub, 16]: what the query's look-up table of the first scan is made with. */
  readonly scanWords: Float32Array;
  /** float32[dim, dim]: row i makes value i of the query that the table is made of; left out = the query as it is. */
  readonly adapter?: Float32Array;
  /** float32[lists]: added to the first score of every vector of a list; left out = nothing. */
  readonly listBiases?: Float32Array;
  /** float32[lists, dim]: what queries are compared with to choose lists; left out = the structure's own. */
  readonly routes?: Float32Array;
}

const optionalTables = [
  { name: 'adapter', size: ({ dim }: Shape) => dim * dim },
  { name: 'listBiases', size: ({ lists }: Shape) => lists },
  { name: 'routes', size: ({ dim, lists }: Shape) => dim * lists },
] as const;
const knownFlags = (1 << optionalTables.length) - 1;

/** The bytes of `parameters`. INTERNAL when a table has another shape than its numbers say, or a value that is not finite. */
export function writeLearnedParametersFile(parameters: LearnedParameters): Uint8Array {
  const { structureVersion, dim, lists, subquantizers, dsub, scanWords, adapter } = parameters;
  assert(isShape(parameters), 'learned parameters have 1 to 512 subquantizers that cover dim, and 1 to 65,536 lists');
  assert(isVersion(structureVersion), 'the version of a structure is at least 1');
  assert(scanWords.length === wordsOf(parameters), 'there are 16 codewords for every subquantizer');
  assert(adapter === undefined || dim <= adapterDimMax, 'adapters have up to 4,096 dimensions');
  const present = optionalTables.map(({ name }) => parameters[name]);
  for (const [at, { size }] of optionalTables.entries())
    assert((present[at]?.length ?? size(parameters)) === size(parameters), 'every table has the shape of its numbers');
  const tables = [scanWords, ...present.filter((table) => table !== undefined)];
  assert(tables.every(isFinite), 'every learned value is finite');
  const flags = present.reduce((sum, table, bit) => sum | (table === undefined ? 0 : 1 << bit), 0);
  const fillHead = (view: DataView): void => {
    view.setUint16(6, flags, true);
    [dim, lists, subquantizers, dsub].forEach((value, at) => view.setUint32(8 + 4 * at, value, true));
    view.setBigUint64(24, BigInt(structureVersion), true);
  };
  return sealFile(kind, fillHead, tables);
}

/** The parameters in `bytes`, copied. DATA_LOSS when they are damaged, FAILED_PRECONDITION when a newer version wrote them. */
export function readLearnedParametersFile(bytes: Uint8Array): LearnedParameters {
  const { view, tables } = openSealedFile(kind, bytes);
  const [dim, lists, subquantizers, dsub] = [8, 12, 16, 20].map((at) => view.getUint32(at, true)) as Numbers;
  const shape = { dim, lists, subquantizers, dsub };
  const flags = view.getUint16(6, true);
  const structureVersion = Number(view.getBigUint64(24, true));
  if (!isShape(shape) || !isVersion(structureVersion) || (flags & ~knownFlags) !== 0)
    throw damagedFile(kind, 'its numbers fit no codebook');
  const present = optionalTables.filter((_, bit) => (flags & (1 << bit)) !== 0);
  const sizes = [wordsOf(shape), ...present.map(({ size }) => size(shape))];
  const expected = 4 * sizes.reduce((sum, size) => sum + size, 0);
  if (tables.length !== expected) throw damagedFile(kind, `it has ${bytes.length} bytes`);
  let end = 0;
  const [scanWords, ...rest] = sizes.map((size) => {
    const from = end;
    end += 4 * size;
    return float32From(tables.subarray(from, end), 'learned parameters');
  });
  if (![scanWords!, ...rest].every(isFinite)) throw damagedFile(kind, 'some of its values are not finite');
  const named = Object.fromEntries(present.map(({ name }, at) => [name, rest[at]!]));
  return { structureVersion, ...shape, scanWords: scanWords!, ...named };
}

/** FAILED_PRECONDITION unless `parameters` were learned for `structure`. */
export function refuseOther(parameters: LearnedParameters, { version, codebook }: ListStructure): void {
  const { structureVersion, dim, lists, subquantizers, dsub } = parameters;
  const own = {
    dim: codebook.dim,
    lists: codedLists(codebook),
    subquantizers: codebook.subquantizers,
    dsub: codebook.dsub,
  };
  const fits =
    structureVersion === version &&
    [dim, lists, subquantizers, dsub].every(
      (value, at) => value === [own.dim, own.lists, own.subquantizers, own.dsub][at],
    );
  if (fits) return;
  const message = `the parameters were learned for structure ${structureVersion}, structure ${version} serves`;
  throw new ShoalError('FAILED_PRECONDITION', `${message}; train again, or activate parameters of this structure`);
}

interface Shape {
  readonly dim: number;
  readonly lists: number;
  readonly subquantizers: number;
  readonly dsub: number;
}

type Numbers = [number, number, number, number];

function wordsOf({ subquantizers, dsub }: Shape): number {
  return subquantizers * dsub * ksub;
}

function isShape({ dim, lists, subquantizers, dsub }: Shape): boolean {
  const hasLists = Number.isInteger(lists) && lists >= 1 && lists <= listsMax;
  const hasParts = subquantizers >= 1 && subquantizers <= subquantizersMax && dsub >= 1 && dsub <= dsubMax;
  return hasLists && hasParts && dim >= 1 && dim <= subquantizers * dsub;
}

function isVersion(version: number): boolean {
  return Number.isSafeInteger(version) && version >= 1;
}

function isFinite(values: Float32Array): boolean {
  return values.every(Number.isFinite);
}
