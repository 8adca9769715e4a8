/**
 * What grpcurl and other tools see: the descriptors of shoal.v1 and of the health service.
 *
 * They are the ones that buf built (`npm run generate`), comments included; descriptors that proto-loader derives at run time lose
 * imports and map entries, and grpcurl refuses them.
 */
import type { PackageDefinition } from '@grpc/proto-loader';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assert } from '../../base/assert.js';
import { ShoalError } from '../../base/errors.js';

/** Descriptor sets below the package's folder `proto/descriptors`. */
const names = ['shoal.binpb', 'health.binpb'];

/** The package definition that the reflection service serves. FAILED_PRECONDITION when the package lacks the descriptors. */
export async function loadPackageDefinition(): Promise<PackageDefinition> {
  const folder = descriptorsFolder();
  const sets = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const fileDescriptorProtos = sets.flatMap(filesOf);
  // Reflection reads nothing but the file descriptors of an entry.
  return { descriptors: { format: 'Protocol Buffer 3 EnumDescriptorProto', type: {}, fileDescriptorProtos } };
}

/** The FileDescriptorProtos of a FileDescriptorSet: field 1, each as tag, length (varint) and bytes; there is no other field. */
function filesOf(set: Buffer): Buffer[] {
  const files: Buffer[] = [];
  for (let position = 0; position < set.length;) {
    assert(set[position] === 0x0a, 'a descriptor set holds files only');
    let length = 0;
    let shift = 0;
    for (let more = true; more; shift += 7) {
      position += 1;
      const byte = set.readUInt8(position);
      length += (byte & 0x7f) << shift;
      more = byte >= 0x80;
    }
    files.push(set.subarray(position + 1, position + 1 + length));
    position += 1 + length;
  }
  return files;
}

/** Looked for upwards, so that source and dist find the same folder. */
function descriptorsFolder(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'proto', 'descriptors');
    if (existsSync(candidate)) return candidate;
  }
  throw new ShoalError(
    'FAILED_PRECONDITION',
    `no folder proto/descriptors above ${here}; install the package whole or switch reflection off`,
  );
}
