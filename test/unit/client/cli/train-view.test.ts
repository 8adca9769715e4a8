import assert from 'node:assert/strict';
import { codebooksJson, codebooksTable, createStepProgress, trainingText } from '../../../../client/cli/train-view.js';
import { colours } from '../../../../client/cli/format.js';
import { testContext } from './run-shoal.js';

const codebook = {
  ...{ version: 2, structureVersion: 2, method: 'structure', created: null, seed: 1, documents: 4_000, sampled: 900 },
  ...{ lists: 64, copies: 1, heldOut: { before: 1, after: 0.9 } },
};

describe('trainings in words', () => {
  it('say what was learned, and why it is not published', () => {
    const result = {
      uid: 'u',
      method: 'structure',
      from: 0,
      version: 0,
      published: false,
      reason: 'too bad',
      codebook,
    };
    assert.equal(
      trainingText('notes', result, 61),
      'notes: 64 lists from 900 vectors in 1 min 1 s; recall@10 on held-out queries 0.9000, before 1.0000\nnot published: too bad',
    );
  });

  it('say what to do where there was none', () => {
    assert.match(codebooksTable({ active: 0, versions: [] }, colours(testContext())), /`shoal train NAME` trains/);
    assert.match(codebooksTable({ active: 1, versions: [codebook] }, colours(testContext())), /2 +2 +structure +–/);
    const twice = { active: 2, versions: [{ ...codebook, copies: 2 }] };
    assert.match(codebooksTable(twice, colours(testContext())), / copies .*\n(.*\n)*.* 64 +2 +1\.0000/);
    assert.equal(codebooksJson(twice).versions[0]?.copies, 2);
  });

  it('show no bar where nobody sees it', () => {
    const context = testContext();
    const progress = createStepProgress(context, 'train');
    progress.update({ step: 'training', share: 0.5, node: 'a' });
    progress.stop();
    assert.equal(context.written().stderr, '');
  });
});
