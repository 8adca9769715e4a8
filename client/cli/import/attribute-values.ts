/** Attributes between JSON and their types: a type that JSON lacks (int64, timestamp) comes from the collection's settings. */
import { unreachable } from '../../../base/assert.js';
import { ShoalError } from '../../../base/errors.js';
import {
  checkAttributeName,
  isList,
  type Attributes,
  type AttributeScalar,
  type AttributeTypeName,
  type AttributeValue,
} from '../../../proto/attributes.js';
import { timestampFrom } from '../../../proto/timestamp.js';

type ScalarType = 'string' | 'int64' | 'double' | 'bool' | 'timestamp';

/** Attributes of a JSON object by the declared types; undeclared numbers are doubles. INVALID_ARGUMENT says which one does not fit. */
export function attributesFromJson(
  json: object,
  declared: Readonly<Record<string, AttributeTypeName>>,
): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {};
  for (const [name, value] of Object.entries(json) as [string, unknown][]) {
    if (value === null) continue;
    checkAttributeName(name);
    attributes[name] = valueFromJson(name, value, Object.hasOwn(declared, name) ? declared[name] : undefined);
  }
  return attributes;
}

/** Attributes for JSON: int64 as number where that is exact, else as string; times in RFC 3339. */
export function attributesToJson(attributes: Attributes): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      isList(value) ? value.map(scalarToJson) : scalarToJson(value),
    ]),
  );
}

function valueFromJson(name: string, value: unknown, declared: AttributeTypeName | undefined): AttributeValue {
  if (Array.isArray(value)) {
    const elements: readonly unknown[] = value;
    if (declared !== undefined && !declared.endsWith('[]')) throw misfit(name, declared, 'a list');
    const type = (declared?.slice(0, -2) as ScalarType | undefined) ?? sightedType(name, elements[0] ?? '');
    if (declared === undefined) for (const element of elements) checkSightedNumber(name, element);
    return elements.map((element) => scalarFromJson(name, element, type));
  }
  if (declared?.endsWith('[]') === true) throw misfit(name, declared, describe(value));
  if (declared === undefined) checkSightedNumber(name, value);
  return scalarFromJson(name, value, (declared as ScalarType | undefined) ?? sightedType(name, value));
}

/** A whole number that JSON cannot give back was hardly meant as a double. */
function checkSightedNumber(name: string, value: unknown): void {
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value as number) >= 2 ** 64) return;
  const todo = `declare it before it is first seen, as by --attributes ${name}:int64, and write it as a string`;
  throw new ShoalError('INVALID_ARGUMENT', `attribute ${name} is beyond 2^53 and lost digits; ${todo}`);
}

function sightedType(name: string, value: unknown): ScalarType {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'double';
  if (typeof value === 'boolean') return 'bool';
  throw new ShoalError(
    'INVALID_ARGUMENT',
    `attribute ${name} is ${describe(value)}; it can be a string, a number, true or false, or a list of one of them`,
  );
}

function scalarFromJson(name: string, value: unknown, type: ScalarType): AttributeScalar {
  switch (type) {
    case 'string':
      if (typeof value === 'string') return value;
      break;
    case 'double':
      if (typeof value === 'number' && Number.isFinite(value)) return value;
      break;
    case 'bool':
      if (typeof value === 'boolean') return value;
      break;
    case 'int64':
      return int64FromJson(name, value);
    case 'timestamp':
      return timestampFromJson(name, value);
    default:
      return unreachable(type);
  }
  throw misfit(name, type, describe(value));
}

function int64FromJson(name: string, value: unknown): bigint {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new ShoalError('INVALID_ARGUMENT', `attribute ${name} is beyond 2^53 and lost digits; write it as a string`);
  }
  const isWhole = typeof value === 'string' ? /^-?\d{1,19}$/.test(value) : Number.isSafeInteger(value);
  if (!isWhole) throw misfit(name, 'int64', describe(value));
  const whole = BigInt(value as string | number);
  if (BigInt.asIntN(64, whole) !== whole) throw misfit(name, 'int64', describe(value));
  return whole;
}

function timestampFromJson(name: string, value: unknown): Date {
  const time = typeof value === 'string' ? timestampFrom(value) : null;
  if (time !== null) return time;
  throw misfit(name, 'timestamp', `${describe(value)} (RFC 3339 is 2026-01-31T12:00:00Z)`);
}

function misfit(name: string, type: string, found: string): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', `attribute ${name} must be ${type}, but is ${found}`);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number beyond those of a double';
  const text = JSON.stringify(value);
  return `the ${typeof value} ${text.length > 40 ? `${text.slice(0, 40)}…` : text}`;
}

function scalarToJson(value: AttributeScalar): string | number | boolean {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  return value instanceof Date ? value.toISOString() : value;
}
