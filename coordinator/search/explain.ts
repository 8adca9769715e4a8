/** Why a hit is a hit: which of its tokens answered each token of the question, with their places in the text. */
import { float32From, uint32From } from '../../base/bytes.js';
import { present } from '../../base/assert.js';
import type { Deadline } from '../../base/deadline.js';
import type { Document } from '../../proto/generated/shoal/v1/document.js';
import { InputType, type TokenizedText } from '../../proto/generated/shoal/v1/encoder.js';
import type { TokenMatch } from '../../proto/generated/shoal/v1/search.js';
import { fanOut } from './fan-out.js';
import type { FoundHit } from './fetch.js';
import type { SearchParts } from './parts.js';
import type { Question } from './question.js';
import type { Required } from './required.js';
import { groupByShard, rowColumns } from './rerank.js';
import { seenMarks, type Scattered } from './scatter.js';
import type { WireQuestion } from './wire-question.js';

export interface TokenExplanation {
  readonly queryTokens: readonly string[];
  /** docId → one match a query token. */
  readonly matches: ReadonlyMap<bigint, readonly TokenMatch[]>;
  /** Why there are no matches though there was a MaxSim; '' = there are. */
  readonly missing: string;
}

type ExplainParts = Pick<SearchParts, 'encoders' | 'peers' | 'fanOut'> & {
  readonly scans: Scattered;
  readonly required: Required;
  readonly deadline: Deadline;
};

/** Token matches of every hit; none where the mode has no MaxSim, nothing was found, or rows stand for several tokens. */
export async function explainTokens(
  hits: readonly FoundHit[],
  question: Question,
  wire: WireQuestion,
  parts: ExplainParts,
): Promise<TokenExplanation> {
  if (wire.tokenCount === 0 || hits.length === 0) return { queryTokens: [], matches: new Map(), missing: '' };
  const { encoders, deadline } = parts;
  const asking = encoders.tokenize(
    question.settings,
    { inputType: InputType.INPUT_TYPE_QUERY, texts: [{ title: '', text: question.text }] },
    deadline,
  );
  const { tokenPooling } = question.settings;
  if (tokenPooling > 1) {
    const { tokens: queryTokens } = present((await asking).texts[0], 'the tokens of the question');
    return { queryTokens, matches: new Map(), missing: pooledAway(tokenPooling) };
  }
  const [asked, answered, best] = await Promise.all([
    asking,
    encoders.tokenize(
      question.settings,
      {
        inputType: InputType.INPUT_TYPE_DOCUMENT,
        texts: hits.map(textOf),
      },
      deadline,
    ),
    bestTokens(hits, question.settings.uid, wire, parts),
  ]);
  const queryTokens = present(asked.texts[0], 'the tokens of the question').tokens;
  const matches = new Map<bigint, readonly TokenMatch[]>();
  hits.forEach(({ docId, start }, i) => {
    const found = best.get(docId);
    const tokenized = answered.texts[i];
    if (found === undefined || tokenized === undefined) return;
    const ofPassage = matchesOf(queryTokens, found, tokenized);
    matches.set(
      docId,
      ofPassage.map((match) => ({ ...match, start: match.start + start, end: match.end + start })),
    );
  });
  return { queryTokens, matches, missing: '' };
}

function pooledAway(tokenPooling: number): string {
  const what = `the collection keeps one token row for about ${tokenPooling} tokens of a document`;
  return `${what}, so it is not known which of them answered; a collection with token pooling 1 tells`;
}

/** What the tokens of a hit's passage were made of. */
function textOf({ document, start, end }: FoundHit): { title: string; text: string } {
  const { title = '', text = '' } = document;
  if (start === 0 && end === 0) return { title, text };
  return { title: '', text: wholeTextOf(document).slice(start, end === 0 ? undefined : end) };
}

/** Title and text as offsets of tokens and passages count them. */
export function wholeTextOf({ title = '', text = '' }: Pick<Document, 'title' | 'text'>): string {
  return title === '' ? text : `${title} ${text}`;
}

interface BestTokens {
  /** uint32[queryTokens]: row of the best document token; float32[queryTokens]: its score. */
  readonly tokens: Uint32Array;
  readonly scores: Float32Array;
}

async function bestTokens(
  hits: readonly FoundHit[],
  uid: string,
  wire: WireQuestion,
  parts: ExplainParts,
): Promise<ReadonlyMap<bigint, BestTokens>> {
  const byShard = groupByShard(hits);
  const { answers } = await fanOut(
    parts.scans.plan.placements.filter(({ shard }) => byShard.has(shard)),
    async (address, placements, deadline) => {
      const shards = placements.map((placement) => {
        const { shard, generation } = placement;
        const required = seenMarks(placement, parts.scans, parts.required);
        return { ref: { shard, generation }, ...rowColumns(byShard.get(shard) ?? []), required };
      });
      const question = {
        dense: Buffer.alloc(0),
        sparse: undefined,
        queryTokens: wire.tokens,
        matches: true,
        exactTop: 0,
      };
      return (await parts.peers.rerank(address, { uid, shards, ...question }, deadline)).shards;
    },
    { ...parts.fanOut, prefer: parts.scans.nodes },
    parts.deadline,
  );
  const best = new Map<bigint, BestTokens>();
  for (const [shard, { part }] of answers) {
    const tokens = uint32From(part.matchTokens, 'matched tokens');
    const scores = float32From(part.matchScores, 'scores of matched tokens');
    const count = wire.tokenCount;
    (byShard.get(shard) ?? []).forEach(({ docId }, i) => {
      const range = [i * count, (i + 1) * count] as const;
      best.set(docId, { tokens: tokens.slice(...range), scores: scores.slice(...range) });
    });
  }
  return best;
}

/** A document without tokens answers nothing: its scores are not finite and it has no match. */
function matchesOf(queryTokens: readonly string[], best: BestTokens, document: TokenizedText): readonly TokenMatch[] {
  const offsets = uint32From(document.offsets, 'token offsets');
  return queryTokens.flatMap((queryToken, i) => {
    const row = best.tokens[i];
    const score = best.scores[i];
    const documentToken = row === undefined ? undefined : document.tokens[row];
    if (row === undefined || score === undefined || documentToken === undefined || !Number.isFinite(score)) return [];
    return [{ queryToken, documentToken, score, start: offsets[row * 2] ?? 0, end: offsets[row * 2 + 1] ?? 0 }];
  });
}
