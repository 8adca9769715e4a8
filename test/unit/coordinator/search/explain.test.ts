import assert from 'node:assert/strict';
import type { FoundHit } from '../../../../coordinator/search/fetch.js';
import { explainTokens, type TokenExplanation } from '../../../../coordinator/search/explain.js';
import { Document } from '../../../../proto/generated/shoal/v1/document.js';
import { InputType, TokenizeResponse } from '../../../../proto/generated/shoal/v1/encoder.js';
import { ShardScores, type RerankRequest } from '../../../../proto/generated/shoal/v1/shard.js';
import {
  deadlineOf,
  encodersOf,
  fanOutOf,
  floats,
  foundBy,
  peersOf,
  question,
  ranked,
  servingMap,
  settings,
  wire,
  words,
} from '../fixtures.js';

const hit = (docId: bigint, text: string): FoundHit => ({
  ...ranked(docId, 1),
  document: Document.fromPartial({ id: text, text }),
  start: 0,
  end: 0,
});

const encoders = encodersOf({
  tokenize: async (_, { inputType, texts }) => {
    const isQuery = inputType === InputType.INPUT_TYPE_QUERY;
    const document = { tokens: ['[CLS]', 'cobbler', 'mends'], offsets: words(0, 0, 2, 9, 10, 15) };
    return TokenizeResponse.fromPartial({
      texts: isQuery ? [{ tokens: ['who', 'repairs'] }] : texts.map(() => document),
    });
  },
});

async function run(
  hits: readonly FoundHit[],
  scores: Partial<ShardScores>,
  tokenPooling = 1,
): Promise<TokenExplanation & { requests: RerankRequest[] }> {
  const requests: RerankRequest[] = [];
  const map = servingMap(1);
  const peers = peersOf({
    rerank: async (_, request) => (
      requests.push(request),
      { shards: [ShardScores.fromPartial({ shard: 0, ...scores })] }
    ),
  });
  const parts = { encoders, peers, fanOut: fanOutOf(map), ...foundBy(map), deadline: deadlineOf() };
  const asked = wire({ tokens: floats(1, 2, 3, 4), tokenCount: 2 });
  return { ...(await explainTokens(hits, question({ settings: settings({ tokenPooling }) }), asked, parts)), requests };
}

describe('explaining hits', () => {
  it('names for each query token the document token that answered it, with its place', async () => {
    const { queryTokens, matches, missing, requests } = await run([hit(1n, 'a cobbler mends')], {
      matchTokens: words(1, 2),
      matchScores: floats(0.5, 0.75),
    });
    assert.deepEqual(queryTokens, ['who', 'repairs']);
    assert.deepEqual(matches.get(1n), [
      { queryToken: 'who', documentToken: 'cobbler', score: 0.5, start: 2, end: 9 },
      { queryToken: 'repairs', documentToken: 'mends', score: 0.75, start: 10, end: 15 },
    ]);
    assert.deepEqual([requests[0]?.matches, missing], [true, '']);
  });

  it('takes each hit’s own rows out of the columns', async () => {
    const { matches } = await run([hit(1n, 'one'), hit(2n, 'two')], {
      matchTokens: words(0, 1, 2, 1),
      matchScores: floats(1, 2, 3, 4),
    });
    assert.deepEqual(
      matches.get(2n)?.map(({ documentToken, score }) => [documentToken, score]),
      [
        ['mends', 3],
        ['cobbler', 4],
      ],
    );
  });

  it('gives no match where a document has no tokens', async () => {
    const none = 0xffff_ffff;
    const { matches } = await run([hit(1n, 'x')], { matchTokens: words(none, none), matchScores: floats(NaN, NaN) });
    assert.deepEqual(matches.get(1n), []);
  });

  it('says why it names none where a row stands for several tokens', async () => {
    const { queryTokens, matches, missing, requests } = await run([hit(1n, 'a cobbler mends')], {}, 4);
    assert.deepEqual([queryTokens, matches.size, requests.length], [['who', 'repairs'], 0, 0]);
    assert.match(missing, /^the collection keeps one token row for about 4 tokens of a document, so it is not known/);
  });

  it('asks nobody where nothing was found', async () => {
    const { queryTokens, matches, missing, requests } = await run([], {});
    assert.deepEqual([queryTokens, matches, missing, requests], [[], new Map(), '', []]);
  });

  it('asks nobody where the mode has no tokens', async () => {
    const map = servingMap(1);
    const parts = {
      encoders: encodersOf({}),
      peers: peersOf({}),
      fanOut: fanOutOf(map),
      ...foundBy(map),
      deadline: deadlineOf(),
    };
    const explained = await explainTokens([hit(1n, 'x')], question(), wire(), parts);
    assert.deepEqual(explained, { queryTokens: [], matches: new Map(), missing: '' });
  });
});
