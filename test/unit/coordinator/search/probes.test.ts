import assert from 'node:assert/strict';
import {
  activeCodebook,
  calibrated,
  probesFor,
  routeUnder,
  routingCodebook,
} from '../../../../coordinator/search/probes.js';
import type { Structures } from '../../../../coordinator/structures.js';
import { Codebook } from '../../../../proto/generated/shoal/v1/collections.js';
import { mapOf, placement, question, settings } from '../fixtures.js';

const codebook = Codebook.fromPartial({
  ...{ version: 3, structureVersion: 3, lists: 64 },
  probes: [
    { nprobe: 2, recall: 0.8 },
    { nprobe: 5, recall: 0.96 },
  ],
  shortProbes: [{ nprobe: 20, recall: 0.97 }],
});
const trained = settings({ codebooks: [codebook], codebookVersion: 3, structureVersion: 3, targetRecall: 0.95 });

describe('the number of lists that a search probes', () => {
  it('is the calibration’s, and the larger one for short questions and for given vectors', () => {
    assert.equal(probesFor(question(), 5, trained), 5);
    assert.equal(probesFor(question(), 4, trained), 20);
    assert.equal(probesFor(question(), null, trained), 20);
    assert.equal(probesFor(question({ like: 'x' }), null, trained), 5);
    const bare = { ...trained, codebooks: [{ ...codebook, shortProbes: [] }] };
    assert.equal(probesFor(question(), 1, bare), 5);
  });

  it('is that of half the misses which lists make, for given vectors where there is no encoder', () => {
    const more = [30, 40, 64].map((nprobe, i) => ({ nprobe, recall: [0.974, 0.976, 1][i]! }));
    const shortProbes = [...codebook.shortProbes, ...more];
    const given = { ...trained, codebooks: [{ ...codebook, shortProbes }] };
    assert.equal(probesFor(question(), null, { ...given, model: 'none' }), 35);
    assert.equal(probesFor(question({ like: 'x' }), null, { ...given, model: 'none' }), 5);
    assert.equal(probesFor(question(), null, given), 20);
    const coarse = {
      ...trained,
      codebooks: [{ ...codebook, shortProbes: [...codebook.shortProbes, { nprobe: 64, recall: 0.97 }] }],
    };
    assert.equal(probesFor(question(), null, { ...coarse, model: 'none' }), 20);
  });

  it('grows with the hits that are wanted, and never above all lists', () => {
    assert.equal(probesFor(question({ k: 100 }), 5, trained), 10);
    assert.equal(probesFor(question({ k: 10, offset: 90 }), 5, trained), 10);
    assert.equal(probesFor(question({ k: 3 }), 5, trained), 5);
    assert.equal(probesFor(question({ k: 5_000 }), 4, trained), 64);
    const small = { ...trained, codebooks: [{ ...codebook, documents: 2_000n }] };
    assert.equal(probesFor(question({ k: 100 }), 5, small), 13);
  });

  it('is what the caller says, all for exact and narrowed questions, and all before the first training', () => {
    assert.equal(probesFor(question({ nprobe: 7 }), 9, trained), 7);
    assert.equal(probesFor(question({ exact: true }), 9, trained), 0);
    assert.equal(probesFor(question({ isNarrowed: true }), 9, trained), 0);
    assert.equal(probesFor(question(), 9, settings()), 0);
  });

  it('follows the target recall, up to all lists where none was enough', () => {
    assert.equal(calibrated(codebook.probes, 0.5, codebook), 2);
    assert.equal(calibrated(codebook.probes, 0.96, codebook), 5);
    assert.equal(calibrated(codebook.probes, 0.99, codebook), 64);
  });

  it('lies between two that were measured as the recall does', () => {
    const probes = [
      { nprobe: 20, recall: 0.9 },
      { nprobe: 30, recall: 0.94 },
    ];
    assert.deepEqual(
      [0.9, 0.909, 0.921, 0.94].map((target) => calibrated(probes, target, { lists: 64 })),
      [20, 23, 26, 30],
    );
    assert.equal(calibrated(probes, 0.94, { lists: 24 }), 24);
  });

  it('is not that of a codebook whose structure serves no more', () => {
    assert.equal(activeCodebook(trained)?.version, 3);
    assert.equal(activeCodebook({ ...trained, structureVersion: 4 }), null);
  });
});

describe('learned routes', () => {
  const probes = [
    { nprobe: 2, recall: 0.95 },
    { nprobe: 64, recall: 0.99 },
  ];
  const learned = { ...codebook, version: 4, method: 'distill-vq', probes, shortProbes: probes };
  const routed = { ...trained, codebooks: [...trained.codebooks, learned], parametersVersion: 4 };

  it('bring their own calibration, for the lists that they were learned for, while they serve', () => {
    assert.equal(routingCodebook(routed), learned);
    assert.deepEqual(
      [probesFor(question(), 5, routed), probesFor(question(), 5, { ...routed, parametersVersion: 0 })],
      [2, 5],
    );
    const bare = { ...learned, probes: [] };
    assert.equal(routingCodebook({ ...routed, codebooks: [codebook, bare] }), null);
    assert.equal(routingCodebook({ ...routed, structureVersion: 9 }), null);
  });

  it('lead a search where they can be read; else all goes by the structure', async () => {
    const centroids = Float32Array.from({ length: 128 }, (_, i) => (i % 2 === 0 ? i : 1));
    const structure = { dim: 2, centroids };
    const all = Array.from({ length: 64 }, (_, list) => list);
    const map = mapOf({ collections: [routed], placements: [placement(0, ['a'], all)] });
    const encoded = { dense: Float32Array.of(1, 0), termCount: 9, terms: null, tokens: null };
    const plan = (routes: object | null) => {
      const structures = { of: async () => structure, routed: async () => routes } as unknown as Structures;
      return routeUnder(map, question(), encoded, structures);
    };
    const turned = { ...structure, routing: centroids.map((value, i) => (i % 2 === 0 ? -value : value)) };
    const [by, without] = [await plan(turned), await plan(null)];
    assert.deepEqual([by.lists, by.parametersVersion], [[0, 1], 4]);
    assert.deepEqual([without.lists, without.parametersVersion], [[59, 60, 61, 62, 63], 4]);
  });
});

describe('routing under a map', () => {
  it('takes structure and calibration of the settings that the map has, whatever the question was read under', async () => {
    const centroids = Float32Array.from({ length: 128 }, (_, i) => (i % 2 === 0 ? i : 1));
    const asked: number[] = [];
    const structures = {
      of: async ({ structureVersion }: { structureVersion: number }) => {
        asked.push(structureVersion);
        return { dim: 2, centroids };
      },
    } as unknown as Structures;
    const all = Array.from({ length: 64 }, (_, list) => list);
    const map = mapOf({ collections: [trained], placements: [placement(0, ['a'], all)] });
    const encoded = { dense: Float32Array.of(1, 0), termCount: 9, terms: null, tokens: null };
    const plan = await routeUnder(map, question(), encoded, structures);
    assert.deepEqual([plan.lists.length, plan.listsTotal, plan.structureVersion, asked], [5, 64, 3, [3]]);
  });
});
