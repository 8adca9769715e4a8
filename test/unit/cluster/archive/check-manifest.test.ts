import assert from 'node:assert/strict';
import { parseManifest } from '../../../../cluster/archive/archive-manifest.js';
import { memberName } from '../../../../cluster/archive/check-manifest.js';
import { hostileManifests, signed, soundJson } from './hostile-manifests.js';

describe('a manifest that is hostile', () => {
  it('is told from a sound one', () => {
    assert.equal(parseManifest(signed(soundJson())).collection, 'notes');
    assert.ok(hostileManifests.length >= 50, `${hostileManifests.length} cases`);
  });

  for (const [what, json] of hostileManifests) {
    it(`is refused for ${what}`, () => {
      assert.throws(() => parseManifest(signed(json)), { code: 'INVALID_ARGUMENT', message: /this is no backup: / });
    });
  }
});

describe('the name of a member', () => {
  it('may be what backups use', () => {
    for (const name of ['structure', 'shard-12.0000000001.segment', 'a', '0'])
      assert.equal(memberName(name, 'it'), name);
  });
});
