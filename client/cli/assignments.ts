/** "key=value" words of the command line as attributes, typed as the collection has them. */
import { attributesFromJson } from './import/attribute-values.js';
import { ShoalError } from '../../base/errors.js';
import { usageError } from './command.js';
import type { Attributes, AttributeTypeName } from '../../proto/attributes.js';

/**
 * The attributes of `words`; a list is written as JSON. Wrong usage for a word without "=", for a key given twice, also in
 * `removed`; INVALID_ARGUMENT for a value that is not of the declared type, or that no attribute can have.
 */
export function parseAssignments(
  words: readonly string[],
  declared: Readonly<Record<string, AttributeTypeName>>,
  removed: readonly string[] = [],
): Attributes {
  const seen = new Set(removed);
  if (seen.size < removed.length) throw usageError('--remove names an attribute twice');
  const json: [string, unknown][] = [];
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1) throw usageError(`${JSON.stringify(word)} is no key=value`);
    const key = word.slice(0, at);
    if (seen.has(key)) throw usageError(`attribute ${key} is given twice`);
    seen.add(key);
    const [text, type] = [word.slice(at + 1), Object.hasOwn(declared, key) ? declared[key] : undefined];
    json.push([key, type === 'string' ? text : valueOf(key, text, type)]);
  }
  return attributesFromJson(Object.fromEntries(json), declared);
}

/** What a JSON document would have in this place. */
function valueOf(key: string, text: string, type: AttributeTypeName | undefined): unknown {
  // Kept as text: an int64 beyond 2^53 would lose digits as a number.
  if ((type === 'timestamp' || type === 'int64') && text !== 'null') return text;
  const value = parsed(text);
  if (value === null)
    throw new ShoalError('INVALID_ARGUMENT', `attribute ${key} cannot be null; --remove ${key} takes it away`);
  if (typeof value !== 'object' || Array.isArray(value)) return value;
  const what = `attribute ${key} cannot be an object; give it a string, a number, true or false, or a list of one of them`;
  throw new ShoalError('INVALID_ARGUMENT', what);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}
