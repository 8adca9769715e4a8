import assert from 'node:assert/strict';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal scroll', () => {
  const { shoal } = withFakeCoordinator();

  it('lists documents in the order of writing, as lines or as one object', async () => {
    await shoal(['import', 'notes', '-'], {
      stdin: '{"_id":"b","text":"x"}\n{"_id":"a","text":"y"}\n{"_id":"c","text":"z"}',
    });
    assert.equal((await shoal(['scroll', 'notes', '--limit', '2'])).stdout, 'b  x\na  y\n');
    const { documents } = (await shoal(['scroll', 'notes', '--json'])).json() as { documents: { id: string }[] };
    assert.deepEqual(
      documents.map((document) => document.id),
      ['b', 'a', 'c'],
    );
  });

  it('of an unknown collection prints no half an object', async () => {
    const result = await shoal(['scroll', 'none', '--json']);
    assert.equal(result.exitCode, 1);
    assert.equal(result.stdout, '');
  });
});
