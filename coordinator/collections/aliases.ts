/**
 * Aliases: second names that are re-pointed in one write, so that a rebuilt collection takes over without a gap.
 *
 * Every change is one registry transaction that holds all it relied on: the path of the alias, for cycles, and the target, which it
 * writes again unchanged, so that a drop of the target that was decided before fails its own conditions.
 */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { keys } from '../../cluster/keys.js';
import type { Registry, RegistryCondition, RegistryEntry } from '../../cluster/registry.js';
import type { ClusterView } from '../../cluster/shard-map/cluster-view.js';
import { checkName } from './validate.js';

export interface AliasParts {
  readonly registry: Registry;
  readonly view: ClusterView;
}

/** The collection at the end of an alias. */
export interface AliasEnd {
  readonly collection: string;
  readonly uid: string;
}

/**
 * Points `alias` to `target`, a collection or another alias. NOT_FOUND for an unknown target, FAILED_PRECONDITION naming the path
 * of a cycle, ALREADY_EXISTS when a collection has the name.
 */
export async function setAlias(
  alias: string,
  target: string,
  parts: AliasParts,
  deadline: Deadline,
): Promise<AliasEnd> {
  checkName(alias, 'alias');
  for (;;) {
    deadline.check();
    await refuseTaken(alias, parts.registry);
    const { conditions, direct, end } = await path(alias, target, parts.registry);
    const own = await parts.registry.get(keys.alias(alias));
    const revision = await parts.registry.transact(
      [
        ...conditions,
        { key: keys.alias(alias), revision: own?.revision ?? 0n },
        { key: keys.collection(alias), revision: 0n },
      ],
      [
        { operation: 'put', key: keys.alias(alias), value: Buffer.from(target) },
        { operation: 'put', key: direct.key, value: direct.value },
      ],
    );
    if (revision === null) continue;
    await seen(revision, `alias '${alias}' to be known`, parts, deadline);
    return end;
  }
}

/** Removes `alias`, not what it points to. NOT_FOUND when there is none, FAILED_PRECONDITION while another alias points to it. */
export async function dropAlias(alias: string, parts: AliasParts, deadline: Deadline): Promise<void> {
  for (;;) {
    deadline.check();
    const own = await parts.registry.get(keys.alias(alias));
    if (own === null) throw new ShoalError('NOT_FOUND', `alias '${alias}' does not exist; list those that do`);
    await refusePointedTo(alias, 'alias', parts.registry);
    const revision = await parts.registry.transact(
      [{ key: own.key, revision: own.revision }],
      [{ operation: 'delete', key: own.key }],
    );
    if (revision !== null) return seen(revision, `alias '${alias}' to be gone`, parts, deadline);
  }
}

/** Throws FAILED_PRECONDITION naming the aliases that point to `name`. */
export async function refusePointedTo(name: string, what: string, registry: Registry): Promise<void> {
  const pointing = (await registry.list(keys.aliases)).filter(({ value }) => textOf(value) === name);
  if (pointing.length === 0) return;
  const names = pointing.map(({ key }) => `'${key.slice(keys.aliases.length)}'`).join(', ');
  const why = pointing.length === 1 ? `alias ${names} points to it` : `aliases ${names} point to it`;
  throw new ShoalError('FAILED_PRECONDITION', `${what} '${name}' stays: ${why}; drop or re-point them first`);
}

interface Path {
  /** Holds while every name on the way is as it was read. */
  readonly conditions: readonly RegistryCondition[];
  /** The entry of the target itself. */
  readonly direct: RegistryEntry;
  readonly end: AliasEnd;
}

async function path(alias: string, target: string, registry: Registry): Promise<Path> {
  const conditions: RegistryCondition[] = [];
  const names = [alias, target];
  let direct: RegistryEntry | null = null;
  for (let name = target; ;) {
    if (name === alias) {
      const cycle = names.join(' → ');
      throw new ShoalError(
        'FAILED_PRECONDITION',
        `alias '${alias}' would point to itself: ${cycle}; choose another target`,
      );
    }
    const collection = await registry.get(keys.collection(name));
    const entry = collection ?? (await registry.get(keys.alias(name)));
    if (entry === null) throw new ShoalError('NOT_FOUND', unknownTarget(target, name));
    conditions.push({ key: entry.key, revision: entry.revision });
    direct ??= entry;
    if (collection !== null) return { conditions, direct, end: { collection: name, uid: textOf(collection.value) } };
    name = textOf(entry.value);
    names.push(name);
  }
}

function unknownTarget(target: string, missing: string): string {
  if (target === missing)
    return `'${target}' is neither a collection nor an alias; create it, or list those that do exist`;
  return `alias '${target}' leads to '${missing}', which does not exist; re-point it first`;
}

async function refuseTaken(alias: string, registry: Registry): Promise<void> {
  if ((await registry.get(keys.collection(alias))) === null) return;
  throw new ShoalError('ALREADY_EXISTS', `collection '${alias}' exists; an alias needs a name of its own`);
}

async function seen(revision: bigint, what: string, { view }: AliasParts, deadline: Deadline): Promise<void> {
  await view.when((map) => (map.revision >= revision ? true : undefined), what, deadline);
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value).toString('utf8');
}
