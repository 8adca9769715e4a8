/** Which documents a reader sees: those that its filter lets through and whose time has not passed, swept already or not. */
import { AttributeType } from '../../proto/generated/shoal/v1/document.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import { FilterComparator, type Filter } from '../../proto/generated/shoal/v1/filter.js';
import { compileFilter } from '../filter/compile.js';

/**
 * The filter of `text` (CEL; '' = none) and of the collection's expiry at `nowMs` (wall time); null when every document is seen.
 * INVALID_ARGUMENT says where the text is wrong.
 */
export function visibleFilter(
  text: string,
  settings: Pick<CollectionSettings, 'attributes' | 'expiresBy'>,
  nowMs: number,
): Filter | null {
  const asked = text === '' ? null : compileFilter(text, settings.attributes);
  const unexpired = settings.expiresBy === '' ? null : notExpired(settings.expiresBy, nowMs);
  if (asked === null || unexpired === null) return asked ?? unexpired;
  return { allOf: { filters: [asked, unexpired] } };
}

/** Documents whose attribute `name` is at most `nowMs`. */
export function expiredFilter(name: string, nowMs: number): Filter {
  return {
    comparison: {
      attribute: name,
      type: AttributeType.ATTRIBUTE_TYPE_TIMESTAMP,
      comparator: FilterComparator.FILTER_COMPARATOR_LESS_EQUAL,
      values: [{ timestampValue: new Date(nowMs) }],
    },
  };
}

/** A document without the attribute stays. */
function notExpired(name: string, nowMs: number): Filter {
  return { noneOf: expiredFilter(name, nowMs) };
}
