import assert from 'node:assert/strict';
import { TrainingOutcome, TrainingRecord, TrainingState } from '../../../../proto/generated/shoal/v1/training.js';
import { collectionProblems, statusOf } from '../../../../coordinator/status/status.js';
import {
  bareSettings,
  directoryState,
  encoderNode,
  mapOf,
  partition,
  placement,
  replica,
  settings,
  shardNode,
  uid,
} from '../fixtures.js';

const healthy = {
  collections: [settings()],
  nodes: [shardNode('s2'), encoderNode('e'), shardNode('s1')],
  placements: [placement(0, ['s1', 's2'])],
  replicas: [replica(0, 's1'), replica(0, 's2')],
  directories: [partition(0, ['s1', 's2'])],
  directoryStates: [directoryState(0, 's1'), directoryState(0, 's2')],
};

const whats = (changes: Partial<typeof healthy>): string[] =>
  statusOf(mapOf({ ...healthy, ...changes })).problems.map(({ what }) => what);

describe('the status of a cluster', () => {
  it('is healthy when every replica is ready and every model is served', () => {
    const status = statusOf(mapOf(healthy));
    assert.deepEqual([status.healthy, status.problems], [true, []]);
    assert.deepEqual(
      status.nodes.map(({ id }) => id),
      ['e', 's1', 's2'],
    );
    assert.deepEqual(status.collections, ['notes']);
  });

  it('of an empty cluster asks for a shard node', () => {
    const { healthy: isHealthy, problems } = statusOf(mapOf({}));
    assert.equal(isHealthy, false);
    assert.deepEqual(problems, [{ what: 'no shard node', why: 'none is registered', todo: 'start a shard node' }]);
  });

  it('names a model that nobody serves, unless the collection needs none', () => {
    const nodes = [shardNode('s1'), shardNode('s2')];
    assert.deepEqual(whats({ nodes }), ["collection 'notes' cannot encode"]);
    assert.deepEqual(whats({ nodes, collections: [bareSettings()] }), []);
  });

  it('tells replicas apart that are away, loading and failed', () => {
    const of = (replicas: typeof healthy.replicas): (string | undefined)[] => {
      const [problem] = statusOf(mapOf({ ...healthy, replicas })).problems;
      return [problem?.what, problem?.why, problem?.todo];
    };
    const what = "replica of shard 0 of 'notes' on s2 does not serve";
    const ready = replica(0, 's1');
    const away = 'start the node, or wait until it is back';
    const wait = 'wait; it serves when it is done';
    assert.deepEqual(of([ready]), [what, 'the node is away', away]);
    assert.deepEqual(of([ready, replica(0, 's2', { state: 'loading' })]), [
      what,
      'it is taking up what the log holds',
      wait,
    ]);
    const failed = replica(0, 's2', { state: 'failed', problem: 'disk trouble' });
    assert.deepEqual(of([ready, failed]), [what, 'disk trouble', 'see the log of the node, mend it and restart it']);
  });

  it('tells of a replica that serves and cannot write what it has', () => {
    const full = replica(0, 's2', { problem: 'disk full: no room' });
    const { healthy: isHealthy, problems } = statusOf(mapOf({ ...healthy, replicas: [replica(0, 's1'), full] }));
    assert.equal(isHealthy, false);
    assert.deepEqual(problems, [
      {
        what: "replica of shard 0 of 'notes' on s2 serves, but is hindered",
        why: 'disk full: no room',
        todo: 'mend that, as by freeing disk space or as it says; it is tried again without a restart',
      },
    ]);
  });

  it('tells of copies of the directory as of replicas', () => {
    const of = (directoryStates: typeof healthy.directoryStates): (string | undefined)[] => {
      const [problem] = statusOf(mapOf({ ...healthy, directoryStates })).problems;
      return [problem?.what, problem?.why, problem?.todo];
    };
    const copy = "copy of partition 0 of the directory of 'notes' on s2";
    const ready = directoryState(0, 's1');
    const away = 'start the node, or wait until it is back';
    const wait = 'wait; it serves when it is done';
    assert.deepEqual(of([ready]), [`${copy} does not serve`, 'the node is away', away]);
    assert.deepEqual(of([ready, directoryState(0, 's2', { state: 'loading', problem: 'it is rebuilt' })]), [
      `${copy} does not serve`,
      'it is rebuilt',
      wait,
    ]);
    const mend = 'see the log of the node, mend it and restart it';
    assert.deepEqual(of([ready, directoryState(0, 's2', { state: 'failed', problem: 'damaged' })]), [
      `${copy} does not serve`,
      'damaged',
      mend,
    ]);
    assert.deepEqual(of([ready, directoryState(0, 's2', { problem: 'disk full' })]), [
      `${copy} serves, but is hindered`,
      'disk full',
      'mend that, as by freeing disk space or as it says; it is tried again without a restart',
    ]);
  });

  it('tells of a training that waits, and stays healthy', () => {
    const since = new Date(5_000);
    const record = TrainingRecord.fromPartial({ number: 2, ordered: since, request: { method: 'jpq' } });
    const told = (trainingRecord: TrainingRecord, state?: TrainingState) =>
      statusOf({
        ...mapOf(healthy),
        trainingRecords: new Map([[uid, trainingRecord]]),
        trainingStates: new Map(state && [[uid, state]]),
      });
    const todo = 'mend that, or wait: it is tried again by itself; `shoal train notes --cancel` ends it';
    const waiting = { since, why: 'no replica is ready' };
    assert.deepEqual(told(record, TrainingState.fromPartial({ waiting })).problems, [
      { what: "the training of 'notes' by jpq waits since 1970-01-01T00:00:05.000Z", why: waiting.why, todo },
    ]);
    assert.deepEqual(told(record).problems, [
      {
        what: "the training of 'notes' by jpq waits, ordered 1970-01-01T00:00:05.000Z",
        why: 'no coordinator sees to it, as after a restart',
        todo,
      },
    ]);
    assert.equal(told(record).healthy, true);
    assert.deepEqual(told(record, TrainingState.fromPartial({})).problems, []);
    assert.deepEqual(told({ ...record, outcome: TrainingOutcome.fromPartial({}) }).problems, []);
  });
});

describe('the problems of a collection', () => {
  it('are its own only', () => {
    const map = mapOf({ ...healthy, replicas: [], directoryStates: [] });
    assert.equal(collectionProblems(map, settings()).length, 4);
    assert.deepEqual(collectionProblems(map, settings({ uid: 'other' })), []);
  });
});
