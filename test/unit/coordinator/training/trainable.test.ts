import assert from 'node:assert/strict';
import {
  checkLearnable,
  checkMethod,
  checkQueries,
  checkSecondBits,
  checkSplittable,
  isSplittable,
  trainableDocuments,
  trainableShard,
} from '../../../../coordinator/training/trainable.js';
import { Codebook } from '../../../../proto/generated/shoal/v1/collections.js';
import type { TrainRequest } from '../../../../proto/generated/shoal/v1/training.js';
import { deadlineOf, mapOf, placement, settings, viewOf } from '../fixtures.js';
import { trainingRig } from './fixtures.js';

describe('what can be trained', () => {
  it('is trained by methods that there are', () => {
    checkMethod('structure');
    checkMethod('split');
    checkMethod('rabitq');
    checkMethod('jpq');
    assert.throws(() => checkMethod('opq'), /a learned rotation lowers .* train by method 'structure'/);
    assert.throws(() => checkMethod('pq'), {
      code: 'INVALID_ARGUMENT',
      message: /'pq'; the methods are: 'structure'/,
    });
  });

  it('has second codes of 1 to 8 bits, which a split keeps', () => {
    for (const secondBits of [undefined, 1, 4, 8]) checkSecondBits({ method: 'structure', secondBits });
    checkSecondBits({ method: 'split', secondBits: undefined });
    for (const secondBits of [0, 9, 4_294_967_295]) {
      const refused = { code: 'INVALID_ARGUMENT', message: /a second code has 1 to 8 bits a dimension/ };
      assert.throws(() => checkSecondBits({ method: 'structure', secondBits }), refused);
    }
    const kept = { code: 'INVALID_ARGUMENT', message: /'split' keeps all codes.*leave second bits out/ };
    assert.throws(() => checkSecondBits({ method: 'split', secondBits: 2 }), kept);
  });

  it('learns from queries that are texts, and enough different ones', () => {
    const own = settings();
    const queries = Array.from({ length: 500 }, (_, i) => `query ${i}`);
    checkQueries({ method: 'distill-vq', queries, relevant: [] }, own);
    checkQueries({ method: 'structure', queries: [], relevant: [] }, own);
    const refused = (given: readonly string[], message: RegExp, of = own, method = 'distill-vq'): void =>
      assert.throws(() => checkQueries({ method, queries: [...given], relevant: [] }, of), {
        code: 'INVALID_ARGUMENT',
        message,
      });
    refused(queries, /'structure' learns nothing from queries/, own, 'structure');
    refused(queries, /no encoder model/, settings({ model: 'none' }));
    refused([...queries, ' '], /query number 501 is empty/);
    refused(['x'.repeat(40_000), ...queries], /query number 1 has 40000 characters, the limit is 32768/);
    refused([...queries.slice(1), 'query 7 '], /499 different queries where at least 500 are needed/);
  });

  it('learns from judgements of every query, at least one of each', () => {
    const queries = Array.from({ length: 100 }, (_, i) => `query ${i}`);
    const relevant = queries.map((_, i) => ({ ids: [`d${i}`] }));
    const check = (changes: Partial<TrainRequest>, own = settings()): void =>
      checkQueries({ method: 'jpq', queries, relevant, ...changes }, own);
    check({});
    const refused = (changes: Partial<TrainRequest>, message: RegExp): void =>
      assert.throws(() => check(changes), { code: 'INVALID_ARGUMENT', message });
    refused({ queries: [], relevant: [] }, /give both/);
    refused({ relevant: relevant.slice(1) }, /100 queries and judgements of 99/);
    refused({ relevant: relevant.with(4, { ids: [] }) }, /query number 5 has no relevant document/);
    refused({ queries: queries.slice(1), relevant: relevant.slice(1) }, /99 different queries where at least 100/);
    refused({ relevant: relevant.with(4, { ids: new Array<string>(100_000).fill('d') }) }, /the limit is 100000/);
    refused({ method: 'distill-vq' }, /'distill-vq' learns nothing from judgements; train by method 'jpq'/);
    assert.throws(() => check({}, settings({ model: 'none' })), { message: /no encoder model/ });
  });

  it('was trained, where parameters are to be learned for its codes', () => {
    const { settings: given } = trainingRig();
    assert.throws(() => checkLearnable(given), { code: 'FAILED_PRECONDITION', message: /'structure' first/ });
    const codebooks = [Codebook.fromPartial({ version: 2, structureVersion: 2 })];
    checkLearnable({ ...given, structureVersion: 2, codebookVersion: 2, codebooks });
  });

  it('was trained, where its lists are to be split', () => {
    const { settings: given } = trainingRig();
    const trained = {
      structureVersion: 2,
      codebookVersion: 2,
      codebooks: [Codebook.fromPartial({ version: 2, structureVersion: 2 })],
    };
    checkSplittable({ ...given, ...trained });
    for (const other of [given, { ...given, structureVersion: 2 }, { ...given, ...trained, structureVersion: 1 }])
      assert.throws(() => checkSplittable(other), { code: 'FAILED_PRECONDITION', message: /never|not trained/ });
  });

  it('has its vectors in one list each, where these are to be split', () => {
    const codebooks = [Codebook.fromPartial({ version: 2, structureVersion: 2, copies: 2 })];
    const twice = { ...trainingRig().settings, structureVersion: 2, codebookVersion: 2, codebooks };
    const refused = { code: 'FAILED_PRECONDITION', message: /two lists each.*; train it again/ };
    assert.throws(() => checkSplittable(twice), refused);
    assert.deepEqual([null, codebooks[0]!, Codebook.create()].map(isSplittable), [false, false, true]);
  });

  it('has vectors, and one shard', () => {
    const { settings: given, parts } = trainingRig();
    assert.equal(trainableShard(given, parts).shard, 0);
    const refused = { code: 'FAILED_PRECONDITION' };
    assert.throws(() => trainableShard({ ...given, dim: 0 }, parts), refused);
    const long = {
      ...refused,
      message: /vectors of 32769 dimensions, and codes have 32768 at most; it is searched exactly/,
    };
    assert.throws(() => trainableShard({ ...given, dim: 32_769 }, parts), long);
    assert.equal(trainableShard({ ...given, dim: 32_768 }, parts).shard, 0);
    assert.throws(() => trainableShard({ ...given, keepVectors: false }, parts), refused);
    const two = { view: viewOf(mapOf({ placements: [placement(0, ['a']), placement(1, ['a'])] })) };
    assert.throws(() => trainableShard(given, two), { ...refused, message: /2 shards/ });
    assert.throws(() => trainableShard(given, { view: viewOf(mapOf({})) }), { code: 'UNAVAILABLE' });
  });

  it('has at least a thousand documents', async () => {
    const small = trainingRig({ documents: 999n });
    const counting = trainableDocuments(settings(), small.parts, deadlineOf());
    await assert.rejects(counting, { code: 'FAILED_PRECONDITION', message: /999 documents, fewer than 1,000/ });
    const { parts } = trainingRig({ documents: 1_000n });
    assert.equal(await trainableDocuments(settings(), parts, deadlineOf()), 1_000n);
  });
});
