/**
 * What a collection holds after each record of its log, by the rules alone: the model that every answer is held to.
 *
 * It hears each record in the instant in which the log has it on disk and knows nothing of shards, places or files. Records must be
 * what some client asked for: what was not asked, or was asked and has ended already, is a violation too.
 *
 * A directory that lost what it had decides anew by what is left, and may refuse writes that were not carried out; deletes are, and
 * what is repeated changes nothing. How a write was decided at that time, the log does not tell: such an id is in doubt, and may be all
 * that was ever written of it, until it is written without a condition.
 */
import type { LogEntry } from '../../cluster/change-log.js';
import { docIdOf } from '../../cluster/log/doc-id.js';
import { condition, headersOf, type DecisionHeaders, type UpsertHeaders } from '../../cluster/log/record-headers.js';
import { DocumentRecord, type LogDocument } from '../../proto/generated/shoal/v1/log.js';
import { attributesFrom, tokenOf } from './content.js';
import type { Intents } from './intents.js';
import type { Version } from './version.js';

/** From `sequence` on the document is `version`; null = it does not exist. */
export interface Change {
  readonly sequence: bigint;
  readonly version: Version | null;
}

export type Verdict = { readonly kind: 'applied' | 'refused' | 'absent'; readonly docId: bigint };

/** A decision that was taken for a client. */
export interface Decision {
  readonly sequence: bigint;
  readonly timeMs: number;
  /** By id. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
}

/** A decision that directories were asked for. */
interface Asked {
  readonly sequence: bigint;
  readonly ids: readonly string[];
  readonly writeId: string;
  /** A conditional write, and no repeat of one. */
  readonly isWrite: boolean;
}

/** How long a repeated write id keeps its first verdict, in time of the records. */
const writeIdMs = 600_000;

export class Oracle {
  readonly uid: string;
  readonly #intents: Intents;
  readonly #histories = new Map<string, Change[]>();
  readonly #byDocId = new Map<bigint, Version>();
  readonly #decisions = new Map<string, Decision>();
  /** Decisions by position, for those whose outcome comes into doubt. */
  readonly #asked: Asked[] = [];
  /** Write ids whose verdicts the log alone does not tell. */
  readonly #uncertain = new Set<string>();
  /** By id in doubt, the position of the write that ended it; null = none did. */
  readonly #doubts = new Map<string, bigint | null>();
  /** What directories may have accepted although the model would not. */
  readonly #possible = new Map<string, Version[]>();
  /** By position, the ids of each record. */
  readonly #records: { readonly sequence: bigint; readonly ids: readonly string[] }[] = [];
  /** Ids of which the log lost a record: what nodes have of that, nobody knows, now or later. */
  readonly #broken = new Set<string>();
  /** Directories that do not have all that they decided. */
  #deciding = 0;
  /** Verdicts up to this position may be forgotten. */
  #forgotten = 0n;
  #lastSequence = 0n;

  constructor(uid: string, intents: Intents) {
    this.uid = uid;
    this.#intents = intents;
  }

  get lastSequence(): bigint {
    return this.#lastSequence;
  }

  /** Documents that exist, without those in doubt. */
  get live(): number {
    return [...this.ids()].filter((id) => !this.isInDoubt(id) && this.now(id) !== null).length;
  }

  /** Whether it is not known what `id` is at present. */
  isInDoubt(id: string): boolean {
    return this.#doubts.get(id) === null;
  }

  /** Whether the log alone tells the verdicts on `writeId`, for all of its ids. */
  isCertain(writeId: string): boolean {
    return !this.#uncertain.has(writeId);
  }

  /** Whether a directory may not know any more what it decided. */
  get mayHaveForgotten(): boolean {
    return this.#forgotten > 0n;
  }

  /** A directory lost what it decided after `committed`; until the function returned is called it is being built anew. */
  loseDecisions(committed: bigint): () => void {
    this.#deciding += 1;
    this.#forgotten = this.#lastSequence;
    for (const { sequence, ids, writeId, isWrite } of this.#asked) {
      if (sequence <= committed) continue;
      if (isWrite) this.#doubt(ids);
      this.#uncertain.add(writeId);
    }
    return () => (this.#deciding -= 1);
  }

  /** Every id that was ever written. */
  ids(): IterableIterator<string> {
    return this.#histories.keys();
  }

  /** The document as it is now. */
  now(id: string): Version | null {
    return this.#histories.get(id)?.at(-1)?.version ?? null;
  }

  version(docId: bigint): Version | null {
    return this.#byDocId.get(docId) ?? null;
  }

  decision(writeId: string): Decision | null {
    return this.#decisions.get(writeId) ?? null;
  }

  /** The log lost what came after `last`; until the function returned is called nodes are finding out. */
  loseEnd(last: bigint): () => void {
    this.#deciding += 1;
    this.#forgotten = this.#lastSequence;
    this.#lastSequence = last;
    while ((this.#records.at(-1)?.sequence ?? 0n) > last) {
      const { ids } = this.#records.pop()!;
      for (const id of ids) this.#broken.add(id);
      this.#doubt(ids);
    }
    return () => (this.#deciding -= 1);
  }

  /** What was true of `id` after `from`, and whatever became true until `to`; newest first, without repeats. */
  between(id: string, from: bigint, to: bigint): (Version | null)[] {
    const history = this.#histories.get(id);
    const doubt = this.#doubts.get(id);
    if (doubt === null || (doubt !== undefined && from < doubt)) {
      const all = [...(history ?? []).map(({ version }) => version), ...(this.#possible.get(id) ?? []), null];
      return [...new Set(all.reverse())];
    }
    if (history === undefined) return [null];
    const states: (Version | null)[] = [];
    for (let at = history.length - 1; at >= 0; at -= 1) {
      const { sequence, version } = history[at]!;
      if (sequence > to) continue;
      if (!states.includes(version)) states.push(version);
      if (sequence <= from) return states;
    }
    if (!states.includes(null)) states.push(null);
    return states;
  }

  /** The version before `version` of the same document. */
  before(version: Version): Version | null {
    const history = this.#histories.get(version.id) ?? [];
    const at = history.findIndex((change) => change.version === version);
    return history[at - 1]?.version ?? null;
  }

  /** Takes up the next record of the log. */
  hear(entry: LogEntry): void {
    this.#lastSequence = entry.sequence;
    const headers = headersOf(entry);
    this.#records.push({ sequence: entry.sequence, ids: headers.ids });
    if (headers.operation === 'upsert' && !headers.isAs) this.#upsert(entry, headers);
    if (headers.operation === 'upsert' && headers.isAs) this.#place(entry, headers);
    if (headers.operation === 'delete' || headers.operation === 'write') this.#decide(entry, headers);
  }

  #upsert(entry: LogEntry, headers: UpsertHeaders): void {
    const { documents } = DocumentRecord.decode(entry.body);
    for (const [position, document] of documents.entries()) {
      const version = versionOf(document, headers.docIds[position]!, entry.subject);
      this.#intents.checkUpsert(version);
      if (this.isInDoubt(document.id) && this.#deciding === 0 && !this.#broken.has(document.id))
        this.#doubts.set(document.id, entry.sequence);
      this.#change(entry.sequence, document.id, version);
    }
  }

  #place({ subject }: LogEntry, { docIds }: UpsertHeaders): void {
    for (const docId of docIds) {
      const version = this.#byDocId.get(docId);
      if (version !== undefined) version.subject ??= subject;
    }
  }

  #decide(entry: LogEntry, headers: DecisionHeaders): void {
    const { ids, conditions, operation } = headers;
    // A record is named after its request and what it says.
    const writeId = headers.writeId.split('/')[0]!;
    const known = writeId === '' ? undefined : this.#decisions.get(writeId);
    const isRepeated = known !== undefined && entry.timeMs - known.timeMs <= writeIdMs;
    this.#asked.push({ sequence: entry.sequence, ids, writeId, isWrite: operation === 'write' && !isRepeated });
    if (this.#deciding > 0 && operation === 'write' && !isRepeated) this.#doubt(ids);
    const isDoubtful = ids.some((id) => this.isInDoubt(id));
    const isForgotten = this.#deciding > 0 || (known !== undefined && known.sequence <= this.#forgotten);
    if (isDoubtful || isForgotten) this.#uncertain.add(writeId);
    if (isDoubtful && operation === 'write') this.#notePossible(entry, headers);
    if (isRepeated) return;
    const documents = operation === 'write' ? DocumentRecord.decode(entry.body).documents : [];
    const verdicts = new Map<string, Verdict>();
    for (const [position, id] of ids.entries()) {
      const docId = docIdOf(entry.sequence, position);
      const present = this.now(id);
      if (!holds(conditions[position]!, present)) {
        verdicts.set(id, { kind: 'refused', docId: present?.docId ?? 0n });
      } else if (operation === 'write') {
        const version = this.#byDocId.get(docId) ?? versionOf(documents[position]!, docId, null);
        if (!this.isInDoubt(id)) this.#intents.checkWrite(version, present);
        this.#change(entry.sequence, id, version);
        verdicts.set(id, { kind: 'applied', docId });
      } else {
        if (!this.isInDoubt(id)) this.#intents.checkDelete(id, present, { writeId, timeMs: entry.timeMs });
        if (present !== null) this.#change(entry.sequence, id, null);
        verdicts.set(id, { kind: present === null ? 'absent' : 'applied', docId });
      }
    }
    if (writeId !== '') this.#decisions.set(writeId, { sequence: entry.sequence, timeMs: entry.timeMs, verdicts });
  }

  #doubt(ids: readonly string[]): void {
    for (const id of ids) this.#doubts.set(id, null);
  }

  #notePossible(entry: LogEntry, { ids }: DecisionHeaders): void {
    const { documents } = DocumentRecord.decode(entry.body);
    for (const [position, id] of ids.entries()) {
      if (!this.isInDoubt(id)) continue;
      const version = versionOf(documents[position]!, docIdOf(entry.sequence, position), null);
      this.#byDocId.set(version.docId, version);
      this.#possible.set(id, [...(this.#possible.get(id) ?? []), version]);
    }
  }

  #change(sequence: bigint, id: string, version: Version | null): void {
    const history = this.#histories.get(id) ?? [];
    this.#histories.set(id, history);
    history.push({ sequence, version });
    if (version !== null) this.#byDocId.set(version.docId, version);
  }
}

function holds(wanted: bigint, present: Version | null): boolean {
  if (wanted === condition.none) return true;
  if (wanted === condition.absent) return present === null;
  return present?.docId === wanted;
}

function versionOf(document: LogDocument, docId: bigint, subject: string | null): Version {
  const { id, text, attributes } = document;
  return {
    id,
    docId,
    token: tokenOf(text),
    attributes: attributesFrom(attributes),
    subject,
    acknowledgedMs: Infinity,
    acknowledgedAt: 0n,
  };
}
