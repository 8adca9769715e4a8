/**
 * Attribute values between their wire form and plain TypeScript values.
 *
 * A value's TypeScript type is its attribute type: string, bigint (int64), number (double), boolean, Date (timestamp), or a list
 * of one of these. Both ends of the wire use this file, so that no value changes its type on the way.
 */
import { AttributeType, type AttributeValue } from './generated/shoal/v1/document.js';
import { ShoalError } from '../base/errors.js';

export type AttributeScalar = string | bigint | number | boolean | Date;
export type AttributeData = AttributeScalar | readonly AttributeScalar[];
export type Attributes = Readonly<Record<string, AttributeData>>;

/** Wire form of `attributes`. */
export function attributesToWire(attributes: Attributes): Record<string, AttributeValue> {
  const wire: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(attributes)) wire[name] = valueToWire(value);
  return wire;
}

/** Plain values of wire attributes; INVALID_ARGUMENT for a value without a kind or a list within a list. */
export function attributesFromWire(wire: Readonly<Record<string, AttributeValue>>): Attributes {
  const attributes: Record<string, AttributeData> = {};
  for (const [name, value] of Object.entries(wire)) {
    attributes[name] =
      value.listValue === undefined
        ? scalarFromWire(name, value)
        : value.listValue.values.map((entry) => scalarFromWire(name, entry));
  }
  return attributes;
}

/** The type of `value`; null for an empty list, which fits every list type. INVALID_ARGUMENT for a list of mixed types. */
export function attributeTypeOf(name: string, value: AttributeData): AttributeType | null {
  if (!isList(value)) return scalarType(value);
  const [first] = value;
  if (first === undefined) return null;
  const type = scalarType(first);
  if (value.some((entry) => scalarType(entry) !== type)) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `attribute '${name}' is a list of mixed types; make all its values one type`,
    );
  }
  return type + listOffset;
}

/** The name of an attribute type as users write it: `int64`, `string[]`. */
export function attributeTypeName(type: AttributeType): string {
  const scalar = type > AttributeType.ATTRIBUTE_TYPE_TIMESTAMP ? type - listOffset : type;
  return `${scalarNames[scalar] ?? 'unknown'}${scalar === type ? '' : '[]'}`;
}

/** The attribute type of a name as users write it, or null. */
export function attributeTypeNamed(name: string): AttributeType | null {
  const isListName = name.endsWith('[]');
  const scalar = scalarNames.indexOf(isListName ? name.slice(0, -2) : name);
  if (scalar < 1) return null;
  return isListName ? scalar + listOffset : scalar;
}

const listOffset = AttributeType.ATTRIBUTE_TYPE_STRING_LIST - AttributeType.ATTRIBUTE_TYPE_STRING;
const scalarNames: readonly string[] = ['unspecified', 'string', 'int64', 'double', 'bool', 'timestamp'];

function isList(value: AttributeData): value is readonly AttributeScalar[] {
  return Array.isArray(value);
}

function scalarType(value: AttributeScalar): AttributeType {
  if (typeof value === 'string') return AttributeType.ATTRIBUTE_TYPE_STRING;
  if (typeof value === 'bigint') return AttributeType.ATTRIBUTE_TYPE_INT64;
  if (typeof value === 'number') return AttributeType.ATTRIBUTE_TYPE_DOUBLE;
  if (typeof value === 'boolean') return AttributeType.ATTRIBUTE_TYPE_BOOL;
  return AttributeType.ATTRIBUTE_TYPE_TIMESTAMP;
}

function valueToWire(value: AttributeData): AttributeValue {
  return isList(value) ? { listValue: { values: value.map(scalarToWire) } } : scalarToWire(value);
}

function scalarToWire(value: AttributeScalar): AttributeValue {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'bigint') return { int64Value: value };
  if (typeof value === 'number') return { doubleValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return { timestampValue: value };
}

function scalarFromWire(name: string, value: AttributeValue): AttributeScalar {
  const scalar = value.stringValue ?? value.int64Value ?? value.doubleValue ?? value.boolValue ?? value.timestampValue;
  if (scalar === undefined) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `attribute '${name}' has no value, or a list within a list; give a scalar or a flat list`,
    );
  }
  return scalar;
}
