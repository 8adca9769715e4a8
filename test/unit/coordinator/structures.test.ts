/** Structures are read once, and read again after a failure; older ones are forgotten. */
import assert from 'node:assert/strict';
import type { ObjectStore } from '../../../cluster/object-store.js';
import { Structures } from '../../../coordinator/structures.js';
import { writeLearnedParametersFile } from '../../../vector-index/codebook/learned-parameters.js';
import { writeStructureFile } from '../../../vector-index/codebook/structure-file.js';
import { type Structure } from '../../../vector-index/codebook/structure.js';

import { FakeClock } from '../../fake-clock.js';
import { silent } from './fixtures.js';

const structure: Structure = { dim: 2, centroids: Float32Array.of(1, 0, 0, 1) };
const settings = { uid: 'u1', structureVersion: 1 };

function rig(objects: ReadonlyMap<string, Uint8Array>): {
  structures: Structures;
  reads: string[];
  clock: FakeClock;
} {
  const reads: string[] = [];
  const store: Partial<ObjectStore> = {
    get: async (name) => {
      reads.push(name);
      return objects.get(name) ?? null;
    },
  };
  const clock = new FakeClock();
  return { structures: new Structures({ objects: store as ObjectStore, clock, logger: silent }), reads, clock };
}

const held = new Map([['structures/u1/1', writeStructureFile(structure)]]);

describe('the structures of a coordinator', () => {
  it('are null for a collection of one list', async () => {
    const { structures, reads } = rig(held);
    assert.equal(await structures.of({ uid: 'u1', structureVersion: 0 }), null);
    assert.deepEqual(reads, []);
  });

  it('are read once, also by callers at the same time, and again after they were forgotten', async () => {
    const { structures, reads } = rig(held);
    const [first, second] = await Promise.all([structures.of(settings), structures.of(settings)]);
    assert.deepEqual(first, structure);
    assert.equal(first, second);
    assert.deepEqual(reads, ['structures/u1/1']);
    structures.forget('u2');
    await structures.of(settings);
    assert.equal(reads.length, 1);
    structures.forget('u1');
    await structures.of(settings);
    assert.equal(reads.length, 2);
  });

  it('are forgotten once a newer one of the collection is read, and not before', async () => {
    const file = held.get('structures/u1/1')!;
    const names = ['structures/u1/2', 'structures/u1/10', 'structures/u11/1'];
    const { structures, reads } = rig(new Map([...held, ...names.map((name) => [name, file] as const)]));
    const read = (uid: string, structureVersion: number) => structures.of({ uid, structureVersion });
    await read('u11', 1);
    const older = await read('u1', 2);
    await assert.rejects(read('u1', 11));
    assert.equal(await read('u1', 2), older);
    await read('u1', 10);
    const count = reads.length;
    for (const [uid, version] of [
      ['u1', 10],
      ['u11', 1],
    ] as const)
      await read(uid, version);
    assert.equal(reads.length, count);
    await read('u1', 2);
    assert.deepEqual(reads.slice(count), ['structures/u1/2']);
  });

  it('that are not there are told, and looked for again', async () => {
    const objects = new Map<string, Uint8Array>();
    const { structures } = rig(objects);
    await assert.rejects(structures.of(settings), { code: 'FAILED_PRECONDITION', message: /structures\/u1\/1/ });
    objects.set('structures/u1/1', held.get('structures/u1/1')!);
    assert.deepEqual(await structures.of(settings), structure);
  });

  it('have the routes of the learned parameters that serve, where these are for them', async () => {
    const file = (structureVersion: number, routes?: Float32Array): Uint8Array =>
      writeLearnedParametersFile({
        ...{ structureVersion, dim: 2, lists: 2, subquantizers: 1, dsub: 2, scanWords: new Float32Array(32) },
        ...(routes === undefined ? {} : { routes }),
      });
    const routes = Float32Array.of(0.5, 0, 0, 2);
    const { structures, reads } = rig(
      new Map([
        ...held,
        ['parameters/u1/2', file(1, routes)],
        ['parameters/u1/3', file(1)],
        ['parameters/u1/4', file(9, routes)],
      ]),
    );
    const routed = (parametersVersion: number) => structures.routed({ ...settings, parametersVersion });
    const [first, second] = await Promise.all([routed(2), routed(2)]);
    assert.deepEqual(first, { ...structure, routing: routes });
    assert.equal(first, second);
    assert.deepEqual([await routed(3), await routed(4)], [null, null]);
    assert.equal((await structures.of(settings))?.routing, undefined);
    const count = reads.length;
    // Two versions stay, and the first one is none of them any more.
    await routed(2);
    assert.deepEqual(reads.slice(count), ['parameters/u1/2']);
  });

  it('go on without routes that cannot be read, which are looked for again after a while', async () => {
    const { structures, reads, clock } = rig(held);
    const routed = () => structures.routed({ ...settings, parametersVersion: 2 });
    assert.deepEqual([await routed(), await routed()], [null, null]);
    assert.equal(reads.filter((name) => name.startsWith('parameters')).length, 1);
    await clock.advance(5_000);
    assert.equal(await routed(), null);
    assert.equal(reads.filter((name) => name.startsWith('parameters')).length, 2);
  });
});
