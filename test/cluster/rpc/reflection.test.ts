import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition } from '../../../cluster/rpc/reflection.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

describe('the descriptors that reflection serves', () => {
  it('hold the files of shoal.v1, what they import, and the health service', async () => {
    const [entry] = Object.values(await loadPackageDefinition());
    assert.ok(Array.isArray(entry?.fileDescriptorProtos));
    const files = Buffer.concat(entry.fileDescriptorProtos).toString('latin1');
    const expected = ['shoal/v1/shard.proto', 'google/protobuf/timestamp.proto', 'health/v1/health.proto'];
    for (const name of expected) assert.ok(files.includes(name), name);
  });

  for (const [name, folder] of [
    ['shoal', 'proto'],
    ['health', 'node_modules/grpc-health-check/proto'],
  ] as const) {
    it(`are what buf builds from ${folder}`, () => {
      const directory = mkdtempSync(join(tmpdir(), 'shoal-descriptors-'));
      const built = join(directory, 'built.binpb');
      try {
        const buf = join(root, 'node_modules/.bin/buf');
        execFileSync(buf, ['build', folder, '--as-file-descriptor-set', '-o', built], { cwd: root });
        const checkedIn = readFileSync(join(root, `proto/descriptors/${name}.binpb`));
        assert.ok(readFileSync(built).equals(checkedIn), 'run npm run generate');
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
  }
});
