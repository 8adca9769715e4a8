/** A search's answer as people read it: hits in a table, then coverage and timings, then the explanation. */
import { counted } from '../../base/counted.js';
import { snippet, table, type Colours } from './format.js';
import type { Coverage, Explanation, Hit, SearchAnswer, Timings } from '../sdk/types.js';

interface View {
  readonly paint: Colours;
  /** Characters of a line. */
  readonly width: number;
  /** Hits skipped before the first. */
  readonly offset: number;
}

/** The whole answer. */
export function answerText(answer: SearchAnswer, view: View): string {
  const parts = [hitsTable(answer.hits, view)];
  if (answer.explanation !== null)
    parts.push(answer.hits.map((hit, index) => hitExplained(hit, index, view)).join('\n'));
  parts.push([coverageLine(answer.coverage, view.paint), timingsLine(answer.timings, view.paint)].join('\n'));
  if (answer.explanation !== null) parts.push(explanationText(answer.explanation));
  return parts.join('\n\n');
}

/** "all 5 lists on 1 shard", or what is missing and why. */
export function coverageLine(coverage: Coverage, paint: Colours): string {
  const seen =
    `${coverage.listsProbed} of ${counted(coverage.listsTotal, 'list')}, ` +
    `${coverage.shardsContacted} of ${counted(coverage.shardsTotal, 'shard')} contacted`;
  const words = coverage.sparseShardsContacted > 0 ? `, words on ${coverage.sparseShardsContacted}` : '';
  const behind = coverage.behind ? paint.yellow('; a replica was behind its log') : '';
  if (coverage.full) return paint.dim(`complete: ${seen}${words}`) + behind;
  const missing =
    `partial: ${seen}${words}; missing ${counted(coverage.shardsMissing.length, 'shard')}` +
    `${coverage.shardsMissing.length > 0 ? ` (${coverage.shardsMissing.join(', ')})` : ''}` +
    ` with ${counted(coverage.listsMissing.length, 'list')}`;
  return [paint.yellow(missing) + behind, ...coverage.reasons.map((reason) => `  ${reason}`)].join('\n');
}

/** "12.3 ms: encode 8.1, route 0.0, …". */
export function timingsLine(timings: Timings, paint: Colours): string {
  const steps = (
    [
      ['encode', timings.encodeMs],
      ['route', timings.routeMs],
      ['scatter', timings.scatterMs],
      ['merge', timings.mergeMs],
      ['rerank', timings.rerankMs],
      ['fetch', timings.fetchMs],
    ] as const
  ).map(([step, ms]) => `${step} ${ms.toFixed(1)}`);
  return paint.dim(`${timings.totalMs.toFixed(1)} ms: ${steps.join(', ')}`);
}

function hitsTable(hits: readonly Hit[], view: View): string {
  if (hits.length === 0) return 'no hits';
  const idWidth = Math.min(32, Math.max(2, ...hits.map((hit) => [...hit.id].length)));
  const textWidth = Math.max(24, view.width - idWidth - 6 - 10 - 4);
  const rows = hits.map((hit, index) => [
    String(view.offset + index + 1).padStart(4),
    hit.score.toFixed(4),
    snippet(hit.id, idWidth),
    hitSnippet(hit, textWidth, view.paint),
  ]);
  return table(['rank', 'score', 'id', 'text'], rows, view.paint);
}

function hitSnippet(hit: Hit, width: number, paint: Colours): string {
  const title = hit.title === null ? '' : snippet(hit.title, width);
  const left = width - [...title].length - 2;
  if (title === '') return snippet(hit.text, width);
  return left < 12 || hit.text === '' ? paint.bold(title) : `${paint.bold(title)}  ${snippet(hit.text, left)}`;
}

function hitExplained(hit: Hit, index: number, view: View): string {
  const scores = Object.entries(hit.scores)
    .map(([name, score]: [string, number | null]) => `${name} ${score === null ? '–' : score.toFixed(4)}`)
    .join('  ');
  const head = `${view.offset + index + 1}. ${view.paint.bold(snippet(hit.id, view.width))}  ${scores}  shard ${hit.shard}`;
  const matches = hit.matches.map(
    (match) => `     ${match.queryToken.padEnd(16)} → ${match.documentToken.padEnd(16)} ${match.score.toFixed(3)}`,
  );
  return [head, ...matches].join('\n');
}

function explanationText(explanation: Explanation): string {
  const { weights } = explanation;
  const lines = [
    `query tokens: ${explanation.queryTokens.join(' ')}`,
    `lists probed: ${numbers(explanation.listsProbed)}; shards probed: ${numbers(explanation.shardsProbed)}`,
    `candidates: ${explanation.denseCandidates} dense, ${explanation.sparseCandidates} sparse; reranked: ${explanation.reranked}`,
  ];
  if (weights !== null) {
    const rounded = [weights.dense, weights.sparse, weights.multi].map((weight) => Number(weight.toPrecision(6)));
    lines.push(`weights: dense ${rounded[0]}, sparse ${rounded[1]}, multi ${rounded[2]}`);
  }
  if (explanation.matchesMissing !== '') lines.push(`no word is matched with another: ${explanation.matchesMissing}`);
  return lines.join('\n');
}

function numbers(values: readonly number[]): string {
  const shown = values.slice(0, 20).join(', ');
  return values.length > 20 ? `${shown}, … (${values.length})` : shown || 'none';
}
