/** Attributes and their types, between plain values and the wire. */
import { unreachable } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';
import { AttributeType, type AttributeValue as WireValue } from '../../proto/generated/shoal/v1/document.js';
import type { AttributeTypeName } from './attribute-type.js';
import type { Attributes, AttributeScalar, AttributeValue } from './types.js';

/** Every type that an attribute can be declared with, and its number on the wire. */
export const attributeTypes: Readonly<Record<AttributeTypeName, AttributeType>> = {
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
};

/** Types of settings as names; types that this client does not know are left out. */
export function namesOfTypes(types: Record<string, AttributeType>): Record<string, AttributeTypeName> {
  const names: Record<string, AttributeTypeName> = {};
  for (const [attribute, type] of Object.entries(types)) {
    const entry = Object.entries(attributeTypes).find(([, number]) => number === type);
    if (entry !== undefined) names[attribute] = entry[0] as AttributeTypeName;
  }
  return names;
}

/** Attributes for the wire. INVALID_ARGUMENT for a value that has no type there. */
export function attributesToWire(attributes: Attributes): Record<string, WireValue> {
  const wire: Record<string, WireValue> = {};
  for (const [name, value] of Object.entries(attributes)) wire[name] = valueToWire(name, value);
  return wire;
}

/** Attributes as plain values; those without a value are left out. */
export function attributesFromWire(wire: Record<string, WireValue>): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(wire)) {
    const plain = valueFromWire(value);
    if (plain !== null) attributes[name] = plain;
  }
  return attributes;
}

function valueToWire(name: string, value: AttributeValue): WireValue {
  if (isList(value)) return { listValue: { values: value.map((element) => scalarToWire(name, element)) } };
  return scalarToWire(name, value);
}

function isList(value: AttributeValue): value is readonly AttributeScalar[] {
  return Array.isArray(value);
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

function valueFromWire(wire: WireValue): AttributeValue | null {
  if (wire.listValue === undefined) return scalarFromWire(wire);
  return wire.listValue.values.map(scalarFromWire).filter((value) => value !== null);
}

function scalarFromWire(wire: WireValue): AttributeScalar | null {
  return wire.stringValue ?? wire.int64Value ?? wire.doubleValue ?? wire.boolValue ?? wire.timestampValue ?? null;
}
