import assert from 'node:assert/strict';
import type { ScrollRequest } from '../../../../../proto/generated/shoal/v1/documents.js';
import { withFakeCoordinator } from '../run-shoal.js';

describe('shoal scroll', () => {
  const { shoal, fake } = withFakeCoordinator();

  it('lists documents in the order of their ids, as lines or as one object', async () => {
    await shoal(['import', 'notes', '-'], {
      stdin: '{"_id":"b","text":"x"}\n{"_id":"a","text":"y"}\n{"_id":"c","text":"z"}',
    });
    assert.equal((await shoal(['scroll', 'notes', '--limit', '2'])).stdout, 'a  y\nb  x\n');
    const { documents } = (await shoal(['scroll', 'notes', '--json'])).json() as { documents: { id: string }[] };
    assert.deepEqual(
      documents.map((document) => document.id),
      ['a', 'b', 'c'],
    );
  });

  it('begins after an id, and asks for what matches only', async () => {
    const line = (id: string): string => `{"_id":"${id}","text":"x","attributes":{"kind":"a"}}\n`;
    await shoal(['import', 'notes', '-'], { stdin: line('1') + line('2') + '{"_id":"3","text":"y"}\n' });
    const words = ['--after', '1', '--filter', 'kind == "a"', '--min-sequence', 'uid-notes:9'];
    assert.equal((await shoal(['scroll', 'notes', ...words])).stdout, '2  x\n');
    const request = fake().requests.at(-1) as ScrollRequest;
    assert.deepEqual(request.minSequence, { uid: 'uid-notes', sequence: 9n });
  });

  it('of an unknown collection prints no half an object', async () => {
    const result = await shoal(['scroll', 'none', '--json']);
    assert.equal(result.exitCode, 1);
    assert.equal(result.stdout, '');
  });
});
