/** What records mean to a directory partition: case by case, and against a model that keeps whole histories. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { docIdOf } from '../../../../cluster/log/doc-id.js';
import {
  condition,
  type DecisionHeaders,
  type RecordHeaders,
  type UpsertHeaders,
} from '../../../../cluster/log/record-headers.js';
import { Verdict } from '../../../../proto/generated/shoal/v1/directory.js';
import type { DirectoryEntry, VerdictRecord } from '../../../../shard-node/directory/store/directory-entry.js';
import { decide, type Decision, type PartitionView } from '../../../../shard-node/directory/decide.js';

/** Subjects are `s0`, `s1` … with the codes 0, 1 …; the directory's is 9. */
class View implements PartitionView {
  readonly entries = new Map<string, DirectoryEntry>();
  readonly verdicts = new Map<string, VerdictRecord>();
  foreign = new Set<string>();

  entry = (id: string): DirectoryEntry | null => this.entries.get(id) ?? null;
  owns = (id: string): boolean => !this.foreign.has(id);
  codeOf = (subject: string): number => Number(subject.slice(1));
  onlyPlace = (code: number): readonly number[] => [code];
  firstVerdict = (writeId: string): VerdictRecord | null => this.verdicts.get(writeId) ?? null;

  hear(sequence: bigint, code: number, headers: RecordHeaders, writePlaces: number[][] = []): Decision {
    const decision = decide({ sequence, timeMs: 1, code, headers, writePlaces }, this);
    for (const [id, entry] of decision.changes)
      void (entry === null ? this.entries.delete(id) : this.entries.set(id, entry));
    const { verdicts } = decision;
    if (verdicts !== null && verdicts.writeId !== '' && !this.verdicts.has(verdicts.writeId))
      this.verdicts.set(verdicts.writeId, verdicts);
    return decision;
  }
}

function upsert(
  sequence: bigint,
  ids: readonly string[],
  changes: { as?: readonly bigint[]; places?: Record<number, string[]> } = {},
): UpsertHeaders {
  const { as, places = {} } = changes;
  return {
    operation: 'upsert',
    ids,
    docIds: BigUint64Array.from(ids, (_, i) => as?.[i] ?? docIdOf(sequence, i)),
    isAs: as !== undefined,
    contentHashes: BigUint64Array.from(ids, () => 5n),
    structure: 0,
    epoch: 0n,
    places: new Map(Object.entries(places).map(([position, subjects]) => [Number(position), subjects])),
  };
}

function decision(
  operation: 'delete' | 'write',
  sequence: bigint,
  wanted: Record<string, bigint>,
  writeId = '',
): DecisionHeaders {
  const ids = Object.keys(wanted);
  return {
    operation,
    ids,
    docIds: BigUint64Array.from(ids, (_, i) => docIdOf(sequence, i)),
    conditions: BigUint64Array.from(Object.values(wanted)),
    writeId,
    contentHashes: operation === 'write' ? BigUint64Array.from(ids, () => 8n) : new BigUint64Array(0),
    structure: 0,
    epoch: 0n,
  };
}

const d = (sequence: bigint, position = 0): bigint => docIdOf(sequence, position);
const { VERDICT_APPLIED, VERDICT_REFUSED, VERDICT_ABSENT, VERDICT_ELSEWHERE } = Verdict;

describe('a document that a partition hears', () => {
  it('is at the place of its record', () => {
    const view = new View();
    const { superseded } = view.hear(1n, 0, upsert(1n, ['a', 'b']));
    assert.deepEqual(view.entry('b'), { docId: d(1n, 1), contentHash: 5n, places: [0], unheard: [] });
    assert.deepEqual(superseded, []);
  });

  it('ends older versions at other places, and none at its own', () => {
    const view = new View();
    view.hear(1n, 0, upsert(1n, ['a', 'b']));
    assert.deepEqual(view.hear(2n, 0, upsert(2n, ['a'])).superseded, []);
    assert.deepEqual(view.hear(3n, 1, upsert(3n, ['a', 'b'])).superseded, [
      { code: 0, id: 'a', docId: d(3n) },
      { code: 0, id: 'b', docId: d(3n, 1) },
    ]);
    assert.deepEqual(view.entry('a')?.places, [1]);
  });

  it('is the later one of two in a record', () => {
    const view = new View();
    assert.deepEqual(view.hear(1n, 0, upsert(1n, ['a', 'a'])).superseded, []);
    assert.equal(view.entry('a')?.docId, d(1n, 1));
  });

  it('of another partition is passed over', () => {
    const view = new View();
    view.foreign.add('a');
    view.hear(1n, 0, upsert(1n, ['a', 'b']));
    assert.deepEqual([view.entry('a'), view.entry('b')?.docId], [null, d(1n, 1)]);
  });

  it('waits for the places that its record announces', () => {
    const view = new View();
    view.hear(1n, 0, upsert(1n, ['a'], { places: { 0: ['s0', 's2', 's1'] } }));
    assert.deepEqual(view.entry('a'), { docId: d(1n), contentHash: 5n, places: [0, 2, 1], unheard: [2, 1] });
    assert.deepEqual(view.hear(2n, 1, upsert(2n, ['a'], { as: [d(1n)] })).superseded, []);
    assert.deepEqual(view.entry('a')?.unheard, [2]);
    view.hear(3n, 2, upsert(3n, ['a'], { as: [d(1n)] }));
    assert.deepEqual(view.entry('a'), { docId: d(1n), contentHash: 5n, places: [0, 2, 1], unheard: [] });
  });

  it('is at its primary place first, where further ones were known before', () => {
    const view = new View();
    const places = { 0: ['s0', 's1', 's2'] };
    view.entries.set('a', { docId: d(1n), contentHash: 5n, places: [1, 2], unheard: [1, 2] });
    view.hear(1n, 0, upsert(1n, ['a'], { places }));
    assert.deepEqual(view.entry('a'), { docId: d(1n), contentHash: 5n, places: [0, 1, 2], unheard: [1, 2] });
    view.entries.set('b', { docId: d(2n), contentHash: 5n, places: [1, 2, 0], unheard: [2, 0] });
    view.hear(3n, 2, upsert(3n, ['b'], { as: [d(2n)], places }));
    assert.deepEqual(view.entry('b'), { docId: d(2n), contentHash: 5n, places: [0, 1, 2], unheard: [0] });
  });

  it('changes nothing when it is heard again', () => {
    const view = new View();
    view.hear(1n, 0, upsert(1n, ['a']));
    const before = view.entry('a');
    view.hear(1n, 0, upsert(1n, ['a']));
    assert.equal(view.entry('a'), before);
  });

  it('ends a smaller one that comes late', () => {
    const view = new View();
    view.hear(5n, 0, upsert(5n, ['a']));
    assert.deepEqual(view.hear(6n, 1, upsert(3n, ['a'])).superseded, [{ code: 1, id: 'a', docId: d(5n) }]);
    assert.equal(view.entry('a')?.docId, d(5n));
  });
});

describe('a document stored under the docId of another record', () => {
  it('adds a place that was not announced', () => {
    const view = new View();
    view.hear(1n, 0, upsert(1n, ['a']));
    view.hear(2n, 3, upsert(2n, ['a'], { as: [d(1n)] }));
    assert.deepEqual(view.entry('a')?.places, [0, 3]);
  });

  it('ends at once where the id was deleted', () => {
    const view = new View();
    const { superseded, changes } = view.hear(4n, 1, upsert(4n, ['a'], { as: [d(2n)] }));
    assert.deepEqual([superseded, changes.size], [[{ code: 1, id: 'a', docId: d(2n) + 1n }], 0]);
  });

  it('ends at once where the id has another version', () => {
    const view = new View();
    view.hear(5n, 0, upsert(5n, ['a']));
    assert.deepEqual(view.hear(6n, 1, upsert(6n, ['a'], { as: [d(2n)] })).superseded, [
      { code: 1, id: 'a', docId: d(5n) },
    ]);
    assert.deepEqual(view.hear(7n, 1, upsert(7n, ['a'], { as: [d(6n)] })).superseded, [
      { code: 1, id: 'a', docId: d(6n) + 1n },
    ]);
    assert.equal(view.entry('a')?.docId, d(5n));
  });
});

describe('a delete', () => {
  it('ends the document at every place', () => {
    const view = new View();
    view.hear(1n, 0, upsert(1n, ['a'], { places: { 0: ['s0', 's1'] } }));
    const { superseded, verdicts } = view.hear(2n, 9, decision('delete', 2n, { a: condition.none }));
    assert.deepEqual(superseded, [
      { code: 0, id: 'a', docId: d(2n) },
      { code: 1, id: 'a', docId: d(2n) },
    ]);
    assert.deepEqual([verdicts?.verdicts, view.entry('a')], [[VERDICT_APPLIED], null]);
  });

  it('says what it did not find, and what it found different', () => {
    const view = new View();
    view.foreign.add('f');
    view.hear(1n, 0, upsert(1n, ['a', 'b', 'c']));
    const wanted = { a: d(1n), b: d(1n), c: condition.absent, x: condition.none, y: d(1n), z: condition.absent, f: 0n };
    const { verdicts, superseded } = view.hear(2n, 9, decision('delete', 2n, wanted));
    assert.deepEqual(verdicts?.verdicts, [
      VERDICT_APPLIED,
      VERDICT_REFUSED,
      VERDICT_REFUSED,
      VERDICT_ABSENT,
      VERDICT_REFUSED,
      VERDICT_ABSENT,
      VERDICT_ELSEWHERE,
    ]);
    assert.deepEqual([...verdicts.docIds], [0n, d(1n, 1), d(1n, 2), 0n, 0n, 0n, 0n]);
    assert.equal(superseded.length, 1);
  });

  it('of ids of other partitions has no verdict', () => {
    const view = new View();
    view.foreign.add('f');
    assert.equal(view.hear(2n, 9, decision('delete', 2n, { f: 0n })).verdicts, null);
  });
});

describe('a conditional write', () => {
  it('is accepted where its condition holds, and takes the place of what was there', () => {
    const view = new View();
    view.hear(1n, 0, upsert(1n, ['a'], { places: { 0: ['s0', 's2'] } }));
    const { accepted, superseded, verdicts } = view.hear(2n, 9, decision('write', 2n, { a: d(1n) }), [[1, 2]]);
    assert.deepEqual(accepted, [{ position: 0, id: 'a', docId: d(2n), contentHash: 8n, places: [1, 2] }]);
    assert.deepEqual(superseded, [{ code: 0, id: 'a', docId: d(2n) }]);
    assert.deepEqual(view.entry('a'), { docId: d(2n), contentHash: 8n, places: [1, 2], unheard: [1, 2] });
    assert.deepEqual([verdicts?.verdicts, [...verdicts!.docIds]], [[VERDICT_APPLIED], [d(2n)]]);
    view.hear(3n, 1, upsert(3n, ['a'], { as: [d(2n)] }));
    assert.deepEqual(view.entry('a')?.unheard, [2]);
  });

  it('is refused where it does not, and names the version that is there', () => {
    const view = new View();
    view.hear(1n, 0, upsert(1n, ['a']));
    const wanted = { a: condition.absent, b: d(1n), c: condition.absent, e: condition.none };
    const { accepted, verdicts } = view.hear(2n, 9, decision('write', 2n, wanted), [[1], [1], [1], [1]]);
    assert.deepEqual(verdicts?.verdicts, [VERDICT_REFUSED, VERDICT_REFUSED, VERDICT_APPLIED, VERDICT_APPLIED]);
    assert.deepEqual([...verdicts.docIds], [d(1n), 0n, d(2n, 2), d(2n, 3)]);
    assert.deepEqual(
      accepted.map(({ position }) => position),
      [2, 3],
    );
  });

  it('sees what earlier positions of its record did', () => {
    const view = new View();
    const record = decision('write', 2n, { a: condition.absent });
    const twice = {
      ...record,
      ids: ['a', 'a'],
      docIds: BigUint64Array.of(d(2n), d(2n, 1)),
      conditions: BigUint64Array.of(condition.absent, condition.absent),
      contentHashes: BigUint64Array.of(1n, 2n),
    };
    assert.deepEqual(view.hear(2n, 9, twice, [[0], [0]]).verdicts?.verdicts, [VERDICT_APPLIED, VERDICT_REFUSED]);
  });

  it('whose document is there already was accepted, and is completed', () => {
    const view = new View();
    view.entries.set('a', { docId: d(2n), contentHash: 8n, places: [0], unheard: [] });
    const heard = view.hear(2n, 9, decision('write', 2n, { a: d(1n) }), [[0, 1]]);
    assert.deepEqual([heard.verdicts?.verdicts, [...heard.verdicts!.docIds]], [[VERDICT_APPLIED], [d(2n)]]);
    assert.deepEqual([heard.accepted.length, heard.superseded], [1, []]);
    assert.deepEqual(view.entries.get('a'), { docId: d(2n), contentHash: 8n, places: [0, 1], unheard: [0, 1] });
  });

  it('repeated with its writeId gets the first verdict and does nothing', () => {
    const view = new View();
    view.hear(2n, 9, decision('write', 2n, { a: condition.absent }, 'w'), [[0]]);
    view.hear(3n, 9, decision('delete', 3n, { a: condition.none }));
    const again = view.hear(4n, 9, decision('write', 4n, { a: condition.absent }, 'w'), [[0]]);
    assert.deepEqual([again.accepted, again.changes.size, again.superseded], [[], 0, []]);
    assert.deepEqual(
      [again.verdicts?.sequence, again.verdicts?.verdicts, [...again.verdicts!.docIds]],
      [4n, [VERDICT_APPLIED], [d(2n)]],
    );
  });
});

/** Random histories over few ids, three shards and a directory subject. */
const someStep = fc.oneof(
  fc.record({
    kind: fc.constant('upsert' as const),
    code: fc.nat(2),
    ids: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 }),
    elsewhere: fc.nat(3),
  }),
  fc.record({ kind: fc.constant('late' as const), code: fc.nat(2), pick: fc.nat() }),
  fc.record({ kind: fc.constant('delete' as const), id: fc.constantFrom('a', 'b', 'c'), wanted: fc.nat(3) }),
  fc.record({
    kind: fc.constant('write' as const),
    id: fc.constantFrom('a', 'b', 'c'),
    wanted: fc.nat(3),
    code: fc.nat(2),
  }),
);

describe('any history of records', () => {
  it('leaves of every id the newest version that was not ended, and says so wherever another may lie', () =>
    fc.assert(
      fc.property(fc.array(someStep, { maxLength: 40 }), (steps) => runHistory(steps)),
      { numRuns: 300, seed: 3 },
    ));
});

type Step = typeof someStep extends fc.Arbitrary<infer S> ? S : never;

/** The naive model: each shard's versions of each id, as replicas keep them; and of each id the version that should be. */
function runHistory(steps: readonly Step[]): void {
  const view = new View();
  const shards = [0, 1, 2].map(() => new Map<string, bigint>());
  const current = new Map<string, bigint>();
  const made: { id: string; docId: bigint }[] = [];
  let sequence = 0n;
  const apply = (code: number, id: string, docId: bigint): void => {
    if (docId > (shards[code]!.get(id) ?? 0n)) shards[code]!.set(id, docId);
  };
  const hear = (code: number, headers: RecordHeaders, places: number[][] = []): Decision => {
    const said = view.hear(sequence, code, headers, places);
    for (const { position, id, docId, places: at } of said.accepted)
      for (const place of at) {
        apply(place, id, docId);
        assert.equal(position, 0);
      }
    for (const { code: at, id, docId } of said.superseded)
      if ((shards[at]!.get(id) ?? 0n) < docId) shards[at]!.delete(id);
    return said;
  };
  for (const step of steps) {
    sequence += 1n;
    if (step.kind === 'upsert') {
      const headers = upsert(
        sequence,
        step.ids,
        step.elsewhere === 3 ? {} : { places: { 0: [`s${step.code}`, `s${step.elsewhere}`] } },
      );
      step.ids.forEach((id, i) => {
        apply(step.code, id, d(sequence, i));
        current.set(id, d(sequence, i));
        made.push({ id, docId: d(sequence, i) });
      });
      hear(step.code, headers);
    } else if (step.kind === 'late') {
      const old = made[step.pick % Math.max(1, made.length)];
      // A copy or passage of a version that may be gone by now; shards ignore what they know to be superseded, the model does not.
      if (
        old === undefined ||
        (current.get(old.id) !== old.docId && current.has(old.id) && old.docId > current.get(old.id)!)
      )
        continue;
      apply(step.code, old.id, old.docId);
      hear(step.code, upsert(sequence, [old.id], { as: [old.docId] }));
    } else {
      const known = current.get(step.id);
      const wanted = [condition.none, condition.absent, known ?? 77n, 99n][step.wanted]!;
      const holds = wanted === condition.none || (wanted === condition.absent ? known === undefined : known === wanted);
      const headers = decision(step.kind, sequence, { [step.id]: wanted });
      const said = hear(9, headers, step.kind === 'write' ? [[step.code]] : []);
      const isApplied = said.verdicts?.verdicts[0] === VERDICT_APPLIED;
      assert.equal(isApplied, holds && (step.kind === 'write' || known !== undefined));
      if (isApplied && step.kind === 'delete') current.delete(step.id);
      if (isApplied && step.kind === 'write') {
        current.set(step.id, d(sequence));
        made.push({ id: step.id, docId: d(sequence) });
      }
    }
    for (const id of ['a', 'b', 'c']) {
      assert.equal(view.entry(id)?.docId, current.get(id));
      const found = shards.map((shard) => shard.get(id)).filter((docId) => docId !== undefined);
      for (const docId of found) assert.equal(docId, current.get(id), `a version of '${id}' that is over`);
      if (current.has(id)) assert.equal(shards[view.entry(id)!.places[0]!]!.get(id), current.get(id));
    }
  }
}
