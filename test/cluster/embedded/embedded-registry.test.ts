/** The embedded registry: the conformance suite, and what only it promises. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLogger } from '../../../base/logger.js';
import { openEmbeddedRegistry } from '../../../cluster/embedded/embedded-registry.js';
import { registryConformance, type RegistryUnderTest } from '../registry-conformance.js';
import { rejectsWith } from '../rejects.js';
import { newFolder, removeFolder } from '../../temporary-folder.js';

const logger = createLogger('test', 'silent');

async function registryUnderTest(directory: string): Promise<RegistryUnderTest> {
  const registry = await openEmbeddedRegistry({ directory, logger });
  return {
    registry,
    reopen: async () => {
      await registry.close();
      return await registryUnderTest(directory);
    },
    dispose: async () => {
      await registry.close();
      await removeFolder(directory);
    },
  };
}

registryConformance('the embedded registry', async () => await registryUnderTest(await newFolder()));

describe('the embedded registry on disk', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await newFolder();
  });
  afterEach(async () => {
    await removeFolder(directory);
  });

  it('starts without the keys of leases, whose holders are gone, at a later revision', async () => {
    const registry = await openEmbeddedRegistry({ directory, logger });
    const lease = await registry.lease(5_000);
    const value = Buffer.from('1');
    await registry.transact([], [{ operation: 'put', key: 'nodes/1', value }]);
    const revision = await registry.transact([], [{ operation: 'put', key: 'nodes/1', value, lease }]);
    await registry.close();
    const again = await openEmbeddedRegistry({ directory, logger });
    assert.equal(await again.get('nodes/1'), null);
    const next = await again.transact([], [{ operation: 'put', key: 'a', value }]);
    assert.ok(next !== null && revision !== null && next > revision);
    await again.close();
  });

  it('refuses a newer format, naming both', async () => {
    await (await openEmbeddedRegistry({ directory, logger })).close();
    await writeFile(join(directory, 'format'), '7\n');
    await rejectsWith(openEmbeddedRegistry({ directory, logger }), 'FAILED_PRECONDITION', /format 7.*format 2/);
  });

  it('is of no use once closed', async () => {
    const registry = await openEmbeddedRegistry({ directory, logger });
    await registry.close();
    await registry.close();
    await rejectsWith(registry.get('a'), 'UNAVAILABLE');
    await rejectsWith(registry.transact([], []), 'UNAVAILABLE');
  });
});
