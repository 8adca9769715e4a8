import assert from 'node:assert/strict';
import {
  documentSequence,
  isCut,
  querySequences,
  type SequenceShape,
} from '../../../../encoder-node/batch/sequence.js';
import { defaultManifest } from '../../../../models/build/default-manifest.js';
import type { ModelManifest } from '../../../../encoder-node/model/manifest.js';

const base = defaultManifest({ files: {}, codecVersion: null, sparseHead: null });
const all = { dense: true, multi: true };

function shapeOf(change: {
  query?: Partial<ModelManifest['query']>;
  document?: Partial<ModelManifest['document']>;
}): SequenceShape {
  const manifest = {
    ...base,
    query: { ...base.query, ...change.query },
    document: { ...base.document, ...change.document },
  };
  return { manifest, startId: 101, endId: 102, queryPrefix: [7, 8, 9], documentPrefix: [], punctuation: new Set([50]) };
}

describe('the sequence of a document', () => {
  it('lies between start and end; every token but the start has a vector', () => {
    const { ids, rows, attended, isCoded, pooling, side } = documentSequence([1, 2], shapeOf({}), all);
    assert.deepEqual([...ids], [101, 1, 2, 102]);
    assert.deepEqual([...(rows ?? [])], [1, 2, 3]);
    assert.equal(attended, 4);
    assert.deepEqual([isCoded, pooling, side], [true, 1, 'documents']);
    assert.equal(documentSequence([1, 2], shapeOf({}), { ...all, pooling: 3 }).pooling, 3);
    const [query] = querySequences([1, 2], shapeOf({}), { ...all, pooling: 3 });
    assert.deepEqual([query?.pooling, query?.side], [1, 'queries']);
  });

  it('is cut to its length with the end kept', () => {
    const { ids } = documentSequence([1, 2, 3, 4, 5], shapeOf({ document: { maxLength: 4 } }), all);
    assert.deepEqual([...ids], [101, 1, 2, 102]);
  });

  it('of an empty text is start and end', () => {
    const { ids, rows } = documentSequence([], shapeOf({}), all);
    assert.deepEqual([...ids], [101, 102]);
    assert.deepEqual([...(rows ?? [])], [1]);
  });

  it('drops the vectors of punctuation where a skiplist says so', () => {
    const { ids, rows } = documentSequence([1, 50, 2], shapeOf({ document: { skiplist: 'after' } }), all);
    assert.deepEqual([...ids], [101, 1, 50, 2, 102]);
    assert.deepEqual([...(rows ?? [])], [1, 3, 4]);
  });

  it('asks for no vectors that nobody wants', () => {
    assert.equal(documentSequence([1], shapeOf({}), { dense: true, multi: false }).rows, null);
  });

  it('carries a marker behind the start', () => {
    assert.deepEqual([...documentSequence([1], shapeOf({ document: { markerId: 6 } }), all).ids], [101, 6, 1, 102]);
  });
});

describe('the sequences of a query', () => {
  it('are two where token vectors are taken without the prefix', () => {
    const [dense, multi] = querySequences([1, 2], shapeOf({}), all);
    assert.deepEqual([...(dense?.ids ?? [])], [101, 7, 8, 9, 1, 2, 102]);
    assert.deepEqual([dense?.wantsDense, dense?.rows], [true, null]);
    assert.deepEqual([...(multi?.ids ?? [])], [101, 1, 2, 102]);
    assert.deepEqual([multi?.wantsDense, [...(multi?.rows ?? [])], multi?.isCoded], [false, [1, 2, 3], false]);
  });

  it('are only those that are wanted', () => {
    assert.equal(querySequences([1], shapeOf({}), { dense: true, multi: false }).length, 1);
    assert.equal(querySequences([1], shapeOf({}), { dense: false, multi: true }).length, 1);
    assert.equal(querySequences([1], shapeOf({}), { dense: false, multi: false }).length, 0);
  });

  it('are one where token vectors are taken behind the prefix', () => {
    const [only, ...others] = querySequences([1, 2], shapeOf({ query: { tokens: 'after-prefix' } }), all);
    assert.equal(others.length, 0);
    assert.deepEqual([...(only?.ids ?? [])], [101, 7, 8, 9, 1, 2, 102]);
    assert.deepEqual([...(only?.rows ?? [])], [4, 5, 6]);
  });

  it('are one where there is no prefix', () => {
    const shape = { ...shapeOf({}), queryPrefix: [] };
    const [only, ...others] = querySequences([1], shape, all);
    assert.equal(others.length, 0);
    assert.deepEqual([only?.wantsDense, [...(only?.rows ?? [])]], [true, [1, 2]]);
  });

  it('are filled up with mask tokens that have vectors and are not attended to, as ColBERT does', () => {
    const query = {
      tokens: 'after-prefix',
      firstToken: 0,
      markerId: 6,
      expandTo: 6,
      expandId: 103,
      keepExpansion: true,
    } as const;
    const [only] = querySequences([1], { ...shapeOf({ query }), queryPrefix: [] }, all);
    assert.deepEqual([...(only?.ids ?? [])], [101, 6, 1, 102, 103, 103]);
    assert.equal(only?.attended, 4);
    assert.deepEqual([...(only?.rows ?? [])], [0, 1, 2, 3, 4, 5]);
  });

  it('keep start and end when the prefix alone is too long', () => {
    const [only] = querySequences([1, 2], shapeOf({ query: { maxLength: 3, tokens: 'after-prefix' } }), all);
    assert.deepEqual([...(only?.ids ?? [])], [101, 7, 102]);
  });
});

describe('whether a text is cut', () => {
  it('counts what stands around it', () => {
    const shape = shapeOf({ document: { maxLength: 10 }, query: { maxLength: 10 } });
    assert.deepEqual([isCut(8, shape, false), isCut(9, shape, false)], [false, true]);
    assert.deepEqual([isCut(5, shape, true), isCut(6, shape, true)], [false, true]);
  });
});
