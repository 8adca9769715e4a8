/** Whether one value satisfies a condition: what indexes over many values are held to. */
import { unreachable } from '../../base/assert.js';
import type { AttributeScalar } from '../document.js';
import type { ValueCondition } from '../segment/segment-reader.js';
import { compareScalars } from './scalar-order.js';

/** Whether the scalar `value`, or the element of a list, satisfies the condition, whose values are of the same type. */
export function valueSatisfies(value: AttributeScalar, { comparator, values }: ValueCondition): boolean {
  const [first] = values;
  if (comparator === 'in') return values.some((wanted) => compareScalars(value, wanted) === 0);
  if (first === undefined) return false;
  if (comparator === 'startsWith') return typeof value === 'string' && value.startsWith(first as string);
  const order = compareScalars(value, first);
  switch (comparator) {
    case 'equal':
    case 'contains':
      return order === 0;
    case 'less':
      return order < 0;
    case 'lessEqual':
      return order <= 0;
    case 'greater':
      return order > 0;
    case 'greaterEqual':
      return order >= 0;
    default:
      return unreachable(comparator);
  }
}
