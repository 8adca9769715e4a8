/** What grpcurl and other tools see: the definitions of shoal.v1 and of the health service, read from the .proto files. */
import { load, type PackageDefinition } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ShoalError } from '../../base/errors.js';

const options = { keepCase: true, longs: String, enums: String, defaults: true, oneofs: true };

/** The package definition of every file in proto/shoal/v1. FAILED_PRECONDITION when the package lacks them. */
export async function loadPackageDefinition(): Promise<PackageDefinition> {
  const root = protoRoot();
  const folder = join(root, 'shoal', 'v1');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.proto')).sort();
  const files = names.map((name) => `shoal/v1/${name}`);
  const own = await load(files, { ...options, includeDirs: [root] });
  const health = await load(healthProto, options);
  return { ...health, ...own };
}

/** The folder `proto` of the package, looked for upwards, so that source and dist find the same one. */
function protoRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    const candidate = join(folder, 'proto');
    if (existsSync(join(candidate, 'shoal', 'v1'))) return candidate;
  }
  throw new ShoalError(
    'FAILED_PRECONDITION',
    `no folder proto/shoal/v1 above ${here}; install the package whole or switch reflection off`,
  );
}
