/** The version that a process reports is the one of the package. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { version } from '../../../base/version.js';

describe('the version', () => {
  it('is the one in package.json', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    assert.equal(version, manifest.version);
  });
});
