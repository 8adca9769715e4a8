/** What clients have asked for: every record of the log must be of it, and nothing that has been answered may be done once more. */
import { expiryOf, isEqualAttributes, type Attributes, type Content, type DrawnFilter } from './content.js';
import type { Version } from './version.js';

/** A client's deletion; it is open until it was answered for certain. */
export interface DeleteIntent {
  readonly ids: ReadonlySet<string> | null;
  readonly filter: DrawnFilter | null;
  isOpen: boolean;
}

/** A client's change of attributes. */
export interface SetIntent {
  readonly id: string;
  readonly set: Attributes;
  readonly removed: readonly string[];
  isOpen: boolean;
}

export class Intents {
  readonly #fail: (what: string) => void;
  readonly #contents = new Map<number, Content>();
  /** Writes under way by token, or such that nobody was told of; what has been answered may not be written again. */
  readonly #open = new Map<number, number>();
  #deletes: DeleteIntent[] = [];
  #sets: SetIntent[] = [];
  #tokens = 0;

  constructor(fail: (what: string) => void) {
    this.#fail = fail;
  }

  nextToken(): number {
    return (this.#tokens += 1);
  }

  /** A client is going to write `content`. */
  write(content: Content): void {
    this.#contents.set(content.token, content);
    this.#open.set(content.token, (this.#open.get(content.token) ?? 0) + 1);
  }

  content(token: number): Content | null {
    return this.#contents.get(token) ?? null;
  }

  /** The client was told what became of it. */
  answered(token: number): void {
    this.#open.set(token, (this.#open.get(token) ?? 0) - 1);
  }

  delete(intent: Omit<DeleteIntent, 'isOpen'>): DeleteIntent {
    const open = { ...intent, isOpen: true };
    this.#deletes = [...this.#deletes.filter(({ isOpen }) => isOpen), open];
    return open;
  }

  set(intent: Omit<SetIntent, 'isOpen'>): SetIntent {
    const open = { ...intent, isOpen: true };
    this.#sets = [...this.#sets.filter(({ isOpen }) => isOpen), open];
    return open;
  }

  checkUpsert(version: Version): void {
    const content = this.#contents.get(version.token);
    const what = `document '${version.id}' was written as ${version.docId} with text ${version.token}`;
    if (content === undefined || content.id !== version.id) return this.#fail(`${what}, which nobody asked for`);
    if (!this.#isOpen(version.token)) return this.#fail(`${what} after its write was answered`);
    if (!isEqualAttributes(content.attributes, version.attributes)) this.#fail(`${what} and other attributes`);
  }

  checkWrite(version: Version, present: Version | null): void {
    const content = this.#contents.get(version.token);
    const isOwn = content?.id === version.id && this.#isOpen(version.token);
    if (isOwn && isEqualAttributes(content.attributes, version.attributes)) return;
    const isSet = this.#sets.some(({ id, isOpen, set, removed }) => {
      if (!isOpen || id !== version.id || present === null || present.token !== version.token) return false;
      return isEqualAttributes(version.attributes, changed(present.attributes, set, removed));
    });
    if (!isSet) this.#fail(`document '${version.id}' was written as ${version.docId}, which nobody asked for`);
  }

  /**
   * `timeMs`: when the log took it. What has expired is deleted without anybody's asking. Those who delete by id name a write id, those
   * who delete what they found have none.
   */
  checkDelete(id: string, present: Version | null, about: { readonly writeId: string; readonly timeMs: number }): void {
    if (present === null) return;
    const isNamed = about.writeId !== '';
    if (!isNamed && expiryOf(present.attributes) <= about.timeMs) return;
    const isAsked = this.#deletes.some(({ ids, filter, isOpen }) => {
      if (!isOpen || isNamed !== (ids !== null)) return false;
      return ids?.has(id) ?? filter?.matches(present.attributes) ?? true;
    });
    if (!isAsked) this.#fail(`document '${id}' was deleted, which nobody asked for`);
  }

  #isOpen(token: number): boolean {
    return (this.#open.get(token) ?? 0) > 0;
  }
}

/** `attributes` after a change. */
export function changed(attributes: Attributes, set: Attributes, removed: readonly string[]): Attributes {
  const kept = Object.entries(attributes).filter(([name]) => !removed.includes(name));
  return { ...Object.fromEntries(kept), ...set };
}
