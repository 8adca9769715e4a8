/**
 * Writing to a collection of several lists in several shards on several nodes, its directory in three partitions: what was
 * acknowledged is there, once, in its newest version, wherever its vector has led it.
 */
import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../base/clock.js';
import { createLogger } from '../../base/logger.js';
import type { Document } from '../../client/sdk/types.js';
import { openEmbedded } from '../../cluster/embedded/open.js';
import { keys } from '../../cluster/keys.js';
import { startCoordinator } from '../../coordinator/main.js';
import { rejectsWith } from './rejects.js';
import { withCluster, type SmallCluster } from './small-cluster.js';

const silent = createLogger('test', 'silent');

/** Six lists around the circle, in three shards of two neighbours each. */
const angles = [0, 60, 120, 180, 240, 300];
const unit = (degrees: number): [number, number] => [
  Math.cos((degrees * Math.PI) / 180),
  Math.sin((degrees * Math.PI) / 180),
];
const at = (degrees: number): Float32Array => Float32Array.from(unit(degrees));
const centroids = Float32Array.from(angles.flatMap(unit));

async function withCollection(work: (cluster: SmallCluster) => Promise<void>): Promise<void> {
  await withCluster({ shardNodes: 3 }, async (cluster) => {
    await cluster.client.collections.create('notes', {
      model: 'none',
      dim: 2,
      centroids,
      shards: 3,
      directoryPartitions: 3,
      expiresBy: 'until',
      attributes: { year: 'int64' },
    });
    await work(cluster);
  });
}

function document(id: string, degrees: number, attributes: Document['attributes'] = {}): Document {
  return { id, text: `document ${id}`, vector: at(degrees), attributes };
}

/** Ids of all documents in order of their distance to the direction. */
async function found(
  cluster: SmallCluster,
  degrees: number,
  sequence?: { uid: string; sequence: bigint },
): Promise<string[]> {
  const { hits } = await cluster.client.search('notes', at(degrees), {
    k: 1_000,
    mode: 'dense',
    ...(sequence === undefined ? {} : { minSequence: sequence }),
  });
  return hits.map(({ id }) => id);
}

async function scrolled(cluster: SmallCluster): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of cluster.client.documents.scroll('notes')) ids.push(id);
  return ids;
}

const ring = Array.from({ length: 36 }, (_, i) =>
  document(`d${String(i).padStart(2, '0')}`, i * 10 + 1, { year: BigInt(i) }),
);

describe('writing to several shards', () => {
  it('spreads documents over them, and finds each once', () =>
    withCollection(async (cluster) => {
      const written = await cluster.client.documents.upsert('notes', ring);
      assert.ok(written.results.every(({ error }) => error === null));
      const ids = ring.map(({ id }) => id);
      assert.deepEqual((await found(cluster, 0, written)).sort(), ids);
      assert.deepEqual(await scrolled(cluster), ids);
      const { shards, lists, documents } = await cluster.client.collections.describe('notes');
      assert.deepEqual([shards, lists, documents], [3, 6, 36]);
      const sizes = (await cluster.client.cluster.shards('notes')).shards.map((shard) => Number(shard.documents));
      assert.deepEqual(sizes, [12, 12, 12]);
      const holders = await cluster.embedded.registry.list('placements/');
      assert.equal(holders.length, 3);
    }));

  it('moves a document from shard to shard, and shows one version of it', () =>
    withCollection(async (cluster) => {
      await cluster.client.documents.upsert('notes', ring);
      for (const degrees of [0, 120, 240, 60, 300, 180]) {
        const written = await cluster.client.documents.upsert('notes', [
          { ...document('mover', degrees), text: `at ${degrees}` },
        ]);
        const hits = await found(cluster, degrees, written);
        assert.equal(hits.filter((id) => id === 'mover').length, 1, `${degrees}`);
        assert.equal(hits.length, 37);
        assert.equal((await cluster.client.documents.get('notes', 'mover')).text, `at ${degrees}`);
        assert.equal((await cluster.client.documents.count('notes')).documents, 37);
      }
    }));

  it('skips what is unchanged, in an upsert and in an import', () =>
    withCollection(async (cluster) => {
      const first = await cluster.client.documents.import('notes', ring);
      assert.deepEqual([first.written, first.unchanged], [36, 0]);
      const again = await cluster.client.documents.import('notes', [...ring, document('new', 5)]);
      assert.deepEqual([again.written, again.unchanged], [1, 36]);
      const { results } = await cluster.client.documents.upsert('notes', [ring[3]!]);
      assert.equal(results[0]?.unchanged, true);
      assert.equal((await cluster.client.documents.get('notes', 'd03')).docId, results[0]?.docId);
    }));

  it('lets the last version of an id win, though its versions go to different shards', () =>
    withCollection(async (cluster) => {
      const versions = Array.from({ length: 60 }, (_, i) => ({ ...document('a', i * 70), text: `version ${i}` }));
      const { written } = await cluster.client.documents.import('notes', versions);
      assert.equal(written, 60);
      assert.equal((await cluster.client.documents.get('notes', 'a')).text, 'version 59');
      assert.deepEqual(await found(cluster, 0, undefined), ['a']);
    }));
});

describe('deleting', () => {
  it('ends a document wherever it is, and counts those that existed', () =>
    withCollection(async (cluster) => {
      await cluster.client.documents.upsert('notes', ring);
      const { deleted, ...where } = await cluster.client.documents.delete('notes', ['d00', 'd12', 'd24', 'none']);
      assert.equal(deleted, 3);
      assert.equal((await found(cluster, 0, where)).length, 33);
      await rejectsWith(cluster.client.documents.get('notes', 'd12'), 'NOT_FOUND');
      assert.equal((await cluster.client.documents.delete('notes', ['d00'])).deleted, 0);
      await cluster.client.documents.upsert('notes', [document('d12', 300)]);
      assert.equal((await cluster.client.documents.count('notes')).documents, 34);
    }));

  it('by a filter ends what matches', () =>
    withCollection(async (cluster) => {
      await cluster.client.documents.upsert('notes', ring);
      const { deleted, ...where } = await cluster.client.documents.deleteWhere('notes', 'year >= 10 && year < 30');
      assert.equal(deleted, 20);
      assert.equal((await found(cluster, 0, where)).length, 16);
      assert.deepEqual((await scrolled(cluster)).slice(9, 11), ['d09', 'd30']);
      await rejectsWith(cluster.client.documents.deleteWhere('notes', 'month > 3'), 'INVALID_ARGUMENT', /month/);
    }));

  it('ends documents whose time has passed', () =>
    withCollection(async (cluster) => {
      const hour = 3_600_000;
      const now = Date.now();
      await cluster.client.documents.upsert('notes', [
        document('old', 0, { until: new Date(now - hour) }),
        document('soon', 120, { until: new Date(now + hour) }),
        document('later', 240, { until: new Date(now + 10 * hour) }),
        document('ever', 60),
      ]);
      assert.deepEqual(await scrolled(cluster), ['ever', 'later', 'soon']);
      assert.deepEqual((await found(cluster, 0)).sort(), ['ever', 'later', 'soon']);
      await rejectsWith(cluster.client.documents.get('notes', 'old'), 'NOT_FOUND');
      const { registry, log, objects } = cluster.embedded;
      // Another coordinator, which is two hours ahead.
      const clock = { ...systemClock, wallMs: () => systemClock.wallMs() + 2 * hour };
      const config = { id: 'coordinator-2', port: 0, expirySweepMs: 20 };
      const ahead = await startCoordinator({
        config,
        registry,
        log,
        objects,
        clock,
        logger: silent,
      });
      try {
        for (let left = 3; left > 2;) left = (await cluster.client.documents.count('notes')).documents;
      } finally {
        await ahead.close();
      }
      assert.deepEqual(await scrolled(cluster), ['ever', 'later']);
      const { documents } = await cluster.client.collections.describe('notes');
      assert.equal(documents, 2);
    }));
});

describe('writing under conditions', () => {
  it('happens once, and says what was in its way', () =>
    withCollection(async (cluster) => {
      const { documents } = cluster.client;
      const create = { conditions: [{ ifAbsent: true } as const], writeId: 'create-a' };
      const first = await documents.upsert('notes', [document('a', 0)], create);
      assert.equal(first.results[0]?.error, null);
      const { docId } = first.results[0]!;
      const repeated = await documents.upsert('notes', [document('a', 0)], create);
      assert.deepEqual([repeated.results[0]?.error, repeated.results[0]?.docId], [null, docId]);
      const other = await documents.upsert('notes', [document('a', 0)], { conditions: [{ ifAbsent: true }] });
      assert.equal(other.results[0]?.error?.code, 'FAILED_PRECONDITION');
      assert.match(other.results[0]!.error!.message, new RegExp(`docId ${docId}`));
      const moved = await documents.upsert('notes', [{ ...document('a', 180), text: 'moved' }], {
        conditions: [{ ifDocId: docId }],
      });
      assert.equal(moved.results[0]?.error, null);
      assert.deepEqual(await found(cluster, 0, moved), ['a']);
      const stored = await documents.get('notes', 'a');
      assert.deepEqual([stored.text, stored.docId], ['moved', moved.results[0]?.docId]);
      const late = await documents.delete('notes', ['a'], { conditions: [{ ifDocId: docId }] });
      assert.equal(late.deleted, 0);
      const unknown = await documents.upsert('notes', [document('b', 0)], { conditions: [{ ifDocId: 77n }] });
      assert.equal(unknown.results[0]?.error?.code, 'FAILED_PRECONDITION');
      assert.equal((await documents.count('notes')).documents, 1);
    }));

  it('lets one of many writers through', () =>
    withCollection(async (cluster) => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          cluster.client.documents.upsert('notes', [{ ...document('a', i * 40), text: `writer ${i}` }], {
            conditions: [{ ifAbsent: true }],
          }),
        ),
      );
      const winners = answers.flatMap(({ results }, i) => (results[0]?.error === null ? [i] : []));
      assert.equal(winners.length, 1);
      const last = answers.reduce((best, each) => (each.sequence > best.sequence ? each : best));
      assert.deepEqual(await found(cluster, 0, last), ['a']);
      assert.equal((await cluster.client.documents.get('notes', 'a')).text, `writer ${winners[0]}`);
    }));
});

describe('a write id', () => {
  const writeId = 'once';
  const named = (prefix: string): Document[] =>
    Array.from({ length: 6 }, (_, i) => document(`${prefix}${i}`, i * 60, { year: BigInt(i) }));
  const conditions = Array.from({ length: 6 }, () => ({ ifAbsent: true as const }));

  it('gives a repeated request its first answer', () =>
    withCollection(async ({ client: { documents } }) => {
      const first = await documents.upsert('notes', named('a'), { conditions, writeId });
      const again = await documents.upsert('notes', named('a'), { conditions, writeId });
      assert.deepEqual(again.results, first.results);
      assert.ok(first.results.every(({ error }) => error === null));
    }));

  it('that is used again for other documents acknowledges none that is not written', () =>
    withCollection(async ({ client: { documents } }) => {
      await documents.upsert('notes', named('a'), { conditions, writeId });
      const other = await documents.upsert('notes', named('b'), { conditions, writeId });
      assert.ok(other.results.every(({ error }) => error === null));
      for (const { id, docId } of other.results) assert.equal((await documents.get('notes', id)).docId, docId);
      const part = await documents.upsert('notes', named('a').slice(3), { conditions: conditions.slice(3), writeId });
      assert.ok(part.results.every(({ error }) => error?.code === 'FAILED_PRECONDITION'));
      assert.equal((await documents.delete('notes', ['a1', 'a2'], { writeId })).deleted, 2);
      assert.equal((await documents.count('notes')).documents, 10);
    }));
});

describe('setting attributes', () => {
  it('keeps all else, and is seen by filters', () =>
    withCollection(async (cluster) => {
      const { documents } = cluster.client;
      await documents.upsert('notes', ring);
      const set = await documents.set('notes', 'd05', { year: 1990n, kind: 'new' }, []);
      const stored = await documents.get('notes', 'd05', { withVectors: true });
      assert.deepEqual(stored.attributes, { year: 1990n, kind: 'new' });
      assert.deepEqual([stored.text, stored.docId], ['document d05', set.docId]);
      assert.ok(Math.abs(stored.vector![0]! - at(51)[0]!) < 1e-3);
      assert.equal((await documents.count('notes', { filter: 'kind == "new"', minSequence: set })).documents, 1);
      await documents.set('notes', 'd05', {}, ['kind']);
      assert.deepEqual((await documents.get('notes', 'd05')).attributes, { year: 1990n });
      assert.equal((await found(cluster, 50, set)).length, 36);
      await rejectsWith(documents.set('notes', 'none', { year: 1n }), 'NOT_FOUND', /document 'none' does not exist/);
      await rejectsWith(documents.set('notes', 'd05', { year: 'x' }), 'INVALID_ARGUMENT', /'year' is string/);
      await rejectsWith(documents.set('notes', 'd05', {}), 'INVALID_ARGUMENT', /nothing is to be set/);
    }));

  it('loses none of several changes at once', () =>
    withCollection(async (cluster) => {
      const { documents } = cluster.client;
      await documents.upsert('notes', [document('a', 0)]);
      await Promise.all(Array.from({ length: 5 }, (_, i) => documents.set('notes', 'a', { [`x${i}`]: BigInt(i) })));
      const { attributes } = await documents.get('notes', 'a');
      assert.deepEqual(Object.keys(attributes ?? {}).sort(), ['x0', 'x1', 'x2', 'x3', 'x4']);
    }));
});

describe('a document with passages', () => {
  const text = 'north east south west';
  const passages = [
    { vector: at(0), start: 0, end: 5 },
    { vector: at(120), start: 6, end: 10 },
    { vector: at(10), start: 11, end: 16 },
    { vector: at(240), start: 17, end: 0 },
  ];
  const whole: Document = { id: 'p', text, passages, attributes: { year: 1n } };

  it('is found once, by its best passage, from any shard', () =>
    withCollection(async (cluster) => {
      const { search, documents } = cluster.client;
      const written = await documents.upsert('notes', [whole, document('far', 180)]);
      const minSequence = { uid: written.uid, sequence: written.sequence };
      for (const [degrees, start, end] of [
        [0, 0, 5],
        [120, 6, 10],
        [10, 11, 16],
        [240, 17, 21],
      ] as const) {
        const { hits } = await search('notes', at(degrees), { mode: 'dense', k: 5, minSequence });
        assert.deepEqual(hits.map(({ id }) => id).sort(), ['far', 'p']);
        assert.deepEqual([hits[0]?.id, hits[0]?.passage, hits[0]?.text], ['p', { start, end }, text]);
      }
      assert.equal((await documents.count('notes')).documents, 2);
      assert.deepEqual(await scrolled(cluster), ['far', 'p']);
    }));

  it('keeps its passages when attributes are set, and loses them all when it is deleted', () =>
    withCollection(async (cluster) => {
      const { search, documents } = cluster.client;
      await documents.upsert('notes', [whole]);
      const set = await documents.set('notes', 'p', { year: 2n });
      for (const degrees of [0, 120, 240]) {
        const { hits } = await search('notes', at(degrees), { mode: 'dense', filter: 'year == 2', minSequence: set });
        assert.deepEqual(
          hits.map(({ id, docId }) => [id, docId]),
          [['p', set.docId]],
        );
        assert.ok(hits[0]!.score > 0.99);
      }
      assert.equal((await search('notes', at(0), { mode: 'dense', filter: 'year == 1' })).hits.length, 0);
      const { deleted, ...where } = await documents.delete('notes', ['p']);
      assert.equal(deleted, 1);
      for (const degrees of [0, 120, 240]) assert.deepEqual(await found(cluster, degrees, where), []);
    }));

  it('gives way to a version with other passages', () =>
    withCollection(async (cluster) => {
      const { documents } = cluster.client;
      await documents.upsert('notes', [whole]);
      const written = await documents.upsert('notes', [document('p', 240)]);
      for (const degrees of [0, 120]) {
        const { hits } = await cluster.client.search('notes', at(degrees), { mode: 'dense', minSequence: written });
        assert.deepEqual(
          hits.map(({ id }) => id),
          ['p'],
        );
        assert.ok(hits[0]!.score < 0);
      }
    }));
});

describe('an alias', () => {
  it('leads reads and writes, and is re-pointed at once', () =>
    withCollection(async (cluster) => {
      const { collections, documents } = cluster.client;
      await collections.create('other', { model: 'none', dim: 2 });
      await collections.setAlias('current', 'notes');
      await collections.setAlias('latest', 'current');
      await documents.upsert('latest', [document('a', 0)]);
      assert.equal((await documents.count('notes')).documents, 1);
      await collections.setAlias('current', 'other');
      assert.equal((await documents.count('latest')).documents, 0);
      assert.deepEqual(await collections.aliases(), { current: 'other', latest: 'current' });
    }));

  it('never closes a circle, and holds what it points to', () =>
    withCollection(async (cluster) => {
      const { collections } = cluster.client;
      await collections.setAlias('a', 'notes');
      await collections.setAlias('b', 'a');
      await rejectsWith(collections.setAlias('a', 'b'), 'FAILED_PRECONDITION', /a → b → a/);
      await rejectsWith(collections.setAlias('c', 'c'), 'FAILED_PRECONDITION', /c → c/);
      await rejectsWith(collections.setAlias('notes', 'a'), 'ALREADY_EXISTS');
      await rejectsWith(collections.setAlias('c', 'none'), 'NOT_FOUND');
      await rejectsWith(collections.create('a', { model: 'none', dim: 2 }), 'ALREADY_EXISTS', /'a' is an alias/);
      await rejectsWith(collections.drop('notes'), 'FAILED_PRECONDITION', /alias 'a' point/);
      await rejectsWith(collections.drop('b'), 'FAILED_PRECONDITION', /'b' is an alias/);
      await rejectsWith(collections.dropAlias('a'), 'FAILED_PRECONDITION', /'b'/);
      await collections.dropAlias('b');
      await collections.dropAlias('a');
      assert.equal(await collections.drop('notes'), 0);
    }));
});

describe('dropping a collection', () => {
  it('ends imports and writes under way with NOT_FOUND, and leaves no key behind', () =>
    withCollection(async (cluster) => {
      const { documents, collections } = cluster.client;
      const { uid } = await collections.describe('notes');
      const state = { dropped: false };
      async function* endless(): AsyncGenerator<Document> {
        for (let i = 0; i < 1_000_000; i += 1) {
          if (i === 5_000) {
            await collections.drop('notes');
            state.dropped = true;
          }
          yield document(`e${i}`, i);
        }
      }
      await rejectsWith(documents.import('notes', endless()), 'NOT_FOUND', /was dropped meanwhile/);
      assert.ok(state.dropped);
      await rejectsWith(documents.upsert('notes', [document('a', 0)]), 'NOT_FOUND', /does not exist/);
      const left = (await cluster.embedded.registry.list('')).map(({ key }) => key).filter((key) => key.includes(uid));
      assert.deepEqual(
        left.filter((key) => !key.startsWith(keys.replicas) && !key.startsWith(keys.directoryStates)),
        [],
      );
      assert.deepEqual(await cluster.embedded.objects.list(`structures/${uid}/`), []);
    }));
});

describe('writes of every kind while their collection is dropped', () => {
  it('end with NOT_FOUND, each in its time', () =>
    withCollection(async (cluster) => {
      const { documents, collections } = cluster.client;
      await documents.upsert('notes', ring);
      const kinds: readonly ((turn: number) => Promise<unknown>)[] = [
        (turn) => documents.upsert('notes', [document(`u${turn}`, turn * 7)]),
        async (turn) => {
          const conditions = [{ ifAbsent: true } as const];
          const { results } = await documents.upsert('notes', [document(`c${turn}`, turn * 7)], { conditions });
          assert.equal(results[0]?.error, null);
        },
        (turn) => documents.delete('notes', [`u${turn}`, 'd03']),
        (turn) => documents.set('notes', 'd07', { turn: BigInt(turn) }),
        () => documents.deleteWhere('notes', 'year == 5'),
        (turn) =>
          documents.upsert('notes', [
            {
              id: `p${turn}`,
              text: 'p',
              passages: [0, 120, 240].map((degrees) => ({ vector: at(degrees), start: 0, end: 0 })),
            },
          ]),
      ];
      const state = { started: 0 };
      const ends = kinds.map(async (kind) => {
        for (let turn = 0; ; turn += 1) {
          state.started += 1;
          await kind(turn);
        }
      });
      const outcomes = Promise.allSettled(ends);
      while (state.started < 40) await wait(5);
      await collections.drop('notes');
      for (const outcome of await outcomes) {
        assert.ok(outcome.status === 'rejected');
        assert.equal((outcome.reason as { code?: string }).code, 'NOT_FOUND', String(outcome.reason));
      }
    }));
});

describe('a log that lost its end', () => {
  it('is opened anew above what nodes have, so that versions never run backwards', () =>
    withCollection(async (cluster) => {
      const { uid } = await cluster.client.collections.describe('notes');
      await cluster.client.documents.upsert('notes', ring);
      for (let i = 0; i < 5; i += 1) await cluster.client.documents.upsert('notes', [document('d00', i * 50)]);
      const before = (await cluster.client.documents.get('notes', 'd00')).docId;
      await cluster.client.cluster.flush('notes');
      await cluster.down();
      const log = await openEmbedded({ directory: cluster.directory, clock: systemClock, logger: silent });
      await log.log.dropStream(uid);
      await log.log.createStream(uid, 2n);
      await log.close();
      await cluster.up();
      const written = await cluster.client.documents.upsert('notes', [{ ...document('d00', 200), text: 'after' }]);
      assert.equal(written.results[0]?.error, null);
      assert.ok(written.results[0]!.docId > before);
      // The directory takes up the new log a moment later, and says until then that it cannot answer.
      for (let turn = 0; (await found(cluster, 0, written)).length < 36 && turn < 100; turn += 1) await wait(50);
      assert.equal((await cluster.client.documents.get('notes', 'd00')).text, 'after');
      assert.equal((await cluster.client.documents.count('notes', { minSequence: written })).documents, 36);
      assert.equal((await cluster.client.documents.delete('notes', ['d00'])).deleted, 1);
    }));
});
