import assert from 'node:assert/strict';
import { codebooksTable, createStepProgress, timeLeft, trainingText } from '../../../../client/cli/train-view.js';
import { colours } from '../../../../client/cli/format.js';
import { testContext } from './run-shoal.js';

const codebook = {
  ...{ version: 2, structureVersion: 2, method: 'structure', created: null, seed: 1, documents: 4_000, sampled: 900 },
  ...{ lists: 64, copies: 1, secondBits: 3, heldOut: { before: 1, after: 0.9 } },
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
      'notes: 64 lists from 900 vectors in 1 min 1 s; recall@10 on held-out queries 0.9000, before 1.0000; seed 1\nnot published: too bad',
    );
    const routed = { ...codebook, needed: { before: 9, after: 7 } };
    assert.match(
      trainingText('notes', { ...result, codebook: routed }, 1),
      /before 1\.0000; they need 7 lists, before 9; seed 1/,
    );
  });

  it('say whose recall it is where parameters of the first scan were learned', () => {
    const learned = { ...codebook, method: 'distill-vq', heldOut: { before: 0.49, after: 0.55 } };
    const rest = { uid: 'u', method: 'distill-vq', from: 2, version: 3, published: true, reason: '' };
    const told = trainingText('notes', { ...rest, codebook: learned }, 5);
    assert.match(told, /; recall@10 by first codes alone on held-out queries 0\.5500, before 0\.4900; seed 1$/);
    const paint = colours(testContext());
    assert.match(
      codebooksTable({ active: 2, versions: [codebook, learned] }, paint),
      /\n\nheld out: recall@10 of searches; of distill-vq recall@10 by first/,
    );
    assert.doesNotMatch(codebooksTable({ active: 2, versions: [codebook] }, paint), /first codes/);
  });

  it('say what to do where there was none', () => {
    assert.match(codebooksTable({ active: 0, versions: [] }, colours(testContext())), /`shoal train NAME` trains/);
    assert.match(codebooksTable({ active: 1, versions: [codebook] }, colours(testContext())), /2 +2 +structure +–/);
    const twice = { active: 2, versions: [{ ...codebook, copies: 2 }] };
    assert.match(codebooksTable(twice, colours(testContext())), / copies .*\n(.*\n)*.* 64 +2 +3 +1\.0000/);
    const seeded = { active: 2, versions: [{ ...codebook, seed: 4_294_967_295 }] };
    assert.match(codebooksTable(seeded, colours(testContext())), / seed .*\n.* – +4294967295 +4,000 /);
  });

  it('say how long it takes still, by what it took so far', () => {
    assert.deepEqual([timeLeft(30, 0.25), timeLeft(0, 0), timeLeft(9, 1)], [', 1 min 30 s left', '', '']);
    assert.deepEqual([timeLeft(30, 0.6, 0.4), timeLeft(3, 0.4, 0.4)], [', 1 min 0 s left', '']);
  });

  it('show no bar where nobody sees it', () => {
    const context = testContext();
    const progress = createStepProgress(context, 'train');
    progress.update({ step: 'training', share: 0.5, node: 'a', resumedShare: 0 });
    progress.stop();
    assert.equal(context.written().stderr, '');
  });
});
