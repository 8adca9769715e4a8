/** Whether an answer fits into what clients take, told before it is serialized: gRPC's own refusal does not say what to do. */
import { counted } from '../../base/counted.js';
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { AttributeValue } from '../../proto/generated/shoal/v1/document.js';
import { Hit, type TokenMatch } from '../../proto/generated/shoal/v1/search.js';

/** Bytes of tag and length before each hit. */
const hitTagBytes = 6;
/** Bytes of a hit's numbers with their tags, and of those of a match: the most that the wire format takes. */
const hitBytesFixed = 96;
const matchBytesFixed = 32;
/** Bytes of an attribute's scalar value, and of the tags and lengths around it. */
const valueBytesFixed = 24;

/** RESOURCE_EXHAUSTED when `hits` take more than `bytesMax` on the wire. Only when it may be so are they serialized to count them. */
export function checkAnswerSize(hits: readonly Hit[], bytesMax: number = limits.answerBytesMax): void {
  if (sumOf(hits, hitBytesAtMost) <= bytesMax) return;
  const bytes = sumOf(hits, (hit) => hitTagBytes + Hit.encode(hit).finish().length);
  if (bytes <= bytesMax) return;
  const what = `the answer has ${bytes} bytes with ${counted(hits.length, 'hit')}, above the limit of ${bytesMax}`;
  throw new ShoalError('RESOURCE_EXHAUSTED', `${what}; ask for a smaller k`);
}

function sumOf<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0);
}

function hitBytesAtMost({ id, title, text, attributes, matches }: Hit): number {
  let bytes = hitBytesFixed + textBytes(id) + textBytes(title) + textBytes(text);
  for (const [name, value] of Object.entries(attributes)) bytes += textBytes(name) + valueBytesAtMost(value);
  for (const match of matches) bytes += matchBytesAtMost(match);
  return bytes;
}

function valueBytesAtMost({ stringValue, listValue }: AttributeValue): number {
  return valueBytesFixed + textBytes(stringValue) + sumOf(listValue?.values ?? [], valueBytesAtMost);
}

function matchBytesAtMost({ queryToken, documentToken }: TokenMatch): number {
  return matchBytesFixed + textBytes(queryToken) + textBytes(documentToken);
}

function textBytes(text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(text);
}
