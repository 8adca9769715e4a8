/** Finds the attribute that a filter names, or says which there are. */
import { attributeTypeName } from '../../proto/attributes.js';
import type { AttributeType } from '../../proto/generated/shoal/v1/document.js';

/** The attribute types of a collection, by name. */
export type KnownAttributes = Readonly<Record<string, AttributeType>>;

const but = ' (an empty list alone makes none known)';

/** Names that a message lists. */
const listedMax = 10;

/** The type of `name`; null when the collection has no such attribute. */
export function typeOfAttribute(known: KnownAttributes, name: string): AttributeType | null {
  return Object.hasOwn(known, name) ? known[name]! : null;
}

/**
 * What to say about a name that the collection does not have: the known ones, those most alike first. One whose only values are empty
 * lists is unknown: nothing has said yet of what it is a list.
 */
export function unknownAttribute(known: KnownAttributes, name: string): string {
  const names = Object.keys(known);
  if (names.length === 0)
    return `attribute '${name}' is unknown; no document of the collection has attributes yet${but}`;
  const ranked = names
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance || (left.candidate < right.candidate ? -1 : 1));
  const listed = ranked
    .slice(0, listedMax)
    .map(({ candidate }) => `${candidate} (${attributeTypeName(known[candidate]!)})`);
  const rest = names.length > listedMax ? ` and ${names.length - listedMax} more` : '';
  return `attribute '${name}' is unknown; the collection has ${listed.join(', ')}${rest}${but}`;
}

/** Levenshtein distance in UTF-16 units. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, at) => at);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const replaced = previous[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[right.length]!;
}
