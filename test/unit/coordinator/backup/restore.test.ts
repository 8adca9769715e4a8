import assert from 'node:assert/strict';
import { encodeManifest } from '../../../../cluster/archive/archive-manifest.js';
import { keys } from '../../../../cluster/keys.js';
import type { Registry, RegistryEntry, RegistryWrite } from '../../../../cluster/registry.js';
import { restoreCollection, type RestoreParts } from '../../../../coordinator/backup/restore.js';
import type { RestorePart } from '../../../../proto/generated/shoal/v1/backup.js';
import { FakeClock } from '../../../fake-clock.js';
import { deadlineOf, mapOf, registryOf, shardNode, silent, viewOf } from '../fixtures.js';
import { archivedManifest, archivedMembers, transferring } from './fixtures.js';

const start = (collection = 'copy'): RestorePart => ({
  start: { collection, replicas: 1, manifest: Buffer.from(encodeManifest(archivedManifest())) },
});

/** The messages of a sound restore. */
function sound(): RestorePart[] {
  const members = Object.entries(archivedMembers()).flatMap(([member, data]) => [{ member }, { data }]);
  return [start(), ...members];
}

async function* stream(messages: readonly RestorePart[]): AsyncGenerator<RestorePart> {
  yield* messages;
}

/** Nodes take everything; what is done beside that is told in order. The name `notes` is taken, `news` an alias. */
function rig() {
  const events: string[] = [];
  const taken = [keys.collection('notes'), keys.alias('news')].map((key): [string, RegistryEntry] => [
    key,
    { key, value: Buffer.from('x'), revision: 1n },
  ]);
  const written = new Map<string, string>();
  const base = registryOf(new Map(taken));
  const registry = Object.assign(base, {
    transact: watched(base.transact, (write) => {
      if (write.operation === 'put') written.set(write.key, Buffer.from(write.value).toString());
    }),
  });
  const { peers, calls } = transferring(() => ({ documents: 1n }));
  const note = (what: string) => async (name: string) => void events.push(`${what} ${name}`);
  const parts = {
    registry,
    log: { dropStream: note('drop stream'), createStream: note('create stream') },
    objects: { put: note('put'), delete: note('delete'), list: async (prefix: string) => [`${prefix}1`] },
    view: viewOf(mapOf({ nodes: ['n1', 'n2'].map(shardNode) })),
    peers,
    clock: new FakeClock(),
    logger: silent,
    newUid: () => 'new',
  } as unknown as RestoreParts;
  const restore = (messages: readonly RestorePart[]) => restoreCollection(stream(messages), parts, deadlineOf());
  return { restore, events, calls, written };
}

/** `transact` after which `onWrite` is told of every write. */
function watched(transact: Registry['transact'], onWrite: (write: RegistryWrite) => void): Registry['transact'] {
  return async (conditions, writes) => {
    writes.forEach(onWrite);
    return transact(conditions, writes);
  };
}

describe('a restore of a collection', () => {
  it('asks nodes for nothing before name and manifest are found good', async () => {
    const { restore, calls, events } = rig();
    const refused: readonly (readonly [readonly RestorePart[], string])[] = [
      [[], 'INVALID_ARGUMENT'],
      [[{ member: 'structure' }], 'INVALID_ARGUMENT'],
      [[start('notes')], 'ALREADY_EXISTS'],
      [[start('news')], 'ALREADY_EXISTS'],
      [[{ start: { collection: 'copy', replicas: 0, manifest: Buffer.from('x') } }], 'DATA_LOSS'],
    ];
    for (const [messages, code] of refused) await assert.rejects(restore(messages), { code });
    assert.deepEqual([calls, events], [[], []]);
  });

  it('takes everything back when a member is damaged, missing, or not what the structure says', async () => {
    const damaged = sound().map((part) => (part.data?.toString() === 'log 4' ? { data: Buffer.from('log 5') } : part));
    const failing: readonly (readonly [readonly RestorePart[], string])[] = [
      [damaged, 'DATA_LOSS'],
      [sound().slice(0, -2), 'INVALID_ARGUMENT'],
      [[...sound(), start()], 'INVALID_ARGUMENT'],
    ];
    for (const [messages, code] of failing) {
      const { restore, events, calls } = rig();
      await assert.rejects(restore(messages), { code });
      const families = ['structures', 'codebooks', 'parameters', 'trainings'];
      const taken = families.map((family) => `delete ${family}/new/1`);
      assert.deepEqual(events, ['put structures/new/1', 'drop stream new', ...taken]);
      const begun = calls.filter(({ method }) => method === 'beginImport').length;
      assert.ok(begun > 0);
      assert.equal(calls.filter(({ method }) => method === 'discardImport').length, begun);
    }
  });

  it('says in the write that publishes it how far its nodes are, in every subject', async () => {
    const { restore, written } = rig();
    await assert.rejects(restore(sound()));
    const floors = [...written].filter(([key]) => key.startsWith('floors/'));
    assert.deepEqual(
      floors.sort(),
      ['shoal.new.3.0', 'shoal.new.3.4', 'shoal.new.directory'].map((subject) => [keys.floor(subject), '9']),
    );
  });

  it('opens nothing before every replica is on disk', async () => {
    const { restore, events, calls } = rig();
    // Nobody serves the collection in this rig, so the restore ends where it waits for that.
    await assert.rejects(restore(sound()));
    assert.deepEqual(events.slice(0, 2), ['put structures/new/1', 'create stream new']);
    const order = calls.map(({ method }) => method);
    assert.ok(order.lastIndexOf('finishImport') < order.indexOf('discardImport'));
    assert.equal(order.filter((method) => method === 'finishImport').length, 2);
    const empty = calls.find(({ request }) => request['file'] === 'empty');
    assert.deepEqual(empty?.request['data'], Buffer.alloc(0));
  });
});
