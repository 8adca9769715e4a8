import assert from 'node:assert/strict';
import { seededRandom } from '../../../../base/random.js';
import { distillRoutes } from '../../../../trainer/learned/distill-routes.js';
import { smallCollection } from './small-collection.js';

const { dim, vectors, queries, structure } = smallCollection(3_000, 1_500, 60);
const learn = (own = structure, asked: Float32Array | null = queries) =>
  distillRoutes({ structure: own, vectors, queries: asked }, { random: seededRandom(1) });

describe('the learned router', function () {
  this.timeout(60_000);

  it('leads queries that were held out to their neighbours in fewer lists, and documents in no more', () => {
    const { routes, unlearned, before, after } = learn();
    assert.equal(routes!.length, structure.structure.centroids.length);
    assert.deepEqual(before, unlearned);
    assert.ok(after.queries[0]!.recall > before.queries[0]!.recall + 0.01);
    assert.ok(after.documents[1]!.recall > before.documents[1]!.recall - 0.02);
  });

  it('keeps the routes that serve where it finds none that read fewer lists', () => {
    const { routes } = learn();
    const routed = { ...structure, structure: { ...structure.structure, routing: routes! } };
    const { before, after, unlearned, routes: again } = learn(routed);
    if (again === null) assert.deepEqual(after, before);
    assert.ok(before.queries[0]!.recall > unlearned.queries[0]!.recall);
    assert.ok(after.queries[1]!.recall > before.queries[1]!.recall - 0.01);
  });

  it('gains nothing from queries that have nothing to do with those that judge', () => {
    const random = seededRandom(9);
    const noise = Float32Array.from(queries, () => random.normal());
    const { before, after } = learn(structure, noise);
    assert.ok(after.documents[1]!.recall > before.documents[1]!.recall - 0.02);
  });

  it('refuses what cannot be learned from', () => {
    assert.throws(() => learn(structure, queries.subarray(0, 10 * dim)), {
      code: 'INVALID_ARGUMENT',
      message: /at least 100/,
    });
    const signal = { aborted: true };
    const sample = { structure, vectors, queries };
    assert.throws(() => distillRoutes(sample, { random: seededRandom(1), signal }), { code: 'CANCELLED' });
  });
});
