/** What the tests of filters share: a collection with an attribute of every type, and how a refusal looks. */
import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { compileFilter } from '../../../../coordinator/filter/compile.js';
import { attributeTypes } from '../../../../proto/attributes.js';
import { type Filter } from '../../../../proto/generated/shoal/v1/filter.js';

export const attributes = {
  year: attributeTypes.int64,
  price: attributeTypes.double,
  lang: attributeTypes.string,
  sold: attributeTypes.bool,
  at: attributeTypes.timestamp,
  tags: attributeTypes['string[]'],
  numbers: attributeTypes['int64[]'],
  prices: attributeTypes['double[]'],
  flags: attributeTypes['bool[]'],
  times: attributeTypes['timestamp[]'],
  'shop.city': attributeTypes.string,
  'published-at': attributeTypes.int64,
  constructor: attributeTypes.int64,
} as const;

/** `text` compiled against `attributes`. */
export function compiled(text: string): Filter {
  return compileFilter(text, attributes);
}

/** Asserts that `text` is refused at `line:column` with all of `words` in the message. */
export function assertRefused(text: string, place: string, ...words: string[]): void {
  assert.throws(
    () => compiled(text),
    (thrown) => {
      assert.ok(thrown instanceof ShoalError, String(thrown));
      assert.equal(thrown.code, 'INVALID_ARGUMENT');
      assert.equal(`${thrown.details['line']}:${thrown.details['column']}`, place, thrown.message);
      for (const word of words) assert.ok(thrown.message.includes(word), `${thrown.message} says ${word}`);
      return true;
    },
  );
}
