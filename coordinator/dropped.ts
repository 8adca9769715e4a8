/** A collection may be dropped while it is written: whatever fails then, the caller hears that, and nothing else. */
import { ShoalError, codeOfStatus } from '../base/errors.js';
import { keys } from '../cluster/keys.js';
import type { Registry } from '../cluster/registry.js';
import type { CollectionSettings } from '../proto/generated/shoal/v1/collections.js';
import type { WriteResult } from '../proto/generated/shoal/v1/documents.js';

type Named = Pick<CollectionSettings, 'uid' | 'name'>;

/** What `work` gives. NOT_FOUND in place of its error when the collection is gone by then. */
export async function unlessDropped<T>(settings: Named, registry: Registry, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = ShoalError.from(thrown);
    if (isOwn(error.code)) throw error;
    await refuseDropped(settings, registry, error);
    throw error;
  }
}

/** Throws NOT_FOUND when one of `results` failed for a reason of the cluster's and the collection is gone. */
export async function refuseIfDropped(
  results: readonly WriteResult[],
  settings: Named,
  registry: Registry,
): Promise<void> {
  const failed = results.some(({ status }) => status !== 0 && !isOwn(codeOfStatus(status)));
  if (failed) await refuseDropped(settings, registry, undefined);
}

async function refuseDropped({ uid, name }: Named, registry: Registry, cause: unknown): Promise<void> {
  if ((await registry.get(keys.setting(uid))) !== null) return;
  const what = `collection '${name}' was dropped meanwhile`;
  throw new ShoalError('NOT_FOUND', `${what}; create it again and send the documents anew`, { cause });
}

/** Errors of the documents themselves, which a drop does not explain. */
function isOwn(code: ReturnType<typeof codeOfStatus>): boolean {
  return code === 'INVALID_ARGUMENT' || code === 'FAILED_PRECONDITION' || code === 'CANCELLED';
}
