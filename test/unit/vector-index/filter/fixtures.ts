/** What the tests of filters share: attributes of every kind, filters over them, what a filter means, and columns to ask. */
import fc from 'fast-check';
import { systemClock } from '../../../../base/clock.js';
import type { AttributeScalar, AttributeValue } from '../../../../vector-index/document.js';
import type { Files } from '../../../../vector-index/files.js';
import type { Comparator, RowFilter } from '../../../../vector-index/filter/row-filter.js';
import { Slices } from '../../../../vector-index/maintenance/slices.js';
import { readAttributes } from '../../../../vector-index/segment/attribute-reader.js';
import { writeAttributes } from '../../../../vector-index/segment/attribute-writer.js';
import { ColumnFile } from '../../../../vector-index/segment/column-file.js';
import { MutableAttributes } from '../../../../vector-index/segment/mutable-attributes.js';
import type { RowOrder } from '../../../../vector-index/segment/row-order.js';
import { SegmentFileWriter } from '../../../../vector-index/segment/segment-file-writer.js';
import type { AttributeColumn, AttributeKind, SegmentReader } from '../../../../vector-index/segment/segment-reader.js';

export type Attributes = Readonly<Record<string, AttributeValue>>;

const kinds: readonly AttributeKind[] = ['string', 'int64', 'double', 'bool', 'timestamp'];

/** Few different values, so that they meet; among them those that are easily got wrong. */
const scalars: Readonly<Record<AttributeKind, fc.Arbitrary<AttributeScalar>>> = {
  string: fc.constantFrom('', 'a', 'ab', 'abc', 'b', 'é', '\ue000', '\u{10000}', '\uffff', 'z'.repeat(40)),
  int64: fc.constantFrom(-(2n ** 63n), -1n, 0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  double: fc.constantFrom(-Infinity, -1.5, -0, 0, Number.MIN_VALUE, 1, 2 ** 53, Infinity, Number.NaN),
  bool: fc.boolean(),
  timestamp: fc
    .constantFrom(-8.64e15, -1, 0, 1, 1_600_000_000_000, 8.64e15)
    .map((milliseconds) => new Date(milliseconds)),
};

const anyKind = fc.constantFrom(...kinds);
const names = fc.constantFrom('a', 'b', 'mixed');

/** Attributes of a document: `a` and `b` of any kind, and `mixed`, which every document has in a type of its own. */
export const attributesArbitrary: fc.Arbitrary<Attributes> = fc.dictionary(names, anyKind.chain(valueOf), {
  maxKeys: 3,
  noNullPrototype: true,
});

function valueOf(kind: AttributeKind): fc.Arbitrary<AttributeValue> {
  return fc.oneof({ weight: 2, arbitrary: scalars[kind] }, fc.array(scalars[kind], { maxLength: 4 }));
}

const comparison = fc
  .record({ attribute: fc.oneof(names, fc.constant('absent')), type: anyKind, isList: fc.boolean() })
  .chain(({ attribute, type, isList }) => {
    const values = fc.array(scalars[type], { minLength: 1, maxLength: 1 });
    const make = (comparator: Comparator, wanted: readonly AttributeScalar[]): RowFilter => ({
      kind: 'compare',
      attribute,
      type,
      isList,
      comparator,
      values: wanted,
    });
    if (isList) return values.map((wanted) => make('contains', wanted));
    const order = fc.constantFrom<Comparator>('equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual');
    const several = fc.array(scalars[type], { maxLength: 4 }).map((wanted) => make('in', wanted));
    const one = fc.tuple(order, values).map(([comparator, wanted]) => make(comparator, wanted));
    return type === 'string'
      ? fc.oneof(
          one,
          several,
          values.map((wanted) => make('startsWith', wanted)),
        )
      : fc.oneof(one, several);
  });

/** Filters of every shape over the same attributes. */
export const filterArbitrary: fc.Arbitrary<RowFilter> = fc.letrec<{ filter: RowFilter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    comparison,
    fc.oneof(names, fc.constant('absent')).map((attribute) => ({ kind: 'has' as const, attribute })),
    fc.boolean().map((value) => ({ kind: 'constant' as const, value })),
    fc.record({ kind: fc.constantFrom('all' as const, 'any' as const), of: fc.array(tie('filter'), { maxLength: 3 }) }),
    tie('filter').map((of) => ({ kind: 'not' as const, of })),
  ),
})).filter;

/** What a filter means, said as plainly as can be. */
export function meaning(attributes: Attributes, filter: RowFilter): boolean {
  switch (filter.kind) {
    case 'all':
      return filter.of.every((part) => meaning(attributes, part));
    case 'any':
      return filter.of.some((part) => meaning(attributes, part));
    case 'not':
      return !meaning(attributes, filter.of);
    case 'has':
      return Object.hasOwn(attributes, filter.attribute);
    case 'constant':
      return filter.value;
    case 'compare':
      return compares(attributes[filter.attribute], filter);
  }
}

function compares(value: AttributeValue | undefined, filter: Extract<RowFilter, { kind: 'compare' }>): boolean {
  if (value === undefined || Array.isArray(value) !== filter.isList) return false;
  const elements = (filter.isList ? value : [value]) as readonly AttributeScalar[];
  return elements.some((element) => kindOf(element) === filter.type && satisfies(plain(element), filter));
}

function satisfies(value: Plain, { comparator, values }: Extract<RowFilter, { kind: 'compare' }>): boolean {
  const wanted = values.map(plain);
  const first = wanted[0]!;
  switch (comparator) {
    case 'equal':
    case 'contains':
    case 'in':
      return wanted.some((one) => one === value);
    case 'notEqual':
      return value !== first;
    case 'less':
      return value < first;
    case 'lessEqual':
      return value <= first;
    case 'greater':
      return value > first;
    case 'greaterEqual':
      return value >= first;
    case 'startsWith':
      return String(value).startsWith(String(first));
  }
}

type Plain = string | bigint | number;

/** Strings as digits of their UTF-8 bytes, so that JavaScript orders them as the bytes are. */
function plain(value: AttributeScalar): Plain {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  return typeof value === 'bigint' ? value : Number(value);
}

function kindOf(value: AttributeScalar): AttributeKind {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'double';
  return typeof value === 'boolean' ? 'bool' : 'timestamp';
}

/** `rows` in memory; a row may be without attributes. */
export function mutableColumns(rows: readonly Attributes[]): readonly AttributeColumn[] {
  const attributes = new MutableAttributes();
  for (const [row, values] of rows.entries()) attributes.add(row, values);
  return attributes.columns;
}

/** `rows` as a segment file with no other columns. */
export async function attributeFile(rows: readonly Attributes[]): Promise<ColumnFile> {
  const pieces: Uint8Array[] = [];
  const writer = await SegmentFileWriter.create(memoryFiles(pieces), 'file', {
    slices: new Slices(systemClock),
    format: 1,
  });
  const attributes = await writeAttributes(writer, orderOf(rows));
  await writer.commit({ rows: rows.length, dim: 1, tokenDim: 0, codecs: [], attributes });
  return new ColumnFile('file', alignedCopy(pieces));
}

/** `rows` in a file. */
export async function sealedColumns(rows: readonly Attributes[]): Promise<readonly AttributeColumn[]> {
  return readAttributes(await attributeFile(rows));
}

/** `rows` in a file from before there were indexes. */
export async function unindexedColumns(rows: readonly Attributes[]): Promise<readonly AttributeColumn[]> {
  const file = await attributeFile(rows);
  const old = new Proxy(file, {
    get: (target, key) => {
      if (key === 'has')
        return (name: string) => !/\.(first|rows|sets|rowStarts|setStarts)$/.test(name) && target.has(name);
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  return readAttributes(old);
}

function orderOf(rows: readonly Attributes[]): RowOrder {
  const reader = { attributes: mutableColumns(rows) } as unknown as SegmentReader;
  const rowOf = Uint32Array.from(rows.keys());
  const sources = [{ reader, rowCount: rows.length, live: null }];
  return { sources, count: rows.length, sourceOf: new Uint8Array(rows.length), rowOf, newRows: [rowOf], shape: null };
}

/** Takes one file and keeps what is written to it in `pieces`. */
function memoryFiles(pieces: Uint8Array[]): Files {
  const done = (): Promise<void> => Promise.resolve();
  const write = (bytes: Uint8Array): Promise<void> => {
    pieces.push(Uint8Array.from(bytes));
    return Promise.resolve();
  };
  const unused = (): never => {
    throw new Error('not needed by these tests');
  };
  return {
    makeDirectory: done,
    list: unused,
    read: unused,
    create: () => Promise.resolve({ write, sync: done, close: done }),
    rename: done,
    remove: done,
    removeDirectory: done,
    syncDirectory: done,
    map: unused,
  };
}

/** Small buffers come from a pool, where they may begin anywhere; a mapped file begins at a page. */
function alignedCopy(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = Buffer.concat(pieces);
  const copy = new Uint8Array(joined.length);
  copy.set(joined);
  return copy;
}
