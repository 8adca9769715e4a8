/** Judged queries to learn from: those of a BEIR file of queries, with what a file of judgements says is relevant to them. */
import { readFile } from 'node:fs/promises';
import { ShoalError } from '../../base/errors.js';
import { parseJudgements, readJudged } from './eval/beir.js';

export interface JudgedQueries {
  readonly queries: readonly string[];
  /** Ids of the documents with a score of 1 or more, for each query; at least one. */
  readonly relevant: readonly (readonly string[])[];
}

/**
 * Those queries of `queriesPath` that `judgementsPath` names. NOT_FOUND for a missing file; INVALID_ARGUMENT names the line that is wrong, the
 * query that is judged and not there, and the one that nothing is relevant to.
 */
export async function readJudgedQueries(queriesPath: string, judgementsPath: string): Promise<JudgedQueries> {
  const judged = parseJudgements(await contentOf(judgementsPath), judgementsPath);
  if (judged.size === 0) throw new ShoalError('INVALID_ARGUMENT', `${judgementsPath} has no judgements`);
  const relevantOf = new Map<string, readonly string[]>();
  for (const [query, judgements] of judged) {
    const ids = [...judgements].filter(([, score]) => score >= 1).map(([id]) => id);
    if (ids.length === 0)
      throw new ShoalError(
        'INVALID_ARGUMENT',
        `${judgementsPath} has no relevant document of query ${query}; leave it out`,
      );
    relevantOf.set(query, ids);
  }
  const texts = await readJudged(queriesPath, judged);
  return { queries: [...texts.values()], relevant: Array.from(texts.keys(), (id) => relevantOf.get(id)!) };
}

async function contentOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EISDIR') throw error;
    throw new ShoalError('NOT_FOUND', `there is no file ${path}; give the judgements of the queries`, { cause: error });
  }
}
