/** A reverse dictionary's answers, as people read them: the words first, then what they mean. */
import { coverageLine, timingsLine } from '../../client/cli/search-view.js';
import { snippet, type Colours } from '../../client/cli/format.js';
import type { Hit, SearchAnswer } from '../../client/sdk/types.js';

/** The hits of `answer`, one a line, then coverage and timings. */
export function answersText(answer: SearchAnswer, view: { readonly paint: Colours; readonly width: number }): string {
  const { paint, width } = view;
  if (answer.hits.length === 0) return 'no word means that';
  const lines = answer.hits.map((hit, index) => {
    const words = snippet(wordsOf(hit), 30);
    const pos = String(hit.attributes['pos'] ?? '');
    const meaning = snippet(hit.text, Math.max(24, width - 57));
    const name = index === 0 ? paint.bold(words) : words;
    return `  ${index + 1}. ${name}${' '.repeat(Math.max(1, 31 - words.length))}${paint.dim(pos.padEnd(10))} ${hit.score.toFixed(3)}  ${meaning}`;
  });
  return [...lines, `  ${coverageLine(answer.coverage, paint)}`, `  ${timingsLine(answer.timings, paint)}`].join('\n');
}

function wordsOf(hit: Hit): string {
  const lemmas = hit.attributes['lemmas'];
  return Array.isArray(lemmas) ? lemmas.map(String).join(', ') : hit.id;
}
