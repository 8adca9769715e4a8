import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { keys } from '../../../../cluster/keys.js';
import { Imports } from '../../../../shard-node/transfer/imports.js';
import { abandonedMs } from '../../../../shard-node/transfer/snapshots.js';
import { systemFiles } from '../../../../vector-index/system-files.js';
import { FakeClock } from '../../../fake-clock.js';
import { placement, silent, withRig, type Rig } from '../fixtures.js';
import { noObjects, sealedFiles, tail, task } from './exported.js';

async function withImports(
  work: (parts: { imports: Imports; clock: FakeClock; rig: Rig; data: string }) => Promise<void>,
): Promise<void> {
  await withRig(async (rig) => {
    const clock = new FakeClock();
    const data = join(rig.directory, 'data');
    const { registry } = rig;
    const objects = noObjects;
    const imports = new Imports({ dataDirectory: data, registry, objects, files: systemFiles, clock, logger: silent });
    try {
      await work({ imports, clock, rig, data });
    } finally {
      await imports.close();
    }
  });
}

async function fill(imports: Imports): Promise<void> {
  await imports.begin(task());
  for (const { name, bytes } of await sealedFiles()) await imports.writeFile('u2', 0, { name, bytes });
  await imports.writeRecords('u2', 0, tail());
}

describe('imports of a node', () => {
  it('are made where the replica will be', () =>
    withImports(async ({ imports, data }) => {
      await fill(imports);
      await assert.rejects(imports.begin(task()), { code: 'ALREADY_EXISTS' });
      assert.equal(await imports.finish('u2', 0), 3);
      assert.ok(existsSync(join(data, 'u2', '0', 'manifest')));
      await assert.rejects(imports.writeRecords('u2', 0, Buffer.alloc(0)), { code: 'FAILED_PRECONDITION' });
      await assert.rejects(imports.finish('u3', 0), { code: 'FAILED_PRECONDITION', message: /no import of shard 0/ });
    }));

  it('are taken back, finished or not, without a trace', () =>
    withImports(async ({ imports, data }) => {
      for (const isFinished of [false, true]) {
        await fill(imports);
        if (isFinished) await imports.finish('u2', 0);
        await imports.discard('u2', 0);
        await imports.discard('u2', 0);
        assert.deepEqual(readdirSync(data), []);
      }
    }));

  it('are left alone once their collection has come to be', () =>
    withImports(async ({ imports, data, rig }) => {
      await fill(imports);
      await imports.finish('u2', 0);
      await rig.registry.transact([], [{ operation: 'put', key: keys.setting('u2'), value: Buffer.from('x') }]);
      await imports.discard('u2', 0);
      assert.deepEqual(readdirSync(data), ['u2']);
    }));

  it('are removed when nobody goes on with them', () =>
    withImports(async ({ imports, data, clock }) => {
      await imports.begin(task());
      await clock.advance(abandonedMs);
      while (readdirSync(data).length > 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(clock.pending, 0);
    }));

  it('wait, finished or not, as long as their collection is being made, while other shards are sent', () =>
    withImports(async ({ imports, data, clock, rig }) => {
      const key = keys.opening('u2');
      await rig.registry.transact([], [{ operation: 'put', key, value: Buffer.alloc(0) }]);
      await imports.begin(task());
      await imports.begin(task({ placement: placement(1, { uid: 'u2' }) }));
      for (const { name, bytes } of await sealedFiles()) await imports.writeFile('u2', 0, { name, bytes });
      const pass = async (): Promise<void> => {
        for (let minutes = 0; minutes < 25; minutes += 1) {
          await clock.advance(60_000);
          await clock.pause();
        }
      };
      await pass();
      await imports.writeRecords('u2', 0, tail());
      assert.equal(await imports.finish('u2', 0), 3);
      await pass();
      assert.deepEqual(readdirSync(join(data, 'u2')).sort(), ['0', '1']);
      await rig.registry.transact([], [{ operation: 'delete', key }]);
      await clock.advance(abandonedMs);
      while (readdirSync(data).length > 0) await new Promise((resolve) => setImmediate(resolve));
      assert.equal(clock.pending, 0);
    }));

  it('of before the node was started anew are taken back too, unless their collection has come to be', () =>
    withImports(async ({ imports, data, rig }) => {
      const place = join(data, 'u2', '0');
      const setting = { key: keys.setting('u2'), value: Buffer.from('x') };
      mkdirSync(place, { recursive: true });
      await rig.registry.transact([], [{ operation: 'put', ...setting }]);
      await imports.discard('u2', 0);
      assert.equal(existsSync(place), true);
      await rig.registry.transact([], [{ operation: 'delete', key: setting.key }]);
      await imports.discard('u2', 0);
      assert.deepEqual(readdirSync(data), []);
      await assert.rejects(imports.discard('..', 0), { code: 'INVALID_ARGUMENT' });
    }));

  it('whose collection came to be, was dropped and removed are no trouble', () =>
    withImports(async ({ imports, data, clock }) => {
      await fill(imports);
      await imports.finish('u2', 0);
      rmSync(join(data, 'u2'), { recursive: true });
      await imports.discard('u2', 0);
      assert.equal(clock.pending, 0);
    }));

  it('that are not finished go when the node stops', () =>
    withImports(async ({ imports, data, clock }) => {
      await imports.begin(task());
      await imports.close();
      assert.deepEqual([readdirSync(data), clock.pending], [[], 0]);
    }));

  it('take no uid that is a path', () =>
    withImports(async ({ imports }) => {
      const hostile = { ...task().placement, uid: '../x' };
      await assert.rejects(imports.begin(task({ placement: hostile })), { code: 'INVALID_ARGUMENT' });
    }));
});
