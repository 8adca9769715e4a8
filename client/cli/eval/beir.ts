/** A BEIR directory's questions and judgements: queries.jsonl(.gz) and qrels/SPLIT.tsv; judgements as TREC writes them, too. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ShoalError } from '../../../base/errors.js';
import { parseJsonLine } from '../import/document-json.js';
import { openLines } from '../import/lines.js';
import { beirFile } from '../import/sources.js';
import type { Judgements } from './metrics.js';

/** What to ask and what would be right. */
export interface BeirQuestions {
  /** Query id → text, those with judgements only, in the file's order. */
  readonly queries: ReadonlyMap<string, string>;
  readonly judged: ReadonlyMap<string, Judgements>;
}

/** Reads the judged queries of `split`. NOT_FOUND for a missing file, INVALID_ARGUMENT with file:line for a bad one. */
export async function readBeirQuestions(directory: string, split: string): Promise<BeirQuestions> {
  const judged = await readSplit(directory, split);
  return { queries: await readJudged(beirFile(directory, 'queries'), judged), judged };
}

/** Query id → text of the judged ones, in the order of the file `path`. Errors as of `readBeirQuestions`. */
export async function readJudged(
  path: string,
  judged: ReadonlyMap<string, Judgements>,
): Promise<ReadonlyMap<string, string>> {
  const queries = new Map<string, string>();
  for await (const { number, bytes } of (await openLines(path)).lines()) {
    if (bytes === null || bytes.length === 0) continue;
    const { id, text } = queryOf(bytes, `${path}:${number}`);
    if (judged.has(id)) queries.set(id, text);
  }
  for (const id of judged.keys()) {
    if (!queries.has(id))
      throw new ShoalError('INVALID_ARGUMENT', `${path} has no query ${id}, which the judgements name`);
  }
  return queries;
}

/** Query id → judgements: query-id, corpus-id and score between tabs, with a head line or without, or four columns as TREC has them. */
export function parseJudgements(text: string, path: string): Map<string, Map<string, number>> {
  const judged = new Map<string, Map<string, number>>();
  text.split(/\r?\n/).forEach((line, index) => {
    if (line === '' || (index === 0 && line.startsWith('query-id'))) return;
    const [query, document, score] = columnsOf(line);
    const value = score === undefined || score.trim() === '' ? Number.NaN : Number(score);
    if (query === undefined || document === undefined || !Number.isFinite(value)) {
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `${path}:${index + 1} is no line of query-id, corpus-id, score between tabs, nor of TREC's four columns`,
      );
    }
    const judgements = judged.get(query) ?? new Map<string, number>();
    judged.set(query, judgements.set(document, value));
  });
  return judged;
}

/** TREC's second column says nothing. */
function columnsOf(line: string): readonly string[] {
  const columns = line.split('\t');
  if (columns.length === 3) return columns;
  const [query, , document, score, ...others] = line.trim().split(/\s+/);
  return others.length === 0 && score !== undefined ? [query!, document!, score] : [];
}

async function readSplit(directory: string, split: string): Promise<Map<string, Map<string, number>>> {
  const path = join(directory, 'qrels', `${split}.tsv`);
  try {
    return parseJudgements(await readFile(path, 'utf8'), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const splits = await readdir(join(directory, 'qrels')).catch(() => []);
    const there = splits.length === 0 ? 'there is no folder qrels' : `there are ${splits.join(', ')}`;
    throw new ShoalError('NOT_FOUND', `${path} does not exist (${there}); give another --split or directory`);
  }
}

function queryOf(bytes: Uint8Array, place: string): { id: string; text: string } {
  try {
    const { _id: id, text } = parseJsonLine(bytes);
    if (typeof id === 'string' && typeof text === 'string') return { id, text };
  } catch (error) {
    throw new ShoalError('INVALID_ARGUMENT', `${place}: ${ShoalError.from(error).message}`, { cause: error });
  }
  throw new ShoalError('INVALID_ARGUMENT', `${place}: a query is {"_id":"…","text":"…"}`);
}
