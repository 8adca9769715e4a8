/**
 * Backup and restore over a cluster of three nodes: a restored collection is the one that was backed up, as of one instant, also when
 * it was written to meanwhile; what fails leaves nothing behind.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkArchive, readMembers, writeArchive } from '../../client/cli/backup/archive-folder.js';
import type { MemberPart, RestoreResult } from '../../client/sdk/backups.js';
import { sleep, systemClock } from '../../base/clock.js';
import type { ChangeLog } from '../../cluster/change-log.js';
import { keys } from '../../cluster/keys.js';
import type { ArchivedShard, ArchiveManifest } from '../../cluster/archive/archive.js';
import { encodeManifest } from '../../cluster/archive/archive-manifest.js';
import { overriding } from './stand-ins.js';
import { inFolder } from '../temporary-folder.js';
import { answers, at, everything, manyKinds, withRing } from './ring-collection.js';
import type { SmallCluster } from './small-cluster.js';

const digits = (i: number): string => String(i).padStart(3, '0');

/** Backs `name` up into `folder`. */
async function backUp({ client }: SmallCluster, name: string, folder: string): Promise<void> {
  await writeArchive(folder, client.backups.backup(name));
}

/** Restores `folder` as `name`, with every part of every member passed through `change`. */
async function restore(
  { client }: SmallCluster,
  folder: string,
  name: string,
  change: (part: MemberPart, member: string) => MemberPart | null = (part) => part,
): Promise<RestoreResult> {
  const { manifest, bytes, problems } = await checkArchive(folder);
  assert.deepEqual(problems, []);
  async function* members(): AsyncGenerator<MemberPart> {
    let member = '';
    for await (const part of readMembers(folder, manifest)) {
      if (part.kind === 'member') member = part.name;
      const changed = change(part, member);
      if (changed !== null) yield changed;
    }
  }
  return client.backups.restore({ collection: name, manifest: bytes, members: members() });
}

/**
 * Everything that the cluster keeps of its collections, on disk and in the registry, but for how far the log of `notes` may be forgotten,
 * which comes when its segments do.
 */
async function holdings(cluster: SmallCluster): Promise<unknown> {
  const { registry, objects } = cluster.embedded;
  const uid = Buffer.from((await registry.get(keys.collection('notes')))!.value).toString();
  const floors = keys.floorsOf(uid);
  const all = (await registry.list('')).map(({ key }) => key).filter((key) => !key.startsWith(floors));
  const data = ['shard-1', 'shard-2', 'shard-3'].map((id) => readdirSync(cluster.dataOf(id), { recursive: true }));
  const folders = data.map((names) =>
    names.map(String).filter((name) => !name.includes('/') && /^[0-9a-f]{16}$/.test(name)),
  );
  const log = readdirSync(join(cluster.directory, 'log')).filter((name) => /^[0-9a-f]{16}/.test(name));
  return { keys: all, folders, log, objects: await objects.list('') };
}

describe('a backup', function () {
  this.timeout(60_000);

  it('is restored as the same documents under the same docIds, with the same answers', () =>
    inFolder((folder) =>
      withRing(async (cluster) => {
        const { client } = cluster;
        const documents = manyKinds(200);
        await client.documents.upsert('notes', documents);
        await client.cluster.flush('notes');
        const moved = documents.slice(0, 40).map((each, i) => ({ id: each.id, text: 'again', vector: at(i * 31) }));
        await client.documents.upsert('notes', moved);
        await client.documents.delete('notes', ['d0050', 'd0063', 'd0001']);
        await client.documents.set('notes', 'd0073', { word: 'set' }, ['flag']);
        const written = await client.documents.upsert('notes', [{ id: 'late', text: 'late', vector: at(77) }]);

        await backUp(cluster, 'notes', join(folder, 'backup'));
        const restored = await restore(cluster, join(folder, 'backup'), 'copy');
        assert.equal(restored.documents, 198);
        assert.ok(restored.sequence >= written.sequence);
        const [before, after] = [await everything(client, 'notes'), await everything(client, 'copy')];
        assert.deepEqual(after, before);
        assert.equal(before.length, 198);
        assert.deepEqual(await answers(client, 'copy'), await answers(client, 'notes'));
        const [one, two] = [await client.collections.describe('notes'), await client.collections.describe('copy')];
        for (const field of [
          'dim',
          'attributes',
          'lists',
          'shards',
          'documents',
          'structureVersion',
          'replicas',
        ] as const)
          assert.deepEqual(two[field], one[field], field);

        await cluster.down();
        await cluster.up();
        assert.deepEqual(await everything(cluster.client, 'copy'), before);
        assert.deepEqual(await answers(cluster.client, 'copy'), await answers(cluster.client, 'notes'));
      }),
    ));

  it('is a collection like any other afterwards: its docIds go on, and what is written counts', () =>
    inFolder((folder) =>
      withRing(async (cluster) => {
        const { client } = cluster;
        await client.documents.upsert('notes', manyKinds(30));
        await backUp(cluster, 'notes', join(folder, 'backup'));
        const { sequence } = await restore(cluster, join(folder, 'backup'), 'copy');
        const before = await client.documents.get('copy', 'd0001');
        const written = await client.documents.upsert('copy', [{ id: 'd0001', text: 'new', vector: at(200) }]);
        assert.ok(written.sequence > sequence && (written.results[0]?.docId ?? 0n) > before.docId);
        const refused = await client.documents.upsert('copy', [{ id: 'd0002', text: 'x', vector: at(1) }], {
          conditions: [{ ifAbsent: true }],
        });
        assert.equal(refused.results[0]?.error?.code, 'FAILED_PRECONDITION');
        const known = await client.documents.get('copy', 'd0004');
        await client.documents.delete('copy', ['d0004', 'd0003'], { conditions: [{ ifDocId: known.docId }, null] });
        const { hits } = await client.search('copy', at(200), { mode: 'dense', k: 100, minSequence: written });
        assert.equal(hits.filter(({ id }) => id === 'd0001').length, 1);
        assert.equal((await client.documents.count('copy')).documents, 28);
        assert.equal((await client.documents.count('notes')).documents, 30);
        await client.collections.drop('copy');
        await restore(cluster, join(folder, 'backup'), 'copy');
        assert.equal((await client.documents.count('copy')).documents, 30);
      }),
    ));

  it('taken while it is written to is the collection of one instant, with all that was acknowledged before', () =>
    inFolder((folder) =>
      withRing(async (cluster) => {
        const { client } = cluster;
        await client.documents.upsert('notes', manyKinds(300));
        const writers = [0, 1, 2, 3].map((number) => new Writer(cluster, number));
        const state = { isOver: false };
        const writing = writers.map((writer) => writer.run(() => state.isOver));
        while (writers.some((writer) => writer.acknowledged < 20))
          await new Promise((resolve) => setTimeout(resolve, 5));
        const before = writers.map((writer) => writer.acknowledged);
        await backUp(cluster, 'notes', join(folder, 'backup'));
        const after = writers.map((writer) => writer.begun);
        state.isOver = true;
        await Promise.all(writing);
        assert.ok(
          after.some((step, i) => step > before[i]!),
          'nothing was written during the backup',
        );

        await restore(cluster, join(folder, 'backup'), 'copy');
        const found = await everything(client, 'copy');
        assert.equal(new Set(found.map(({ id }) => id)).size, found.length);
        const { documents } = await client.documents.count('copy');
        assert.equal(documents, found.length);
        const { hits } = await client.search('copy', at(0), { mode: 'dense', k: 10_000, exact: true });
        assert.deepEqual(
          hits.map(({ id }) => id).sort(),
          found.map(({ id }) => id),
        );
        for (const [i, writer] of writers.entries()) {
          const own = found.filter(({ id }) => id.startsWith(`w${writer.number}-`));
          const texts = new Map(own.map(({ id, text }) => [id, text ?? '']));
          const step = writer.stepOf(texts);
          const told = `writer ${writer.number} is at step ${step} of ${before[i]} to ${after[i]}`;
          assert.ok(step !== null && step >= before[i]! && step <= after[i]!, told);
        }
      }, hesitant()),
    ));

  it('gives the log free again, also when nobody reads it to its end', () =>
    inFolder((folder) =>
      withRing(async (cluster) => {
        const { client, embedded } = cluster;
        await client.documents.upsert('notes', manyKinds(50));
        for await (const part of client.backups.backup('notes')) {
          assert.equal((await embedded.registry.list('holds/')).length, 1);
          if (part.kind === 'data') break;
        }
        for (let left = 1; left > 0; left = (await embedded.registry.list('holds/')).length)
          await new Promise((resolve) => setTimeout(resolve, 5));
        await backUp(cluster, 'notes', join(folder, 'backup'));
        assert.deepEqual(await embedded.registry.list('holds/'), []);
        await assert.rejects(client.backups.backup('none').next(), { code: 'NOT_FOUND' });
      }),
    ));
});

describe('a restore that fails', function () {
  this.timeout(60_000);

  it('leaves nothing behind, whatever is wrong with it', () =>
    inFolder((folder) =>
      withRing(async (cluster) => {
        const { client } = cluster;
        await client.documents.upsert('notes', manyKinds(60));
        const backup = join(folder, 'backup');
        await backUp(cluster, 'notes', backup);
        await client.documents.upsert('notes', [{ id: 'x', text: 'x', vector: at(3) }]);
        const before = await holdings(cluster);
        const flip = (part: MemberPart, member: string, name: string): MemberPart => {
          if (part.kind === 'member' || member !== name) return part;
          const bytes = Buffer.from(part.bytes);
          bytes[bytes.length >> 1]! ^= 8;
          return { kind: 'data', bytes };
        };
        const { manifest } = await checkArchive(backup);
        const sealed = manifest.members.filter(({ name }) => name.endsWith('.segment')).at(-1)?.name ?? '';
        const last = manifest.members.at(-1)?.name ?? '';
        const cases: readonly (readonly [string, Parameters<typeof restore>[3], string])[] = [
          ['a damaged structure', (part, member) => flip(part, member, 'structure'), 'DATA_LOSS'],
          ['a damaged segment', (part, member) => flip(part, member, sealed), 'DATA_LOSS'],
          ['a member too few', (part, member) => (member === last ? null : part), 'INVALID_ARGUMENT'],
          ['another order', (part) => (part.kind === 'member' ? { ...part, name: last } : part), 'INVALID_ARGUMENT'],
          [
            'a second beginning',
            (part) => (part.kind === 'member' ? { ...part, name: '../x' } : part),
            'INVALID_ARGUMENT',
          ],
        ];
        for (const [what, change, code] of cases) {
          await assert.rejects(restore(cluster, backup, 'copy', change), { code }, what);
          assert.deepEqual(await holdings(cluster), before, what);
        }
        await restore(cluster, backup, 'copy');
        assert.equal((await client.documents.count('copy')).documents, 60);
      }),
    ));

  it('takes no name that is taken, asks for no more nodes than there are, and believes no manifest', () =>
    inFolder((folder) =>
      withRing(async (cluster) => {
        const { client } = cluster;
        await client.documents.upsert('notes', manyKinds(20));
        await client.collections.setAlias('alias', 'notes');
        const backup = join(folder, 'backup');
        await backUp(cluster, 'notes', backup);
        const before = await holdings(cluster);
        const { manifest, bytes } = await checkArchive(backup);
        const task = { collection: 'copy', manifest: bytes, members: readMembers(backup, manifest) };
        const tries = [
          [{ ...task, collection: 'notes' }, 'ALREADY_EXISTS', /collection 'notes' exists already/],
          [{ ...task, collection: 'alias' }, 'ALREADY_EXISTS', /'alias' is an alias/],
          [{ ...task, collection: '../x' }, 'INVALID_ARGUMENT', /name '..\/x' is not of the form/],
          [{ ...task, replicas: 4 }, 'FAILED_PRECONDITION', /wants 4 replicas, 3 shard nodes are up/],
          [{ ...task, manifest: bytes.subarray(1) }, 'DATA_LOSS', /checksum of backup-manifest/],
          [
            { ...task, manifest: encodeManifest({ ...manifest, settings: Buffer.from('nonsense') }) },
            'INVALID_ARGUMENT',
            /settings/,
          ],
          [{ ...task, manifest: encodeManifest({ ...manifest, format: 9 }) }, 'FAILED_PRECONDITION', /format 9/],
          [
            { ...task, manifest: encodeManifest({ ...manifest, sequence: 2n ** 52n - 1n }) },
            'INVALID_ARGUMENT',
            /no log position/,
          ],
          [
            { ...task, manifest: encodeManifest({ ...manifest, shards: swapped(manifest.shards) }) },
            'INVALID_ARGUMENT',
            /belong to other shards/,
          ],
        ] as const;
        for (const [attempt, code, message] of tries) {
          await assert.rejects(client.backups.restore({ ...attempt, members: readMembers(backup, manifest) }), {
            code,
            message,
          });
          assert.deepEqual(await holdings(cluster), before);
        }
      }),
    ));
});

/** The shards, with the files and marks of the first two exchanged. */
function swapped([one, two, ...others]: ArchiveManifest['shards']): ArchiveManifest['shards'] {
  assert.ok(one !== undefined && two !== undefined);
  const given = ({ files, marks }: ArchivedShard): Partial<ArchivedShard> => ({ files, marks });
  return [{ ...one, ...given(two) }, { ...two, ...given(one) }, ...others];
}

/** Nodes whose appends, by which a directory carries out what it decided, take their time, each another one. */
function hesitant(): Parameters<typeof withRing>[1] {
  const state = { appends: 0 };
  return {
    standIns: (id, { log, registry }) => {
      if (!id.startsWith('shard')) return { log, registry };
      const append: ChangeLog['append'] = async (...args) => {
        state.appends += 1;
        await sleep(systemClock, (state.appends * 37) % 80);
        return log.append(...args);
      };
      return { log: overriding(log, { append }), registry };
    },
  };
}

/** One writer of its own ids, one step after another, whose every state can be told from its number. */
class Writer {
  readonly number: number;
  readonly #cluster: SmallCluster;
  /** Of each step, what it leaves: id → text. */
  readonly #states: ReadonlyMap<string, string>[] = [new Map()];
  begun = 0;
  acknowledged = 0;

  constructor(cluster: SmallCluster, number: number) {
    this.number = number;
    this.#cluster = cluster;
  }

  async run(isOver: () => boolean): Promise<void> {
    const { documents } = this.#cluster.client;
    for (let step = 1; !isOver(); step += 1) {
      const id = `w${this.number}-${digits(step % 12)}`;
      const state = new Map(this.#states.at(-1));
      const text = `step ${step}`;
      const kind = step % 5;
      if (kind === 4) state.delete(id);
      else state.set(id, text);
      this.#states.push(state);
      this.begun = step;
      const vector = at(step * 67 + this.number * 11);
      if (kind === 4) await documents.delete('notes', [id]);
      else if (kind === 3) await this.#conditionally({ id, text, vector });
      else if (kind === 2) await this.#inPassages(id, text, step);
      else await documents.upsert('notes', [{ id, text, vector }]);
      this.acknowledged = step;
    }
  }

  /** The step after which the documents are `texts`; null when there was no such step. */
  stepOf(texts: ReadonlyMap<string, string>): number | null {
    const wanted = JSON.stringify([...texts].sort());
    const step = this.#states.findIndex((state) => JSON.stringify([...state].sort()) === wanted);
    return step < 0 ? null : this.#states.findLastIndex((state) => JSON.stringify([...state].sort()) === wanted);
  }

  /** Two updates of the same document, each on condition of what is there. */
  async #conditionally(document: { id: string; text: string; vector: Float32Array }): Promise<void> {
    const { documents } = this.#cluster.client;
    const known = await documents.get('notes', document.id).catch(() => null);
    const condition = known === null ? ({ ifAbsent: true } as const) : { ifDocId: known.docId };
    const { results } = await documents.upsert('notes', [document], { conditions: [condition] });
    assert.equal(results[0]?.error ?? null, null);
  }

  async #inPassages(id: string, text: string, step: number): Promise<void> {
    const passages = [0, 1, 2].map((part) => ({ vector: at(step * 67 + part * 120), start: 0, end: 0 }));
    await this.#cluster.client.documents.upsert('notes', [{ id, text, passages }]);
  }
}
