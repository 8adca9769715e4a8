/** The literals of a filter as values of the attribute's type, or why they are none. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { unreachable } from '../../base/assert.js';
import type { AttributeTypeName } from '../../proto/attributes.js';
import type { AttributeValue } from '../../proto/generated/shoal/v1/document.js';
import { timestampFrom } from '../../proto/timestamp.js';

export type ScalarTypeName = Exclude<AttributeTypeName, `${string}[]`>;

/** A literal as it stands in the filter. `timestamp` holds what stands in timestamp("…"). */
export type Literal =
  | { readonly kind: 'string' | 'timestamp'; readonly value: string }
  | { readonly kind: 'int64'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'bool'; readonly value: boolean };

const int64Max = 2n ** 63n - 1n;
const howTimestamp = 'write it as timestamp("2024-01-31T12:00:00Z")';

/** The literal that `node` is; null when it is none. A minus before a number belongs to it. */
export function literalOf(node: ASTNode): Literal | null {
  if (node.op === 'call') return timestampLiteral(node);
  let inner: ASTNode = node;
  let isNegative = false;
  for (; inner.op === '-_'; inner = inner.args) isNegative = !isNegative;
  const literal = inner.op === 'value' ? plainLiteral(inner.args) : null;
  if (literal === null || node.op === 'value') return literal;
  if (literal.kind === 'int64') return { kind: 'int64', value: isNegative ? -literal.value : literal.value };
  if (literal.kind === 'double') return { kind: 'double', value: isNegative ? -literal.value : literal.value };
  return null;
}

function timestampLiteral(node: Extract<ASTNode, { op: 'call' }>): Literal | null {
  const [name, parameters] = node.args;
  const [only] = parameters;
  if (name !== 'timestamp' || parameters.length !== 1 || only?.op !== 'value') return null;
  return typeof only.args === 'string' ? { kind: 'timestamp', value: only.args } : null;
}

function plainLiteral(value: Extract<ASTNode, { op: 'value' }>['args']): Literal | null {
  if (typeof value === 'string') return { kind: 'string', value };
  if (typeof value === 'bigint') return { kind: 'int64', value };
  if (typeof value === 'number') return { kind: 'double', value };
  return typeof value === 'boolean' ? { kind: 'bool', value } : null;
}

/** The attribute that a literal is for: its name, and its type or that of its elements. */
export interface Compared {
  readonly name: string;
  readonly type: ScalarTypeName;
}

/** A value for the wire, or why `literal` cannot be compared with values of `attribute`. */
export function valueOf(literal: Literal, attribute: Compared): AttributeValue | { readonly refused: string } {
  if (literal.kind === 'int64' && (literal.value > int64Max || literal.value < -int64Max - 1n)) {
    return { refused: `${literal.value} does not fit an int64` };
  }
  const { type } = attribute;
  switch (type) {
    case 'string':
      if (literal.kind !== 'string') return { refused: mismatch(literal, attribute, 'put it in quotes') };
      if (/\p{Cs}/u.test(literal.value)) return { refused: 'half of a surrogate pair is no text' };
      return { stringValue: literal.value };
    case 'int64':
      if (literal.kind !== 'int64')
        return { refused: mismatch(literal, attribute, 'write a whole number, such as 2024') };
      return { int64Value: literal.value };
    case 'double':
      return doubleValue(literal, attribute);
    case 'bool':
      if (literal.kind !== 'bool') return { refused: mismatch(literal, attribute, 'write true or false') };
      return { boolValue: literal.value };
    case 'timestamp':
      if (literal.kind !== 'timestamp') return { refused: mismatch(literal, attribute, howTimestamp) };
      return timestampValue(literal.value);
    default:
      return unreachable(type);
  }
}

function doubleValue(literal: Literal, attribute: Compared): ReturnType<typeof valueOf> {
  if (literal.kind === 'double') return { doubleValue: literal.value };
  if (literal.kind !== 'int64') return { refused: mismatch(literal, attribute, 'write a number, such as 1.5') };
  const value = Number(literal.value);
  if (BigInt(value) === literal.value) return { doubleValue: value };
  return { refused: `no double is exactly ${literal.value}; the nearest is ${value}.0` };
}

function timestampValue(text: string): ReturnType<typeof valueOf> {
  const value = timestampFrom(text);
  if (value !== null) return { timestampValue: value };
  return { refused: `${JSON.stringify(text)} is no time of RFC 3339; ${howTimestamp}` };
}

function mismatch(literal: Literal, { name, type }: Compared, instead: string): string {
  const shown =
    literal.kind === 'string'
      ? JSON.stringify(shortened(literal.value))
      : literal.kind === 'timestamp'
        ? 'timestamp(…)'
        : literal.kind === 'double' && Number.isInteger(literal.value)
          ? `${literal.value}.0`
          : String(literal.value);
  return `attribute '${name}' is ${type}, and ${shown} is ${article(literal.kind)}; ${instead}`;
}

function article(kind: Literal['kind']): string {
  return kind === 'int64' ? 'an int64' : `a ${kind}`;
}

function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= 40 ? text : `${characters.slice(0, 40).join('')}…`;
}
