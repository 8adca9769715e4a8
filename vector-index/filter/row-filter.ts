/**
 * Which documents a search may find: a filter over attributes as the index evaluates it, already checked and typed. Types only.
 *
 * Two-valued: a comparison with an attribute that a row does not have is false, and so its negation is true.
 */
import type { AttributeScalar } from '../document.js';
import type { AttributeKind, ValueComparator } from '../segment/segment-reader.js';

/** Unequal = has the attribute, with another value. */
export type Comparator = ValueComparator | 'notEqual';

export type RowFilter =
  | { readonly kind: 'all' | 'any'; readonly of: readonly RowFilter[] }
  | { readonly kind: 'not'; readonly of: RowFilter }
  | { readonly kind: 'has'; readonly attribute: string }
  | { readonly kind: 'constant'; readonly value: boolean }
  | {
      readonly kind: 'compare';
      readonly attribute: string;
      /** Type of the attribute, or of the elements of a list attribute. */
      readonly type: AttributeKind;
      readonly isList: boolean;
      readonly comparator: Comparator;
      /** One value, or for `in` any number. */
      readonly values: readonly AttributeScalar[];
    };

/** What a search looks at. */
export interface Selection {
  /** Null = every document. */
  readonly filter: RowFilter | null;
  /** uint32[n], ascending: only documents of these inverted lists; null = all. */
  readonly lists: Uint32Array | null;
}
