/**
 * Reading from a collection of six lists in three shards and two partitions of the directory, on three nodes with two replicas each:
 * what is asked where, what a reader sees of what was written, and what is met while documents move between shards.
 */
import assert from 'node:assert/strict';
import type { Document, SearchAnswer, SearchOptions, StoredDocument } from '../../client/sdk/types.js';
import { SmallCluster, type StandIns } from './small-cluster.js';
import { Delay, Outage } from './stand-ins.js';

const lists = 6;

/** float32[2] at `degrees`; list i is around i × 30°, and each shard has two neighbouring lists. */
const at = (degrees: number): Float32Array => {
  const radians = (degrees * Math.PI) / 180;
  return Float32Array.of(Math.cos(radians), Math.sin(radians));
};
const inList = (list: number): Float32Array => at(list * 30);

const centroids = Float32Array.from(Array.from({ length: lists }, (_, list) => [...inList(list)]).flat());

const idsOf = ({ hits }: SearchAnswer): string[] => hits.map(({ id }) => id);

/** Document `i` is in list `i mod 6`. */
function documents(count: number, generation = 0): Document[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `id-${String(i).padStart(4, '0')}`,
    text: `document ${i} of generation ${generation}`,
    attributes: { number: BigInt(i), parity: i % 2 === 0 ? 'even' : 'odd' },
    vector: inList((i + generation) % lists),
  }));
}

describe('reading a collection of several shards', () => {
  let cluster: SmallCluster;
  const delays = new Map<string, Delay>();
  const outage = new Outage();

  const standIns = (id: string, { log, registry }: StandIns): StandIns => {
    if (id === 'coordinator-1') return { log: outage.of(log), registry: outage.of(registry) };
    const delay = delays.get(id) ?? new Delay();
    delays.set(id, delay);
    return { log: delay.of(log), registry };
  };

  before(async () => {
    cluster = await SmallCluster.start({ shardNodes: 3, replicas: 2, standIns });
  });

  after(() => cluster.close());

  async function create(name: string): Promise<void> {
    await cluster.client.collections.create(name, {
      ...{ model: 'none', dim: 2, shards: 3, directoryPartitions: 2, centroids },
      attributes: { number: 'int64', parity: 'string' },
    });
  }

  async function filled(name: string, count: number): Promise<{ uid: string; sequence: bigint }> {
    await create(name);
    return cluster.client.documents.upsert(name, documents(count));
  }

  const search = (name: string, degrees: number, options: SearchOptions = {}): Promise<SearchAnswer> =>
    cluster.client.search(name, at(degrees), options);

  async function scrolled(
    name: string,
    options: { filter?: string; afterId?: string } = {},
  ): Promise<StoredDocument[]> {
    const found: StoredDocument[] = [];
    for await (const document of cluster.client.documents.scroll(name, options)) found.push(document);
    return found;
  }

  /** The nodes that hold a replica of the shard `shard`. */
  async function holders(name: string, shard: number): Promise<string[]> {
    const { shards: infos } = await cluster.client.cluster.shards(name);
    return infos.find((info) => info.shard === shard)!.replicas.map(({ node }) => node);
  }

  describe('by structure', () => {
    let minSequence: { uid: string; sequence: bigint };
    before(async () => (minSequence = await filled('routed', 60)));

    it('asks only the shards that own the nearest lists, and says so', async () => {
      const near = await search('routed', 31, { nprobe: 1, k: 20, minSequence });
      assert.ok(near.hits.every(({ attributes }) => Number(attributes['number']) % lists === 1));
      assert.equal(near.hits.length, 10);
      const { full, listsProbed, listsTotal, shardsContacted, shardsTotal } = near.coverage;
      assert.deepEqual([full, listsProbed, listsTotal, shardsContacted, shardsTotal], [true, 1, 6, 1, 3]);
      const wider = await search('routed', 31, { nprobe: 3, k: 30, minSequence });
      assert.deepEqual([wider.hits.length, wider.coverage.listsProbed], [30, 3]);
      assert.ok(wider.coverage.shardsContacted <= 2);
    });

    it('probes all lists where nothing says how many, and where asked to be exact', async () => {
      for (const options of [{}, { nprobe: 6 }, { nprobe: 1, exact: true }]) {
        const all = await search('routed', 31, { ...options, k: 60, minSequence });
        assert.deepEqual([all.hits.length, all.coverage.listsProbed, all.coverage.shardsContacted], [60, 6, 3]);
      }
      await assert.rejects(search('routed', 31, { nprobe: 7 }), { code: 'INVALID_ARGUMENT', message: /has 6 lists/ });
    });

    it('goes on to the other lists where the near ones have too few that match', async () => {
      const far = { filter: 'number >= 40 && parity == "even"', nprobe: 1, minSequence };
      const { hits, coverage } = await search('routed', 31, { ...far, k: 10 });
      assert.deepEqual(
        hits.map(({ id }) => id).sort(),
        Array.from({ length: 10 }, (_, i) => `id-00${40 + 2 * i}`),
      );
      assert.deepEqual([coverage.listsProbed, coverage.shardsContacted, coverage.full], [6, 3, true]);
      const enough = await search('routed', 31, { filter: 'number >= 0', nprobe: 1, k: 10, minSequence });
      assert.deepEqual([enough.hits.length, enough.coverage.listsProbed], [10, 1]);
    });

    it('finds what is like a document, in a batch with other questions', async () => {
      const outcomes = await cluster.client.searchBatch('routed', [{ like: 'id-0002' }, at(0), { like: 'nobody' }], {
        k: 9,
        minSequence,
      });
      const ids = outcomes.map(({ answer, error }) => (answer === null ? error.code : idsOf(answer)));
      const alike = Array.from({ length: 9 }, (_, i) => `id-${String(8 + i * lists).padStart(4, '0')}`);
      assert.deepEqual(ids[0], alike);
      assert.equal(ids[1]?.length, 9);
      assert.equal(ids[2], 'NOT_FOUND');
    });

    it('counts and scrolls with a filter, in the order of ids', async () => {
      const { documents: count } = await cluster.client.documents.count('routed', { filter: 'parity == "odd"' });
      assert.equal(count, 30);
      const found = await scrolled('routed', { filter: 'parity == "odd" && number < 10', afterId: 'id-0003' });
      assert.deepEqual(
        found.map(({ id }) => id),
        ['id-0005', 'id-0007', 'id-0009'],
      );
      const whole = await scrolled('routed');
      assert.deepEqual(
        whole.map(({ id }) => id),
        documents(60).map(({ id }) => id),
      );
    });

    it('needs neither log nor registry', async () => {
      outage.isOn = true;
      try {
        assert.equal((await search('routed', 0, { k: 60, minSequence })).hits.length, 60);
        assert.equal((await cluster.client.documents.get('routed', 'id-0007')).id, 'id-0007');
        assert.equal((await cluster.client.documents.count('routed')).documents, 60);
        assert.equal((await scrolled('routed')).length, 60);
      } finally {
        outage.isOn = false;
      }
    });
  });

  describe('of passages', () => {
    const text = 'first part, second part, third part';
    const parted: Document = {
      id: 'parted',
      title: 'T',
      text,
      attributes: { number: 1n },
      passages: [
        { vector: inList(0), start: 0, end: 13 },
        { vector: inList(2), start: 14, end: 26 },
        { vector: inList(5), start: 27, end: 0 },
      ],
    };
    let minSequence: { uid: string; sequence: bigint };

    before(async () => {
      await create('parted');
      await cluster.client.documents.upsert('parted', documents(12));
      minSequence = await cluster.client.documents.upsert('parted', [parted]);
    });

    it('shows a document once, with its best passage and the text from its home', async () => {
      for (const [degrees, start, end] of [
        [0, 0, 13],
        [60, 14, 26],
        [150, 27, 2 + text.length],
      ] as const) {
        const { hits } = await search('parted', degrees, { k: 13, minSequence });
        assert.equal(hits.length, 13);
        const hit = hits.find(({ id }) => id === 'parted');
        assert.deepEqual([hit?.title, hit?.text, hit?.passage], ['T', text, { start, end }]);
        assert.ok((hit?.score ?? 0) > 0.99);
      }
    });

    it('finds it by a passage where only that one’s list is probed', async () => {
      const { hits, coverage } = await search('parted', 150, { nprobe: 1, k: 5, minSequence });
      assert.ok(hits.some(({ id, text: found }) => id === 'parted' && found === text));
      assert.equal(coverage.full, true);
    });

    it('gives it back with all passages, also after its attributes were set', async () => {
      const check = async (): Promise<void> => {
        const stored = await cluster.client.documents.get('parted', 'parted', { withVectors: true });
        assert.deepEqual(
          stored.passages?.map(({ start, end }) => [start, end]),
          [
            [0, 13],
            [14, 26],
            [27, 0],
          ],
        );
        assert.deepEqual(
          stored.passages?.map(({ vector }) => Math.round((Math.atan2(vector[1]!, vector[0]!) * 180) / Math.PI)),
          [0, 60, 150],
        );
      };
      await check();
      const set = await cluster.client.documents.set('parted', 'parted', { number: 2n });
      const { hits } = await search('parted', 60, { filter: 'number == 2', minSequence: set });
      assert.deepEqual(hits.map(({ id, passage: { start } }) => [id, start]).sort(), [
        ['id-0002', 0],
        ['parted', 14],
      ]);
      await check();
      assert.equal((await cluster.client.documents.count('parted')).documents, 13);
    });
  });

  describe('while a replica is late', () => {
    const release = (): void => {
      for (const delay of delays.values()) delay.release();
    };

    afterEach(release);

    it('shows a reader what was written, from the replica that has it', async () => {
      await filled('late', 12);
      const [held] = await holders('late', 0);
      delays.get(held!)!.hold();
      const moved = await cluster.client.documents.upsert('late', [
        { id: 'id-0005', text: 'moved', attributes: { number: 5n }, vector: inList(0) },
      ]);
      for (let round = 0; round < 3; round += 1) {
        const { hits, coverage } = await search('late', 0, { k: 20, minSequence: moved });
        const found = hits.filter(({ id }) => id === 'id-0005');
        assert.deepEqual(
          found.map(({ text }) => text),
          coverage.full ? ['moved'] : [],
        );
        assert.equal(coverage.full, true, coverage.reasons.join('; '));
      }
      assert.equal((await cluster.client.documents.get('late', 'id-0005')).text, 'moved');
    });

    it('leaves a hole rather than show what is old, and is whole when it has caught up', async () => {
      await filled('later', 12);
      for (const delay of delays.values()) delay.hold();
      const { uid, sequence } = await cluster.client.documents.upsert('later', [
        { id: 'id-0005', text: 'moved', attributes: { number: 5n }, vector: inList(0) },
      ]);
      const minSequence = { uid, sequence };
      const late = await search('later', 150, { k: 20, minSequence, deadlineMs: 400 });
      assert.deepEqual(
        idsOf(late).filter((id) => id === 'id-0005'),
        [],
      );
      assert.equal(late.coverage.full, false);
      assert.ok(late.coverage.shardsMissing.length > 0 && late.coverage.reasons.length > 0);
      await assert.rejects(search('later', 0, { k: 20, minSequence, deadlineMs: 400, requireFull: true }), {
        code: 'UNAVAILABLE',
      });
      release();
      const whole = await search('later', 0, { k: 20, minSequence });
      assert.deepEqual([whole.coverage.full, whole.hits.length], [true, 12]);
    });
  });

  it('refuses a position of the future and of another collection, whoever reads', async () => {
    const { uid, sequence } = await filled('positions', 3);
    const { documents: reads } = cluster.client;
    const future = { uid, sequence: sequence + 1_000n };
    const foreign = { uid: 'another', sequence };
    for (const [minSequence, code] of [
      [future, 'OUT_OF_RANGE'],
      [foreign, 'FAILED_PRECONDITION'],
    ] as const) {
      await assert.rejects(search('positions', 0, { minSequence }), { code });
      await assert.rejects(reads.get('positions', 'id-0000', { minSequence }), { code });
      await assert.rejects(reads.count('positions', { minSequence }), { code });
      await assert.rejects(reads.scroll('positions', { minSequence }).next(), { code });
    }
  });

  it('meets every document exactly once while all of them move between shards', async () => {
    const count = 600;
    await filled('moving', count);
    const state = { isOn: true, generation: 0, failures: [] as unknown[] };
    const moving = (async (): Promise<void> => {
      while (state.isOn) {
        state.generation += 1;
        const { results } = await cluster.client.documents.upsert('moving', documents(count, state.generation));
        state.failures.push(...results.flatMap(({ error }) => error ?? []));
      }
    })();
    try {
      for (let round = 0; round < 3; round += 1) {
        const found = await scrolled('moving', round === 2 ? { filter: 'parity == "even"' } : {});
        const wanted = documents(count).filter(({ attributes }) => round < 2 || attributes?.['parity'] === 'even');
        assert.deepEqual(
          found.map(({ id }) => id),
          wanted.map(({ id }) => id),
        );
      }
      for (let round = 0; round < 10; round += 1) {
        const ids = idsOf(await search('moving', round * 36, { k: 50 }));
        assert.equal(new Set(ids).size, ids.length);
      }
    } finally {
      state.isOn = false;
      await moving;
    }
    assert.deepEqual(state.failures, []);
    assert.equal((await cluster.client.documents.count('moving')).documents, count);
  }).timeout(60_000);

  it('says exactly what it did not see while nodes are away', async () => {
    const { uid, sequence } = await filled('lost', 60);
    const minSequence = { uid, sequence };
    const [one, other] = await holders('lost', 0);
    await cluster.stopNode(one!);
    const still = await search('lost', 0, { k: 60, minSequence });
    assert.deepEqual([still.hits.length, still.coverage.full], [60, true]);
    await cluster.stopNode(other!);
    const partial = await search('lost', 0, { k: 60 });
    const lost = new Set(partial.coverage.listsMissing);
    assert.ok(lost.has(0) && lost.has(1) && lost.size < lists);
    assert.deepEqual(
      idsOf(partial).sort(),
      documents(60)
        .filter((_, i) => !lost.has(i % lists))
        .map(({ id }) => id),
    );
    assert.equal(partial.coverage.listsProbed, lists - lost.size);
    assert.ok(partial.coverage.shardsMissing.includes(0));
    await cluster.startNode(one!);
    await cluster.startNode(other!);
    const again = await search('lost', 0, { k: 60, minSequence });
    assert.deepEqual([again.hits.length, again.coverage.full], [60, true]);
  });
});
