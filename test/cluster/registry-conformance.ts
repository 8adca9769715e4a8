/** What every registry must do, whichever system stores it. A twin is tested by calling `registryConformance`. */
import assert from 'node:assert/strict';
import type { Registry, RegistryEvent, RegistryWatch } from '../../cluster/registry.js';
import { rejectsWith } from './rejects.js';

export interface RegistryUnderTest {
  readonly registry: Registry;
  /** Closes the registry and opens the same data again. */
  reopen(): Promise<RegistryUnderTest>;
  /** Closes the registry and removes its data. */
  dispose(): Promise<void>;
}

const value = (text: string): Uint8Array => Buffer.from(text);
const put = (key: string, text: string) => ({ operation: 'put', key, value: value(text) }) as const;
const remove = (key: string) => ({ operation: 'delete', key }) as const;

export function registryConformance(name: string, openRegistry: () => Promise<RegistryUnderTest>): void {
  describe(`${name} as a registry`, () => {
    let opened: RegistryUnderTest;
    const textOf = async (key: string): Promise<string | null> => {
      const entry = await opened.registry.get(key);
      return entry === null ? null : Buffer.from(entry.value).toString();
    };

    beforeEach(async () => {
      opened = await openRegistry();
    });
    afterEach(async () => {
      await opened.dispose();
    });

    it('reads null for an unknown key', async () => {
      assert.equal(await opened.registry.get('a'), null);
    });

    it('reads what was written, at the revision of the write', async () => {
      const revision = await opened.registry.transact([], [put('a', '1')]);
      const entry = await opened.registry.get('a');
      assert.equal(Buffer.from(entry?.value ?? []).toString(), '1');
      assert.equal(entry?.revision, revision);
    });

    it('gives each write a larger revision', async () => {
      const first = await opened.registry.transact([], [put('a', '1')]);
      const second = await opened.registry.transact([], [put('b', '1')]);
      assert.ok(first !== null && second !== null && second > first);
    });

    it('lists the keys under a prefix in ascending order', async () => {
      await opened.registry.transact([], [put('a/2', ''), put('b', ''), put('a/10', ''), put('a', '')]);
      const keys = (await opened.registry.list('a/')).map(({ key }) => key);
      assert.deepEqual(keys, ['a/10', 'a/2']);
    });

    it('writes nothing when a condition fails', async () => {
      const revision = await opened.registry.transact([], [put('a', '1')]);
      assert.ok(revision !== null);
      const stale = await opened.registry.transact(
        [{ key: 'a', revision: revision - 1n }],
        [put('a', '2'), put('b', '2')],
      );
      assert.equal(stale, null);
      assert.equal(await textOf('a'), '1');
      assert.equal(await textOf('b'), null);
    });

    it('takes revision 0 for a key that does not exist', async () => {
      const absent = [{ key: 'a', revision: 0n }];
      assert.notEqual(await opened.registry.transact(absent, [put('a', '1')]), null);
      assert.equal(await opened.registry.transact(absent, [put('a', '2')]), null);
    });

    it('lets one of two concurrent compare-and-set writers win', async () => {
      const absent = [{ key: 'a', revision: 0n }];
      const outcomes = await Promise.all(
        ['1', '2', '3'].map((text) => opened.registry.transact(absent, [put('a', text)])),
      );
      assert.equal(outcomes.filter((outcome) => outcome !== null).length, 1);
    });

    it('applies puts and deletes of one transaction together', async () => {
      await opened.registry.transact([], [put('a', '1')]);
      await opened.registry.transact([], [remove('a'), put('b', '1')]);
      assert.equal(await textOf('a'), null);
      assert.equal(await textOf('b'), '1');
    });

    it('refuses to write one key twice in a transaction', async () => {
      await rejectsWith(opened.registry.transact([], [put('a', '1'), remove('a')]), 'INVALID_ARGUMENT', /"a"/);
    });

    it('keeps the caller from changing what is stored', async () => {
      const bytes = Buffer.from('1');
      await opened.registry.transact([], [{ operation: 'put', key: 'a', value: bytes }]);
      bytes[0] = 0;
      const entry = await opened.registry.get('a');
      entry?.value.fill(0);
      assert.equal(await textOf('a'), '1');
    });

    it('begins a watch with what is present', async () => {
      await opened.registry.transact([], [put('a/1', 'x'), put('b', 'y')]);
      const [present] = await batches(opened.registry.watch('a/'), 1);
      assert.deepEqual(described(present), ['put a/1 x']);
    });

    it('follows with every change, batched by revision, in order', async () => {
      const reading = batches(opened.registry.watch('a/'), 4);
      await opened.registry.transact([], [put('a/1', '1'), put('a/2', '1'), put('b', '1')]);
      await opened.registry.transact([], [put('b', '2')]);
      await opened.registry.transact([], [put('a/1', '2')]);
      await opened.registry.transact([], [remove('a/2')]);
      const seen = (await reading).map(described);
      assert.deepEqual(seen, [[], ['put a/1 1', 'put a/2 1'], ['put a/1 2'], ['delete a/2']]);
    });

    it('ends a watch that is closed while it waits', async () => {
      const watch = opened.registry.watch('a/');
      const reading = batches(watch, 2);
      await opened.registry.get('a/');
      await watch.close();
      assert.ok((await reading).length <= 1);
    });

    it('keeps keys and revisions over a restart', async () => {
      const revision = await opened.registry.transact([], [put('a', '1')]);
      await opened.registry.transact([], [put('b', '1')]);
      await opened.registry.transact([], [remove('b')]);
      opened = await opened.reopen();
      assert.equal((await opened.registry.get('a'))?.revision, revision);
      assert.equal(await textOf('b'), null);
      const next = await opened.registry.transact([], [put('c', '1')]);
      assert.ok(next !== null && revision !== null && next >= revision + 3n);
    });

    it('removes the keys of a lease when it is revoked, and says so to watches', async () => {
      const lease = await opened.registry.lease(5_000);
      await opened.registry.transact([], [{ ...put('nodes/1', 'x'), lease }, put('nodes/2', 'y')]);
      const reading = batches(opened.registry.watch('nodes/'), 2);
      await lease.revoke();
      await lease.revoke();
      assert.deepEqual((await reading).map(described)[1], ['delete nodes/1']);
      assert.equal(await textOf('nodes/1'), null);
      assert.equal(await textOf('nodes/2'), 'y');
    });

    it('keeps a key that was written again without the lease', async () => {
      const lease = await opened.registry.lease(5_000);
      await opened.registry.transact([], [{ ...put('a', '1'), lease }]);
      await opened.registry.transact([], [put('a', '2')]);
      await lease.revoke();
      assert.equal(await textOf('a'), '2');
    });

    it('refuses a lease that was revoked', async () => {
      const lease = await opened.registry.lease(5_000);
      await lease.revoke();
      await rejectsWith(opened.registry.transact([], [{ ...put('a', '1'), lease }]), 'FAILED_PRECONDITION', /lease/);
    });

    it('tells the holder of a lease when the registry is closed', async () => {
      const lease = await opened.registry.lease(5_000);
      assert.equal(lease.lost.aborted, false);
      await opened.registry.close();
      assert.equal(lease.lost.aborted, true);
    });
  });
}

/** The first `count` batches of a watch, which is closed then; fewer when it ends before. */
async function batches(watch: RegistryWatch, count: number): Promise<(readonly RegistryEvent[])[]> {
  const seen: (readonly RegistryEvent[])[] = [];
  for await (const batch of watch) {
    seen.push(batch);
    if (seen.length === count) break;
  }
  await watch.close();
  return seen;
}

function described(events: readonly RegistryEvent[] | undefined): string[] {
  return (events ?? []).map((event) => {
    if (event.kind === 'delete') return `delete ${event.key}`;
    return `put ${event.entry.key} ${Buffer.from(event.entry.value).toString()}`;
  });
}
