/**
 * What grpcurl and other tools see: the descriptors of shoal.v1 and of the health service.
 *
 * They are the ones that buf built (`npm run generate`), comments included; descriptors that proto-loader derives at run time lose
 * imports and map entries, and grpcurl refuses them.
 */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import type { PackageDefinition } from '@grpc/proto-loader';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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

/** The FileDescriptorProtos (field 1) of a FileDescriptorSet. */
function filesOf(set: Buffer): Buffer[] {
  const reader = new BinaryReader(set);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1) files.push(Buffer.from(reader.bytes()));
    else reader.skip(wireType);
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
