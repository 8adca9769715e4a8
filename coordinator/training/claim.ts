/**
 * One training of a collection at a time: who sees to it holds a key of the registry under a lease of its own, so that a coordinator
 * that dies lets it go. Whatever the training publishes is written on the condition that the key is still the same.
 */
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';
import { keys } from '../../cluster/keys.js';
import type { Lease, Registry, RegistryCondition, RegistryWrite } from '../../cluster/registry.js';
import { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';

/** How long a collection whose trainer died is not trained by another. */
const claimMs = 30_000;

/** What else a change of the settings writes, and under which conditions. */
export interface WrittenBeside {
  readonly conditions?: readonly RegistryCondition[];
  readonly writes?: readonly RegistryWrite[];
}

export interface SettingsChange extends WrittenBeside {
  readonly settings: CollectionSettings;
}

export interface ClaimParts {
  readonly registry: Registry;
  readonly logger: Logger;
}

/** What is refused because another training of the collection runs, here or on another coordinator. */
export class AlreadyTraining extends ShoalError {
  /** `about`: which order it is, and how far; left out where it is none: nobody but its own caller can end it. */
  constructor(name: string, about?: string) {
    const what = `collection '${name}' is being trained: training already runs`;
    const how =
      about === undefined
        ? ' (a dry run, or a version is being activated); wait for its end, or end the command that began it'
        : `${about}; wait for its end, or end it: \`shoal train ${name} --cancel\``;
    super('FAILED_PRECONDITION', `${what}${how}`);
  }
}

/** The end of whoever believed to hold a claim: somebody else may see to the training by now. */
export class ClaimLost extends ShoalError {
  constructor(name: string) {
    const what = `the coordinator lost its lease during the training of collection '${name}'`;
    super('UNAVAILABLE', `${what}, and nothing is published; train again`);
  }
}

export class Claim {
  readonly #uid: string;
  readonly #name: string;
  readonly #parts: ClaimParts;
  readonly #lease: Lease;
  readonly #condition: RegistryCondition;

  private constructor(
    { uid, name }: Pick<CollectionSettings, 'uid' | 'name'>,
    parts: ClaimParts,
    held: { readonly lease: Lease; readonly condition: RegistryCondition },
  ) {
    this.#uid = uid;
    this.#name = name;
    this.#parts = parts;
    this.#lease = held.lease;
    this.#condition = held.condition;
  }

  /** Throws AlreadyTraining while the collection is being trained already. The caller ends it. */
  static async take(settings: Pick<CollectionSettings, 'uid' | 'name'>, parts: ClaimParts): Promise<Claim> {
    const key = keys.training(settings.uid);
    const lease = await parts.registry.lease(claimMs);
    try {
      const write: RegistryWrite = { operation: 'put', key, value: Buffer.alloc(0), lease };
      const revision = await parts.registry.transact([{ key, revision: 0n }], [write]);
      if (revision !== null) return new Claim(settings, parts, { lease, condition: { key, revision } });
      throw new AlreadyTraining(settings.name);
    } catch (error) {
      await lease.revoke();
      throw error;
    }
  }

  /** What is written under it goes with the claim. */
  get lease(): Lease {
    return this.#lease;
  }

  /** Throws ClaimLost when somebody else may hold it by now. */
  async check(): Promise<void> {
    const found = await this.#parts.registry.get(this.#condition.key);
    if (found?.revision !== this.#condition.revision) throw new ClaimLost(this.#name);
  }

  /** Whether `writes` are written: not when `conditions` do not hold. ClaimLost when the claim is lost; nothing is written then. */
  async transact(conditions: readonly RegistryCondition[], writes: readonly RegistryWrite[]): Promise<boolean> {
    if ((await this.#parts.registry.transact([this.#condition, ...conditions], writes)) !== null) return true;
    await this.check();
    return false;
  }

  /**
   * Writes the settings that `change` makes of the present ones, in one transaction with whatever it brings; gives them. NOT_FOUND when
   * the collection was dropped, ClaimLost when the claim was lost; nothing is written then.
   */
  async write(
    change: (current: CollectionSettings) => SettingsChange | Promise<SettingsChange>,
    deadline: Deadline,
  ): Promise<CollectionSettings> {
    const key = keys.setting(this.#uid);
    for (;;) {
      deadline.check();
      const entry = await this.#parts.registry.get(key);
      if (entry === null) throw new ShoalError('NOT_FOUND', `collection '${this.#name}' was dropped meanwhile`);
      const { settings, conditions = [], writes = [] } = await change(CollectionSettings.decode(entry.value));
      const value = CollectionSettings.encode(settings).finish();
      const unchanged = { key, revision: entry.revision };
      const isWritten = await this.transact([unchanged, ...conditions], [{ operation: 'put', key, value }, ...writes]);
      if (isWritten) return settings;
    }
  }

  /** Never rejects: the lease ends by itself where the registry cannot be told. Idempotent. */
  async end(): Promise<void> {
    try {
      await this.#lease.revoke();
    } catch (error) {
      this.#parts.logger.warn({ err: error, uid: this.#uid }, 'the end of a training could not be told');
    }
  }
}
