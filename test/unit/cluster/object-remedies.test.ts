import assert from 'node:assert/strict';
import { codebookObject, codecObject, parametersObject, structureObject } from '../../../cluster/keys.js';
import { objectRemedy } from '../../../cluster/object-remedies.js';

describe('what to do about an object that is lost or damaged', () => {
  it('is a command for what it is', () => {
    assert.match(objectRemedy(structureObject('u1', 2)), /`shoal restore FOLDER NAME`$/);
    assert.match(objectRemedy(codebookObject('u1', 2)), /`shoal restore FOLDER NAME`$/);
    assert.match(
      objectRemedy(parametersObject('u1', 2)),
      /`shoal codebooks NAME --activate VERSION`.*`shoal train NAME/,
    );
    assert.match(objectRemedy(codecObject('c1')), /`shoal collections create NAME`, then restart the shard nodes$/);
  });
});
