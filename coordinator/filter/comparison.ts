/** The conditions of a filter that are not made of others: comparisons, has, and attributes that are conditions by themselves. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { attributeTypeName } from '../../proto/attributes.js';
import type { AttributeType } from '../../proto/generated/shoal/v1/document.js';
import { Filter, FilterComparator, type FilterComparison } from '../../proto/generated/shoal/v1/filter.js';
import { typeOfAttribute, unknownAttribute, type KnownAttributes } from './attribute-names.js';
import { literalOf, valueOf, type ScalarTypeName } from './literals.js';
import { refusal, supportedInFilters, type Place } from './refusal.js';

/** What a condition is read against. */
export interface Scope {
  readonly text: string;
  readonly attributes: KnownAttributes;
}

type Ordering = '==' | '!=' | '<' | '<=' | '>' | '>=';
type Comparison = Extract<ASTNode, { op: Ordering | 'in' | 'rcall' }>;

const comparators: Readonly<Record<Ordering, FilterComparator>> = {
  '==': FilterComparator.FILTER_COMPARATOR_EQUAL,
  '!=': FilterComparator.FILTER_COMPARATOR_NOT_EQUAL,
  '<': FilterComparator.FILTER_COMPARATOR_LESS,
  '<=': FilterComparator.FILTER_COMPARATOR_LESS_EQUAL,
  '>': FilterComparator.FILTER_COMPARATOR_GREATER,
  '>=': FilterComparator.FILTER_COMPARATOR_GREATER_EQUAL,
};
/** The same comparison with its sides exchanged. */
const turned: Readonly<Record<Ordering, Ordering>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/** A comparison, `in` or startsWith. INVALID_ARGUMENT as `compileFilter`. */
export function comparisonOf(node: Comparison, scope: Scope): Filter {
  if (node.op === 'rcall') return startsWithOf(node, scope);
  if (node.op === 'in') return membershipOf(node, scope);
  const [left, right] = node.args as [ASTNode, ASTNode];
  const isTurned = nameOf(left) === null && nameOf(right) !== null;
  const [name, constant] = isTurned ? [right, left] : [left, right];
  if (nameOf(name) === null) throw refusal(scope.text, node, whyNoAttribute(left, right));
  const attribute = attributeOf(name, scope);
  const operator = isTurned ? turned[node.op] : node.op;
  if (attribute.isList) {
    throw refusal(
      scope.text,
      name,
      `attribute '${attribute.name}' is a list; ask what it holds by … in ${attribute.name}`,
    );
  }
  return compare(attribute, comparators[operator], [valueAt(constant, attribute, scope)]);
}

/** has(attribute). INVALID_ARGUMENT for any other call. */
export function hasOf(node: Extract<ASTNode, { op: 'call' }>, scope: Scope): Filter {
  const [name, parameters] = node.args;
  const [only] = parameters;
  if (name === 'timestamp') throw refusal(scope.text, node, 'a time is no condition; compare an attribute with it');
  if (name !== 'has') throw refusal(scope.text, node, `function ${name} is not supported; ${supportedInFilters}`);
  if (parameters.length !== 1 || only === undefined || nameOf(only) === null) {
    throw refusal(scope.text, only ?? node, 'has takes the name of one attribute, as in has(year)');
  }
  return Filter.fromPartial({ has: attributeOf(only, scope).name });
}

/** A bool attribute, true or false as a condition. INVALID_ARGUMENT for all that is no condition. */
export function termOf(node: ASTNode, scope: Scope): Filter {
  if (node.op === 'value' && typeof node.args === 'boolean') return Filter.fromPartial({ constant: node.args });
  if (nameOf(node) === null) throw refusal(scope.text, node, whyNoCondition(node));
  const attribute = attributeOf(node, scope);
  if (attribute.isList || attribute.type !== 'bool') {
    const type = attributeTypeName(attribute.wireType);
    throw refusal(scope.text, node, `attribute '${attribute.name}' is ${type} and no condition by itself; compare it`);
  }
  return compare(attribute, FilterComparator.FILTER_COMPARATOR_EQUAL, [{ boolValue: true }]);
}

interface NamedAttribute {
  readonly name: string;
  readonly wireType: AttributeType;
  readonly type: ScalarTypeName;
  readonly isList: boolean;
}

/** The name that `node` writes, dots and all; null when it is no name. */
function nameOf(node: ASTNode): string | null {
  const parts: string[] = [];
  let inner = node;
  for (; inner.op === '.'; inner = inner.args[0]) parts.unshift(inner.args[1]);
  return inner.op === 'id' ? [inner.args, ...parts].join('.') : null;
}

function attributeOf(node: ASTNode, scope: Scope): NamedAttribute {
  const name = nameOf(node)!;
  const wireType = typeOfAttribute(scope.attributes, name);
  if (wireType === null) throw refusal(scope.text, node, unknownAttribute(scope.attributes, name));
  const typeName = attributeTypeName(wireType);
  if (typeName === 'unknown') {
    throw refusal(
      scope.text,
      node,
      `attribute '${name}' is of a type that only newer coordinators know; update this one`,
    );
  }
  const isList = typeName.endsWith('[]');
  return { name, wireType, type: typeName.replace('[]', '') as ScalarTypeName, isList };
}

function startsWithOf(node: Extract<ASTNode, { op: 'rcall' }>, scope: Scope): Filter {
  const [method, target, parameters] = node.args;
  const [prefix] = parameters;
  if (method !== 'startsWith') {
    throw refusal(scope.text, node, `function ${method} is not supported; ${supportedInFilters}`);
  }
  if (nameOf(target) === null || parameters.length !== 1 || prefix === undefined) {
    throw refusal(
      scope.text,
      node,
      'startsWith belongs to an attribute and takes one string, as in title.startsWith("The")',
    );
  }
  const attribute = attributeOf(target, scope);
  if (attribute.isList || attribute.type !== 'string') {
    const type = attributeTypeName(attribute.wireType);
    throw refusal(
      scope.text,
      target,
      `attribute '${attribute.name}' is ${type}; only a string can start with something`,
    );
  }
  return compare(attribute, FilterComparator.FILTER_COMPARATOR_STARTS_WITH, [valueAt(prefix, attribute, scope)]);
}

function membershipOf(node: Extract<ASTNode, { op: 'in' }>, scope: Scope): Filter {
  const [element, set] = node.args;
  if (set.op === 'list' && nameOf(element) !== null) return inListOf(element, set, scope);
  if (nameOf(set) === null || nameOf(element) !== null) {
    throw refusal(scope.text, node, 'in takes an attribute and a list, as in lang in ["de", "en"] or "new" in tags');
  }
  const attribute = attributeOf(set, scope);
  if (!attribute.isList) {
    throw refusal(scope.text, set, `attribute '${attribute.name}' is no list; write ${attribute.name} == …`);
  }
  return compare(attribute, FilterComparator.FILTER_COMPARATOR_CONTAINS, [valueAt(element, attribute, scope)]);
}

function inListOf(element: ASTNode, set: Extract<ASTNode, { op: 'list' }>, scope: Scope): Filter {
  const attribute = attributeOf(element, scope);
  if (attribute.isList) {
    throw refusal(
      scope.text,
      element,
      `attribute '${attribute.name}' is a list; write … in ${attribute.name} || … in ${attribute.name}`,
    );
  }
  const values = set.args.map((value) => valueAt(value, attribute, scope));
  return compare(attribute, FilterComparator.FILTER_COMPARATOR_IN, values);
}

type ComparedValues = FilterComparison['values'];

function valueAt(node: ASTNode, attribute: NamedAttribute, scope: Scope): ComparedValues[number] {
  const literal = literalOf(node);
  if (literal === null) throw refusal(scope.text, node, whyNoLiteral(node));
  const value = valueOf(literal, attribute);
  if ('refused' in value) throw refusal(scope.text, placeOf(node), value.refused);
  return value;
}

/** What is wrong with a time is wrong inside its quotes. */
function placeOf(node: ASTNode): Place {
  return node.op === 'call' ? (node.args[1][0] ?? node) : node;
}

function compare(attribute: NamedAttribute, comparator: FilterComparator, values: ComparedValues): Filter {
  return Filter.fromPartial({
    comparison: { attribute: attribute.name, type: attribute.wireType, comparator, values },
  });
}

function whyNoAttribute(left: ASTNode, right: ASTNode): string {
  const strange = [left, right].map(whyUnsupported).find((why) => why !== null);
  if (strange !== undefined) return strange;
  if (literalOf(left) !== null && literalOf(right) !== null) {
    return 'it compares two literals; one side has to be an attribute';
  }
  return `one side of a comparison has to be the name of an attribute; ${supportedInFilters}`;
}

function whyNoLiteral(node: ASTNode): string {
  const name = nameOf(node);
  if (name !== null) return `an attribute is compared with literals only, and ${name} is none; put text in quotes`;
  if (node.op === 'value' && node.args === null) return 'no attribute is null; write has(attribute) or !has(attribute)';
  if (node.op === 'value') return 'literals are strings, int64, doubles and bools; leave out b and u';
  if (node.op === 'call' && node.args[0] === 'timestamp') {
    return 'timestamp takes one string of RFC 3339, as in timestamp("2024-01-31T12:00:00Z")';
  }
  return whyUnsupported(node) ?? `a literal is expected here; ${supportedInFilters}`;
}

function whyNoCondition(node: ASTNode): string {
  if (node.op === 'value' || literalOf(node) !== null) {
    return 'a literal is no condition; compare an attribute with it';
  }
  return whyUnsupported(node) ?? `this is no condition; ${supportedInFilters}`;
}

/** What of CEL `node` is that filters do not take; null when it is at fault only by its place. */
function whyUnsupported(node: ASTNode): string | null {
  switch (node.op) {
    case '-':
      return 'a - is arithmetic, which is not supported; no filter can name an attribute with a - in its name';
    case '+':
    case '*':
    case '/':
    case '%':
    case '-_':
      return literalOf(node) === null ? `arithmetic is not supported; ${supportedInFilters}` : null;
    case '?:':
      return 'the choice … ? … : … is not supported; write (a && b) || (!a && c)';
    case '[]':
    case '[?]':
      return `reading an element by [ ] is not supported; ${supportedInFilters}`;
    case 'map':
      return `maps are not supported; ${supportedInFilters}`;
    case 'call':
    case 'rcall': {
      const known = node.args[0] === 'timestamp' || node.args[0] === 'has' || node.args[0] === 'startsWith';
      return known ? null : `function ${node.args[0]} is not supported; ${supportedInFilters}`;
    }
    default:
      return null;
  }
}
