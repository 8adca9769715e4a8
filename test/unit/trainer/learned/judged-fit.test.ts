import assert from 'node:assert/strict';
import { CodedDocuments } from '../../../../trainer/learned/coded-documents.js';
import { heldOutQueries } from '../../../../trainer/learned/first-code-recall.js';
import { judgedFit } from '../../../../trainer/learned/judged-fit.js';
import { startingParameters } from '../../../../trainer/learned/scan-parameters.js';
import { smallCollection } from './small-collection.js';

const { queries, vectors, structure } = smallCollection(600, 40);
const taught = { structure, documents: new CodedDocuments(structure, vectors) };
const training = { rows: queries, selves: null };
const judge = heldOutQueries(taught, training);
const good = startingParameters(structure, { hasAdapter: false, hasBiases: false });
const bad = { ...good, words: good.words.map((value) => -value) };

describe('the judgement of a fit', () => {
  it('refuses what finds less of the first ten than the start', () => {
    const fit = { parameters: bad, isBetter: true, curve: [] };
    const { parameters, before, after, judgedBy } = judgedFit(taught, judge, { start: good, fit, training });
    assert.equal(parameters, null);
    assert.deepEqual(after, before);
    assert.equal(judgedBy, 40);
  });

  it('passes what finds more', () => {
    const fit = { parameters: good, isBetter: true, curve: [] };
    const { parameters, before, after } = judgedFit(taught, judge, { start: bad, fit, training });
    assert.deepEqual(parameters!.scanWords, structure.codebook.words);
    assert.ok(after.at10 > before.at10);
  });

  it('keeps the start where the fit is no better by its own account', () => {
    const fit = { parameters: good, isBetter: false, curve: [] };
    assert.equal(judgedFit(taught, judge, { start: bad, fit, training }).parameters, null);
  });
});
