/** Documents of a simulation: small, each told from every other by its text, with scores that are exact in half precision. */
import type { Random } from '../../base/random.js';
import { bufferOf } from '../../base/bytes.js';
import { AttributeValue, Document } from '../../proto/generated/shoal/v1/document.js';

export const dim = 4;

/** Names of attributes with values as JavaScript has them; a number is a time, in milliseconds of the wall clock. */
export type Attributes = Readonly<Record<string, string | bigint | boolean | number>>;

/** The attribute by which documents of some collections expire. */
export const untilName = 'until';

/** One content of one document, as a client wrote it. */
export interface Content {
  readonly id: string;
  /** In the text, and nowhere twice. */
  readonly token: number;
  readonly attributes: Attributes;
  /** Passages, the primary one first. */
  readonly vectors: readonly Float32Array[];
}

export const tags = ['red', 'green', 'blue'] as const;

/** A vector of eighths between −1 and 1: inner products of two are exact in float32, the vectors themselves in half precision. */
export function drawVector(random: Random): Float32Array {
  return Float32Array.from({ length: dim }, () => (random.below(17) - 8) / 8);
}

export function drawAttributes(random: Random): Attributes {
  return {
    n: BigInt(random.below(10)),
    ...(random.below(4) > 0 ? { tag: tags[random.below(tags.length)]! } : {}),
    ...(random.below(3) > 0 ? { flag: random.below(2) === 0 } : {}),
  };
}

export function textOf(token: number): string {
  return `text ${token}`;
}

/** The token in a document's text; −1 when it has none. */
export function tokenOf(text: string): number {
  const found = /^text (\d+)$/.exec(text);
  return found === null ? -1 : Number(found[1]);
}

export function documentOf({ id, token, attributes, vectors }: Content): Document {
  const base = { id, text: textOf(token), attributes: attributesToWire(attributes) };
  if (vectors.length === 1) return Document.fromPartial({ ...base, vector: bufferOf(vectors[0]!) });
  const passages = vectors.map((vector, at) => ({ vector: bufferOf(vector), start: at, end: at + 1 }));
  return Document.fromPartial({ ...base, passages });
}

export function attributesToWire(attributes: Attributes): Record<string, AttributeValue> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      if (typeof value === 'string') return [name, AttributeValue.fromPartial({ stringValue: value })];
      if (typeof value === 'bigint') return [name, AttributeValue.fromPartial({ int64Value: value })];
      if (typeof value === 'number') return [name, AttributeValue.fromPartial({ timestampValue: new Date(value) })];
      return [name, AttributeValue.fromPartial({ boolValue: value })];
    }),
  );
}

export function attributesFrom(wire: Readonly<Record<string, AttributeValue>>): Attributes {
  return Object.fromEntries(
    Object.entries(wire).map(([name, { stringValue, int64Value, boolValue, timestampValue }]) => [
      name,
      stringValue ?? int64Value ?? boolValue ?? timestampValue?.getTime() ?? '',
    ]),
  );
}

/** The lists whose centroids have the largest products with `vector`, ties to the smaller list; all in eighths, and so exact. */
export function nearestLists(centroids: readonly Float32Array[], vector: Float32Array, count: number): number[] {
  const products = centroids.map((centroid) => dot(centroid, vector));
  const order = [...products.keys()].sort((a, b) => products[b]! - products[a]! || a - b);
  return order.slice(0, count);
}

export function isEqualAttributes(left: Attributes, right: Attributes): boolean {
  const names = Object.keys(left);
  return names.length === Object.keys(right).length && names.every((name) => left[name] === right[name]);
}

export function dot(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < left.length; at += 1) sum += left[at]! * right[at]!;
  return sum;
}

/** When a document expires, milliseconds of the wall clock; Infinity = it stays. */
export function expiryOf(attributes: Attributes): number {
  const until = attributes[untilName];
  return typeof until === 'number' ? until : Infinity;
}

/** A filter as its text and as the model evaluates it. */
export interface DrawnFilter {
  readonly text: string;
  readonly matches: (attributes: Attributes) => boolean;
}

export const everything: DrawnFilter = { text: '', matches: () => true };

export function drawFilter(random: Random): DrawnFilter {
  const bound = BigInt(random.below(10));
  const tag = tags[random.below(tags.length)]!;
  const all: readonly DrawnFilter[] = [
    { text: `n >= ${bound}`, matches: ({ n }) => typeof n === 'bigint' && n >= bound },
    { text: `tag == "${tag}"`, matches: (attributes) => attributes['tag'] === tag },
    {
      text: `tag == "${tag}" && n < ${bound}`,
      matches: ({ n, tag: own }) => own === tag && typeof n === 'bigint' && n < bound,
    },
    { text: 'has(flag)', matches: ({ flag }) => flag !== undefined },
    { text: `!(n == ${bound})`, matches: ({ n }) => n !== bound },
    { text: `flag || tag == "${tag}"`, matches: ({ flag, tag: own }) => flag === true || own === tag },
  ];
  return all[random.below(all.length)]!;
}
