/**
 * A filter as users write it becomes the typed message that shards evaluate: the text is CEL (Common Expression Language), of which
 * conditions on attributes are taken, and everything else is refused with its place in the text.
 *
 * Two-valued, unlike CEL: a comparison with an attribute that a document does not have is false, and its negation true. Parsing is
 * left to a library; what is parsed is checked here against the collection's attribute types, so that shards need not.
 */
import { Environment, ParseError, type ASTNode } from '@marcbachmann/cel-js';
import { ShoalError } from '../../base/errors.js';
import { Filter } from '../../proto/generated/shoal/v1/filter.js';
import type { KnownAttributes } from './attribute-names.js';
import { comparisonOf, hasOf, termOf, type Scope } from './comparison.js';
import { refusal, supportedInFilters } from './refusal.js';

/** Bytes of a filter's text in UTF-8. */
export const filterBytesMax = 8 * 1024;
/** Levels of conditions joined within conditions; a chain of && is one. */
export const filterDepthMax = 8;

/** Far above what 8 KiB of sensible text can hold, far below where recursion over it could fail. */
const parserLimits = { maxAstNodes: 8_192, maxDepth: 64, maxListElements: 8_192 };

/**
 * `text` as the filter that shards evaluate. `attributes` are the types of the collection.
 * INVALID_ARGUMENT with line, column and an excerpt when the text is no CEL, says what filters cannot say, names an attribute that
 * the collection does not have, compares it with a value of another type, or is longer or deeper than filters may be.
 */
export function compileFilter(text: string, attributes: KnownAttributes): Filter {
  const bytes = Buffer.byteLength(text);
  if (bytes > filterBytesMax) {
    const what = `the filter has ${bytes} bytes, the limit is ${filterBytesMax}`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}; split it over several requests`);
  }
  if (text.trim() === '')
    throw new ShoalError('INVALID_ARGUMENT', 'the filter is empty; leave it out, or write a condition');
  return conditionOf(parsed(text), { text, attributes }, filterDepthMax);
}

function parsed(text: string): ASTNode {
  try {
    return new Environment({ limits: parserLimits }).parse(text).ast;
  } catch (thrown) {
    if (!(thrown instanceof ParseError)) throw refusal(text, { start: 0 }, 'the parser of CEL cannot read it');
    throw unreadable(text, thrown);
  }
}

function unreadable(text: string, { code, summary, range }: ParseError): ShoalError {
  const start = range?.start ?? text.length;
  if (start >= text.length) return refusal(text, { start }, 'it ends where more is expected');
  if (code === 'reserved_identifier') {
    const word = text.slice(start, range?.end);
    return refusal(
      text,
      { start },
      `'${word}' is a reserved word of CEL; no filter can name an attribute of this name`,
    );
  }
  if (code === 'limit_exceeded') return refusal(text, { start }, 'it is longer or deeper than any filter; split it');
  if (code === 'invalid_number') return refusal(text, { start }, 'this number is beyond those of a double');
  const before = text.slice(0, start);
  if (text.startsWith('=', start) && !/[=!<>]$/.test(before))
    return refusal(text, { start }, 'a single = is not expected here; equality is ==');
  if (text.startsWith('>', start) && before.endsWith('<'))
    return refusal(text, { start }, '<> is not expected here; inequality is !=');
  if (!code.startsWith('unexpected')) {
    return refusal(text, { start }, `${summary.charAt(0).toLowerCase()}${summary.slice(1)}`);
  }
  // The tokenizer may have taken the beginning of an unknown word for something known.
  const isInWord = /^\w/.test(text.slice(start));
  const from = start - (isInWord ? (/\w*$/.exec(before)?.[0].length ?? 0) : 0);
  const found = /^\w+/.exec(text.slice(from))?.[0] ?? [...text.slice(from)][0]!;
  const instead = Object.hasOwn(otherLanguages, found.toLowerCase()) ? otherLanguages[found.toLowerCase()] : null;
  return refusal(text, { start: from }, `'${found}' is not expected here; ${instead ?? supportedInFilters}`);
}

/** What other languages say, and what to do about it. */
const otherLanguages: Readonly<Record<string, string>> = {
  and: 'write &&',
  or: 'write ||',
  not: 'write !( … )',
  like: 'write startsWith, as in title.startsWith("The")',
  is: 'write has(attribute) or !has(attribute)',
  between: 'write two comparisons joined by &&',
};

/** The condition that `node` is. `depth` levels are left. */
function conditionOf(node: ASTNode, scope: Scope, depth: number): Filter {
  if (depth === 0)
    throw refusal(scope.text, node, `conditions are nested deeper than ${filterDepthMax} levels; flatten them`);
  switch (node.op) {
    case '&&':
    case '||': {
      const filters = chained(node).map((part) => conditionOf(part, scope, depth - 1));
      return Filter.fromPartial(node.op === '&&' ? { allOf: { filters } } : { anyOf: { filters } });
    }
    case '!_':
      return Filter.fromPartial({ noneOf: conditionOf(node.args, scope, depth - 1) });
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case 'in':
    case 'rcall':
      return comparisonOf(node, scope);
    case 'call':
      return hasOf(node, scope);
    default:
      return termOf(node, scope);
  }
}

/** The operands of a chain of one operator, however it leans: a && b && c is one condition of three. */
function chained(node: Extract<ASTNode, { op: '&&' | '||' }>): ASTNode[] {
  const operands: ASTNode[] = [];
  const waiting: ASTNode[] = [node];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.op !== node.op) operands.push(next);
    else waiting.push((next.args as [ASTNode, ASTNode])[1], (next.args as [ASTNode, ASTNode])[0]);
  }
  return operands;
}
