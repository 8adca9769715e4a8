/** A filter as it comes over the wire, checked, as the index evaluates it. */
import { ShoalError } from '../../base/errors.js';
import { attributeTypeName } from '../../proto/attributes.js';
import type { AttributeValue } from '../../proto/generated/shoal/v1/document.js';
import { FilterComparator, type Filter, type FilterComparison } from '../../proto/generated/shoal/v1/filter.js';
import type { AttributeScalar } from '../../vector-index/document.js';
import type { Comparator, RowFilter } from '../../vector-index/filter/row-filter.js';
import type { AttributeKind } from '../../vector-index/segment/segment-reader.js';

/** Nodes above each other: twice what coordinators let users write, since they add conditions of their own. */
export const filterDepthMax = 32;
/** Nodes and values of one filter together. */
export const filterPartsMax = 65_536;

const comparators: Readonly<Record<number, Comparator>> = {
  [FilterComparator.FILTER_COMPARATOR_EQUAL]: 'equal',
  [FilterComparator.FILTER_COMPARATOR_NOT_EQUAL]: 'notEqual',
  [FilterComparator.FILTER_COMPARATOR_LESS]: 'less',
  [FilterComparator.FILTER_COMPARATOR_LESS_EQUAL]: 'lessEqual',
  [FilterComparator.FILTER_COMPARATOR_GREATER]: 'greater',
  [FilterComparator.FILTER_COMPARATOR_GREATER_EQUAL]: 'greaterEqual',
  [FilterComparator.FILTER_COMPARATOR_STARTS_WITH]: 'startsWith',
  [FilterComparator.FILTER_COMPARATOR_IN]: 'in',
  [FilterComparator.FILTER_COMPARATOR_CONTAINS]: 'contains',
};

/** `filter` for the index; null when there is none. INVALID_ARGUMENT when it is malformed, too deep or too large. */
export function rowFilterOf(filter: Filter | undefined): RowFilter | null {
  if (filter === undefined) return null;
  const budget = { parts: filterPartsMax };
  return converted(filter, filterDepthMax, budget);
}

function converted(filter: Filter, depth: number, budget: { parts: number }): RowFilter {
  if (depth === 0) throw malformed(`it is nested deeper than ${filterDepthMax}`);
  spend(budget, 1);
  const { allOf, anyOf, noneOf, comparison, has, constant } = filter;
  const set = [allOf, anyOf, noneOf, comparison, has, constant].filter((node) => node !== undefined);
  if (set.length !== 1) throw malformed(`a node of it is ${set.length === 0 ? 'of no known kind' : 'of two kinds'}`);
  const inner = (part: Filter): RowFilter => converted(part, depth - 1, budget);
  if (allOf !== undefined) return { kind: 'all', of: allOf.filters.map(inner) };
  if (anyOf !== undefined) return { kind: 'any', of: anyOf.filters.map(inner) };
  if (noneOf !== undefined) return { kind: 'not', of: inner(noneOf) };
  if (has !== undefined) return { kind: 'has', attribute: has };
  if (constant !== undefined) return { kind: 'constant', value: constant };
  return comparisonOf(comparison!, budget);
}

function comparisonOf(comparison: FilterComparison, budget: { parts: number }): RowFilter {
  const { attribute, values } = comparison;
  const typeName = attributeTypeName(comparison.type);
  if (typeName === 'unknown') throw malformed(`the type of attribute '${attribute}' is not known`);
  const isList = typeName.endsWith('[]');
  const type = typeName.replace('[]', '') as AttributeKind;
  const comparator = Object.hasOwn(comparators, comparison.comparator) ? comparators[comparison.comparator]! : null;
  if (comparator === null) throw malformed(`a comparison with attribute '${attribute}' is of no known kind`);
  if ((comparator === 'contains') !== isList) {
    throw malformed(`attribute '${attribute}' of type ${typeName} cannot be compared by '${comparator}'`);
  }
  if (comparator === 'startsWith' && type !== 'string') {
    throw malformed(`attribute '${attribute}' of type ${typeName} cannot be compared by 'startsWith'`);
  }
  if (comparator !== 'in' && values.length !== 1) {
    throw malformed(`a comparison with attribute '${attribute}' has ${values.length} values, not one`);
  }
  spend(budget, values.length);
  const wanted = values.map((value) => scalarOf(attribute, type, value));
  return { kind: 'compare', attribute, type, isList, comparator, values: wanted };
}

function scalarOf(attribute: string, type: AttributeKind, value: AttributeValue): AttributeScalar {
  const scalar = {
    string: value.stringValue,
    int64: value.int64Value,
    double: value.doubleValue,
    bool: value.boolValue,
    timestamp: value.timestampValue,
  }[type];
  if (scalar === undefined) throw malformed(`attribute '${attribute}' is compared with a value that is no ${type}`);
  return scalar;
}

function spend(budget: { parts: number }, parts: number): void {
  budget.parts -= parts;
  if (budget.parts < 0) throw malformed(`it has more than ${filterPartsMax} conditions and values`);
}

function malformed(why: string): ShoalError {
  const what = `the filter that came with the request is malformed: ${why}`;
  return new ShoalError('INVALID_ARGUMENT', `${what}; send it through a coordinator of the same version`);
}
