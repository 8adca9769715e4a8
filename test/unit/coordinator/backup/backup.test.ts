import assert from 'node:assert/strict';
import { ShoalError } from '../../../../base/errors.js';
import { parseManifest } from '../../../../cluster/archive/archive-manifest.js';
import type { ChangeLog } from '../../../../cluster/change-log.js';
import { keys, parametersObject } from '../../../../cluster/keys.js';
import type { Lease, Registry, RegistryEntry } from '../../../../cluster/registry.js';
import { backupCollection } from '../../../../coordinator/backup/backup.js';
import type { BackupParts } from '../../../../coordinator/backup/parts.js';
import type { BackupPart } from '../../../../proto/generated/shoal/v1/backup.js';
import { CollectionSettings } from '../../../../proto/generated/shoal/v1/collections.js';
import { AwaitCommittedResponse } from '../../../../proto/generated/shoal/v1/directory.js';
import { FakeClock } from '../../../fake-clock.js';
import { bareSettings, deadlineOf, registryOf, servingMap, silent, uid, viewOf } from '../fixtures.js';
import { transferring } from './fixtures.js';

/** Two shards of no files, a log that is at 6 at first and later at 8, and what happened in order. */
function rig(own: Partial<CollectionSettings> = {}) {
  const settings = bareSettings({ structureVersion: 0, ...own });
  const entry = { key: keys.setting(uid), value: CollectionSettings.encode(settings).finish(), revision: 1n };
  const entries = new Map<string, RegistryEntry>([[entry.key, entry]]);
  const events: string[] = [];
  const lost = new AbortController();
  const lease: Lease = { id: 'l1', lost: lost.signal, revoke: async () => void events.push('lease revoked') };
  const positions = [6n, 8n];
  const log: Partial<ChangeLog> = {
    state: async () => {
      const lastSequence = positions.shift() ?? 8n;
      events.push(`log at ${lastSequence}`);
      return { firstSequence: 1n, lastSequence, entries: 0, bytes: 0 };
    },
    lastSequence: async () => 0n,
  };
  const { peers } = transferring(({ method, address }) => {
    events.push(`${method} at ${address}`);
    return method === 'openSnapshot' ? { snapshot: 1n, marks: [], files: [] } : {};
  });
  const awaitCommitted = async (_: string, request: { sequence: bigint }): Promise<AwaitCommittedResponse> => {
    events.push(`committed ${request.sequence}`);
    return AwaitCommittedResponse.fromPartial({});
  };
  const map = { ...servingMap(2), uids: new Map([['notes', uid]]), settings: new Map([[uid, settings]]) };
  const registry = { ...registryOf(entries), lease: async () => lease } as Registry;
  const parts = {
    registry,
    log: log as ChangeLog,
    view: viewOf(map),
    peers: { ...peers, awaitCommitted },
    clock: new FakeClock(),
    logger: silent,
  } as unknown as BackupParts;
  return { parts, events, entries, lost };
}

async function parts(of: BackupParts): Promise<BackupPart[]> {
  const all: BackupPart[] = [];
  for await (const part of backupCollection('notes', of, deadlineOf())) all.push(part);
  return all;
}

describe('a backup of a collection', () => {
  it('holds the log, takes the shards, fixes the instant, waits for the directory, and reads to the end', async () => {
    const { parts: given, events, entries } = rig();
    const all = await parts(given);
    assert.deepEqual(events, [
      ...['openSnapshot at node-0:1', 'closeSnapshot at node-0:1'],
      ...['openSnapshot at node-0:1', 'closeSnapshot at node-0:1'],
      ...['log at 6', 'committed 6', 'log at 8', 'lease revoked'],
    ]);
    assert.equal(Buffer.from(entries.get(keys.hold(uid, 'backup-l1'))?.value ?? []).toString(), '0');
    assert.deepEqual(all.slice(0, -1), [{ member: 'shard-0.log' }, { member: 'shard-1.log' }]);
    const manifest = parseManifest(all.at(-1)?.manifest ?? Buffer.alloc(0));
    assert.deepEqual([manifest.sequence, manifest.cut, manifest.uid], [8n, 6n, uid]);
    assert.deepEqual(
      manifest.shards.map(({ shard, lists }) => [shard, ...lists]),
      [
        [0, 0],
        [1, 1],
      ],
    );
  });

  it('names the learned parameters that it has, though others were activated meanwhile', async () => {
    const { parts: given, entries } = rig();
    const entry = entries.get(keys.setting(uid))!;
    const later = CollectionSettings.encode({
      ...CollectionSettings.decode(entry.value),
      parametersVersion: 4,
    }).finish();
    entries.set(entry.key, { ...entry, value: later });
    const manifest = parseManifest((await parts(given)).at(-1)?.manifest ?? Buffer.alloc(0));
    assert.equal(manifest.parameters, null);
    assert.equal(CollectionSettings.decode(manifest.settings).parametersVersion, 0);
  });

  it('says how to go on without parameters that are damaged or gone', async () => {
    const { parts: given } = rig({ codebookVersion: 3, parametersVersion: 4 });
    const damaged = new ShoalError('DATA_LOSS', 'it is damaged');
    const without = (parameters: () => Promise<Uint8Array | null>): BackupParts => {
      const get = (name: string): Promise<Uint8Array | null> =>
        name === parametersObject(uid, 4) ? parameters() : Promise.resolve(Buffer.of(1));
      return { ...given, objects: { get } } as unknown as BackupParts;
    };
    const remedy = '`shoal codebooks NAME --activate 3` goes on without it';
    await assert.rejects(parts(without(() => Promise.reject(damaged))), {
      ...{ code: 'DATA_LOSS', message: `it is damaged; ${remedy}` },
    });
    const gone = `object '${parametersObject(uid, 4)}' is not in the object store; ${remedy}`;
    await assert.rejects(parts(without(async () => null)), { code: 'FAILED_PRECONDITION', message: gone });
  });

  it('ends when the lease of its hold is lost, or the collection dropped', async () => {
    const lapsed = rig();
    lapsed.lost.abort();
    await assert.rejects(parts(lapsed.parts), { code: 'UNAVAILABLE', message: /lost its lease/ });
    assert.equal(lapsed.events.at(-1), 'lease revoked');
    const dropped = rig();
    dropped.entries.clear();
    await assert.rejects(parts(dropped.parts), { code: 'NOT_FOUND' });
    assert.deepEqual(dropped.events, ['lease revoked']);
  });
});
