import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../../../base/clock.js';
import { checkModel } from '../../../../../client/cli/dev/check-model.js';
import { packageRoot } from '../../../../../client/cli/package-root.js';
import { skipBecause } from '../../../../skip.js';

describe('the check of a model', () => {
  it('reports what the shipped model gives', async function () {
    const directory = join(packageRoot(), 'models', 'default');
    if (!existsSync(join(directory, 'manifest.json')))
      skipBecause(this, 'the encoder model is not in models/default, which is part of the repository');
    const report = await checkModel(directory, systemClock);
    assert.equal(report.dim, 384);
    assert.ok(report.queryTokens > 3);
  });

  it('says that a folder holds none', async () => {
    await assert.rejects(checkModel(join(tmpdir(), 'no-such-model'), systemClock), { message: /no model in/ });
  });
});
