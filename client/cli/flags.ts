/** Values of options, checked: each function is a parser for commander whose error is wrong usage. */
import { InvalidArgumentError } from 'commander';
import { attributeTypeNames, isAttributeTypeName, type AttributeTypeName } from '../../proto/attributes.js';
import type { FusionWeights } from '../sdk/types.js';

/** A parser of whole numbers from `least` to `most`. */
export function integer(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`it must be a whole number from ${least} to ${most}.`);
  };
}

/** A parser of finite numbers from `least` to `most`. */
export function decimal(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(bounds(least, most));
  };
}

function bounds(least: number, most: number): string {
  if (most === Number.MAX_VALUE) return 'it must be a number.';
  return `it must be a number from ${least} to ${most}.`;
}

/** "auto" as undefined, else a whole number from 1. */
export function probes(value: string): number | undefined {
  return value === 'auto' ? undefined : integer(1, 4_294_967_295)(value);
}

/** "true" or "false". */
export function truth(value: string): boolean {
  if (value === 'true') return true;
  if (value === 'false') return false;
  throw new InvalidArgumentError('it must be true or false.');
}

/** "1,0.1,1": dense, sparse, multi. */
export function fusionWeights(value: string): FusionWeights {
  const numbers = value.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [dense, sparse, multi] = numbers;
  if (numbers.length !== 3 || numbers.some((number) => !Number.isFinite(number) || number < 0)) {
    throw new InvalidArgumentError('give three numbers ≥ 0: dense,sparse,multi, such as 1,0.1,1.');
  }
  return { dense: dense ?? 0, sparse: sparse ?? 0, multi: multi ?? 0 };
}

/** "UID:S", as answers to writes give them. */
export function minSequence(value: string): { uid: string; sequence: bigint } {
  const match = /^([^:\s]+):(\d{1,20})$/.exec(value);
  const sequence = BigInt(match?.[2] ?? -1);
  if (match?.[1] === undefined || sequence < 0n || BigInt.asUintN(64, sequence) !== sequence) {
    throw new InvalidArgumentError('give UID:SEQUENCE, as the answer to a write has them.');
  }
  return { uid: match[1], sequence };
}

/** "year:int64,tags:string[]". */
export function attributeDeclarations(value: string): Record<string, AttributeTypeName> {
  const declared: Record<string, AttributeTypeName> = {};
  for (const part of value.split(',')) {
    const match = /^\s*([A-Za-z_][A-Za-z0-9_.-]*):(\S+)\s*$/.exec(part);
    const [, name, type] = match ?? [];
    if (name === undefined || type === undefined || !isAttributeTypeName(type)) {
      const types = attributeTypeNames.join(', ');
      throw new InvalidArgumentError(`${JSON.stringify(part)} is no NAME:TYPE; the types are ${types}.`);
    }
    if (name === '__proto__') throw new InvalidArgumentError(`attribute name ${name} is reserved.`);
    if (Object.hasOwn(declared, name)) throw new InvalidArgumentError(`attribute ${name} is declared twice.`);
    declared[name] = type;
  }
  return declared;
}
