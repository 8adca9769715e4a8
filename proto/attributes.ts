/**
 * Attribute values between their wire form and plain TypeScript values, and the names of their types.
 *
 * A value's TypeScript type is its attribute type: string, bigint (int64), number (double), boolean, Date (timestamp), or a list
 * of one of these. Both ends of the wire use this file, so that no value changes its type on the way.
 */
import { unreachable } from '../base/assert.js';
import { ShoalError } from '../base/errors.js';
import { AttributeType, type AttributeValue as WireValue } from './generated/shoal/v1/document.js';

export type AttributeScalar = string | bigint | number | boolean | Date;
export type AttributeValue = AttributeScalar | readonly AttributeScalar[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** Every type that an attribute can be declared with, as people write it, and its number on the wire. */
export const attributeTypes = {
  string: AttributeType.ATTRIBUTE_TYPE_STRING,
  int64: AttributeType.ATTRIBUTE_TYPE_INT64,
  double: AttributeType.ATTRIBUTE_TYPE_DOUBLE,
  bool: AttributeType.ATTRIBUTE_TYPE_BOOL,
  timestamp: AttributeType.ATTRIBUTE_TYPE_TIMESTAMP,
  'string[]': AttributeType.ATTRIBUTE_TYPE_STRING_LIST,
  'int64[]': AttributeType.ATTRIBUTE_TYPE_INT64_LIST,
  'double[]': AttributeType.ATTRIBUTE_TYPE_DOUBLE_LIST,
  'bool[]': AttributeType.ATTRIBUTE_TYPE_BOOL_LIST,
  'timestamp[]': AttributeType.ATTRIBUTE_TYPE_TIMESTAMP_LIST,
} as const;

export type AttributeTypeName = keyof typeof attributeTypes;

/** The names of `attributeTypes`, scalars before lists. */
export const attributeTypeNames = Object.keys(attributeTypes) as readonly AttributeTypeName[];

/** Whether `text` names a type. */
export function isAttributeTypeName(text: string): text is AttributeTypeName {
  return Object.hasOwn(attributeTypes, text);
}

/** The name of a type as people write it, `unknown` for one that this program does not know. */
export function attributeTypeName(type: AttributeType): AttributeTypeName | 'unknown' {
  return attributeTypeNames.find((name) => attributeTypes[name] === type) ?? 'unknown';
}

/** INVALID_ARGUMENT for the one name that no object of JavaScript can have as a field of its own by assignment. */
export function checkAttributeName(name: string): void {
  if (name !== '__proto__') return;
  throw new ShoalError('INVALID_ARGUMENT', `attribute name '${name}' is reserved; rename the attribute`);
}

/** Wire form of `attributes`. INVALID_ARGUMENT for a value that has no type there, and for a reserved name. */
export function attributesToWire(attributes: Attributes): Record<string, WireValue> {
  return mapped(attributes, valueToWire);
}

/** Plain values of wire attributes; INVALID_ARGUMENT for a value without a kind, a list within a list, or a reserved name. */
export function attributesFromWire(wire: Readonly<Record<string, WireValue>>): Attributes {
  // The decoder assigns what it reads, which makes an attribute of this name the prototype of the others.
  if (Object.getPrototypeOf(wire) !== Object.prototype) checkAttributeName('__proto__');
  return mapped(wire, (name, value) => valueFromWire(value, () => refuseKind(name)));
}

/** The same for reading answers of a newer server: values of a kind that this program does not know are left out. */
export function knownAttributesFromWire(wire: Readonly<Record<string, WireValue>>): Attributes {
  return mapped(wire, (_, value) => valueFromWire(value, () => null));
}

/** The type of `value`; null for an empty list, which fits every list type. INVALID_ARGUMENT for a list of mixed types. */
export function attributeTypeOf(name: string, value: AttributeValue): AttributeType | null {
  if (!isList(value)) return attributeTypes[scalarTypeName(value)];
  const [first] = value;
  if (first === undefined) return null;
  const type = scalarTypeName(first);
  if (value.every((entry) => scalarTypeName(entry) === type)) return attributeTypes[`${type}[]`];
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `attribute '${name}' is a list of mixed types; make all its values one type`,
  );
}

/** Whether `value` is a list, which TypeScript cannot see through `readonly`. */
export function isList(value: AttributeValue): value is readonly AttributeScalar[] {
  return Array.isArray(value);
}

/** `values` through `map`, without those that it gives null for. */
function mapped<From, To>(
  values: Readonly<Record<string, From>>,
  map: (name: string, value: From) => To | null,
): Record<string, To> {
  const result: Record<string, To> = {};
  for (const name of Object.keys(values)) {
    checkAttributeName(name);
    const to = map(name, values[name]!);
    if (to !== null) result[name] = to;
  }
  return result;
}

function scalarTypeName(value: AttributeScalar): 'string' | 'int64' | 'double' | 'bool' | 'timestamp' {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'number') return 'double';
  return typeof value === 'boolean' ? 'bool' : 'timestamp';
}

function valueToWire(name: string, value: AttributeValue): WireValue {
  if (isList(value)) return { listValue: { values: value.map((element) => scalarToWire(name, element)) } };
  return scalarToWire(name, value);
}

function scalarToWire(name: string, value: AttributeScalar): WireValue {
  switch (typeof value) {
    case 'string':
      return { stringValue: value };
    case 'bigint':
      return { int64Value: checkedInt64(name, value) };
    case 'number':
      return { doubleValue: value };
    case 'boolean':
      return { boolValue: value };
    case 'object':
      if (value instanceof Date && !Number.isNaN(value.getTime())) return { timestampValue: value };
      throw new ShoalError('INVALID_ARGUMENT', `attribute ${name} is no string, number, bool, time or list of them`);
    default:
      return unreachable(value);
  }
}

function checkedInt64(name: string, value: bigint): bigint {
  if (BigInt.asIntN(64, value) === value) return value;
  throw new ShoalError('INVALID_ARGUMENT', `attribute ${name} is ${value}, which does not fit an int64`);
}

/** `unknown` says what stands for a value, or an element, without a kind; null leaves it out. */
function valueFromWire(wire: WireValue, unknown: () => null): AttributeValue | null {
  if (wire.listValue === undefined) return scalarFromWire(wire) ?? unknown();
  return wire.listValue.values.flatMap((element) => scalarFromWire(element) ?? unknown() ?? []);
}

function scalarFromWire(wire: WireValue): AttributeScalar | undefined {
  return wire.stringValue ?? wire.int64Value ?? wire.doubleValue ?? wire.boolValue ?? wire.timestampValue;
}

function refuseKind(name: string): never {
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `attribute '${name}' has no value, or a list within a list; give a scalar or a flat list`,
  );
}
