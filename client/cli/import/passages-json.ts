/** Passages in JSON: [{"vector": […], "tokens": …, "start": 0, "end": 120}, …]. */
import { ShoalError } from '../../../base/errors.js';
import { limits } from '../../../base/limits.js';
import { tokensFromJson, tokensToJson, vectorFromJson, vectorToJson } from './vectors-json.js';
import type { DocumentPassage } from '../../sdk/types.js';

/** Passages with vectors of `dim` numbers (0 = any). INVALID_ARGUMENT names the passage and what is wrong with it. */
export function passagesFromJson(value: unknown, dim: number): DocumentPassage[] {
  if (!Array.isArray(value)) throw new ShoalError('INVALID_ARGUMENT', '"passages" is no list');
  const most = limits.documentsPerRecordMax;
  if (value.length === 0 || value.length > most) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `"passages" has ${value.length} entries; give 1 to ${most}, or leave it out`,
    );
  }
  return value.map((entry: unknown, index) => passageFromJson(entry, index, dim));
}

export function passagesToJson(passages: readonly DocumentPassage[]): Record<string, unknown>[] {
  return passages.map(({ vector, tokens, start, end }) => ({
    vector: vectorToJson(vector),
    ...(tokens === undefined ? {} : { tokens: tokensToJson(tokens) }),
    start,
    end,
  }));
}

function passageFromJson(value: unknown, index: number, dim: number): DocumentPassage {
  const fail = (why: string): ShoalError => new ShoalError('INVALID_ARGUMENT', `passage ${index} ${why}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fail('is no object; write {"vector":[…],"start":0,"end":120}');
  }
  const { vector, tokens, start = 0, end = 0 } = value as Record<string, unknown>;
  if (!isOffset(start) || !isOffset(end)) throw fail('has a start or end that is no whole number from 0');
  try {
    const dense = vectorFromJson(vector, dim);
    if (tokens === undefined || tokens === null) return { vector: dense, start, end };
    return { vector: dense, tokens: tokensFromJson(tokens), start, end };
  } catch (error) {
    throw fail(`is refused: ${ShoalError.from(error).message}`);
  }
}

function isOffset(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffffffff;
}
