import assert from 'node:assert/strict';
import {
  allSubjects,
  askedVectorsObject,
  checkpointObject,
  checkpointsOf,
  codecObject,
  directorySubject,
  keys,
  orderedQueriesObject,
  positionIn,
  positionValue,
  shardSubject,
  streamOf,
  structureObject,
  trainingObjectsOf,
} from '../../../cluster/keys.js';

describe('the names in the registry and the log', () => {
  it('do not change, since they are on disks and in other processes', () => {
    assert.deepEqual(
      [
        keys.node('n'),
        keys.collection('c'),
        keys.setting('u'),
        keys.placement('u', 3),
        keys.replica('u', 3, 'n'),
        keys.floor('shoal.u.1.3'),
        shardSubject('u', 1n, 3),
        streamOf('u'),
        codecObject('v'),
        structureObject('u', 2),
        directorySubject('u'),
        allSubjects('u'),
        keys.alias('a'),
        keys.directory('u', 1),
        keys.directoryState('u', 1, 'n'),
        keys.hold('u', 'backup-1'),
        keys.training('u'),
        keys.trainingRecord('u'),
        keys.trainingState('u'),
        orderedQueriesObject('u', 4),
        askedVectorsObject('u', 4),
        checkpointObject('u', 4, 30),
      ],
      [
        'nodes/n',
        'collections/c',
        'settings/u',
        'placements/u/3',
        'replicas/u/3/n',
        'floors/shoal.u.1.3',
        'shoal.u.1.3',
        'u',
        'codecs/v',
        'structures/u/2',
        'shoal.u.directory',
        'shoal.u.>',
        'aliases/a',
        'directories/u/1',
        'directory-states/u/1/n',
        'holds/u/backup-1',
        'trainings/u',
        'training-records/u',
        'training-states/u',
        'trainings/u/4/ordered-queries',
        'trainings/u/4/asked-vectors',
        'trainings/u/4/checkpoint-0000000030',
      ],
    );
  });

  it('of one collection are no prefix of another’s', () => {
    assert.ok(keys.placement('u', 0).startsWith(keys.placementsOf('u')));
    assert.ok(!keys.placement('u1', 0).startsWith(keys.placementsOf('u')));
    assert.ok(keys.floor(shardSubject('u', 1n, 0)).startsWith(keys.floorsOf('u')));
    assert.ok(!keys.floor(shardSubject('u1', 1n, 0)).startsWith(keys.floorsOf('u')));
  });

  it('of what a training leaves begin with the training, and later ones come behind', () => {
    const [early, late] = [checkpointObject('u', 4, 99), checkpointObject('u', 4, 100)];
    assert.ok(early < late && early.startsWith(checkpointsOf('u', 4)) && !early.startsWith(checkpointsOf('u', 40)));
    for (const name of [early, orderedQueriesObject('u', 4), askedVectorsObject('u', 4)])
      assert.ok(name.startsWith(`${trainingObjectsOf('u')}4/`));
  });

  it('begin with their family', () => {
    const families = [keys.nodes, keys.collections, keys.settings, keys.placements, keys.replicas];
    const examples = [
      keys.node('x'),
      keys.collection('x'),
      keys.setting('x'),
      keys.placement('x', 0),
      keys.replica('x', 0, 'y'),
    ];
    families.forEach((family, i) => assert.ok(examples[i]?.startsWith(family)));
  });
});

describe('a position in the registry', () => {
  it('is decimal text', () => {
    assert.equal(positionValue(2n ** 63n).toString('utf8'), '9223372036854775808');
    assert.equal(positionIn(positionValue(2n ** 63n)), 2n ** 63n);
  });
});
