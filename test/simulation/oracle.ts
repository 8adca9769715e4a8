/**
 * What a collection holds after each record of its log, by the rules alone: the model that every answer is held to.
 *
 * It hears each record in the instant in which the log has it on disk and knows nothing of shards, places or files. Records must be
 * what some client asked for: what was not asked, or was asked and has ended already, is a violation too.
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

/** How long a repeated write id keeps its first verdict, in time of the records. */
const writeIdMs = 600_000;

export class Oracle {
  readonly uid: string;
  readonly #intents: Intents;
  readonly #histories = new Map<string, Change[]>();
  readonly #byDocId = new Map<bigint, Version>();
  readonly #decisions = new Map<string, Decision>();
  #lastSequence = 0n;
  #live = 0;

  constructor(uid: string, intents: Intents) {
    this.uid = uid;
    this.#intents = intents;
  }

  get lastSequence(): bigint {
    return this.#lastSequence;
  }

  /** Documents that exist. */
  get live(): number {
    return this.#live;
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

  /** What was true of `id` after `from`, and whatever became true until `to`; newest first, without repeats. */
  between(id: string, from: bigint, to: bigint): (Version | null)[] {
    const history = this.#histories.get(id);
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
    if (headers.operation === 'upsert' && !headers.isAs) this.#upsert(entry, headers);
    if (headers.operation === 'upsert' && headers.isAs) this.#place(entry, headers);
    if (headers.operation === 'delete' || headers.operation === 'write') this.#decide(entry, headers);
  }

  #upsert(entry: LogEntry, headers: UpsertHeaders): void {
    const { documents } = DocumentRecord.decode(entry.body);
    for (const [position, document] of documents.entries()) {
      const version = versionOf(document, headers.docIds[position]!, entry.subject);
      this.#intents.checkUpsert(version);
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
    const { ids, writeId, conditions, operation } = headers;
    const known = writeId === '' ? undefined : this.#decisions.get(writeId);
    if (known !== undefined && entry.timeMs - known.timeMs <= writeIdMs) return;
    const documents = operation === 'write' ? DocumentRecord.decode(entry.body).documents : [];
    const verdicts = new Map<string, Verdict>();
    for (const [position, id] of ids.entries()) {
      const docId = docIdOf(entry.sequence, position);
      const present = this.now(id);
      if (!holds(conditions[position]!, present)) {
        verdicts.set(id, { kind: 'refused', docId: present?.docId ?? 0n });
      } else if (operation === 'write') {
        const version = versionOf(documents[position]!, docId, null);
        this.#intents.checkWrite(version, present);
        this.#change(entry.sequence, id, version);
        verdicts.set(id, { kind: 'applied', docId });
      } else {
        this.#intents.checkDelete(id, present);
        if (present !== null) this.#change(entry.sequence, id, null);
        verdicts.set(id, { kind: present === null ? 'absent' : 'applied', docId });
      }
    }
    if (writeId !== '') this.#decisions.set(writeId, { sequence: entry.sequence, timeMs: entry.timeMs, verdicts });
  }

  #change(sequence: bigint, id: string, version: Version | null): void {
    const history = this.#histories.get(id) ?? [];
    const had = history.at(-1)?.version ?? null;
    this.#histories.set(id, history);
    history.push({ sequence, version });
    if (version !== null) this.#byDocId.set(version.docId, version);
    this.#live += (version === null ? 0 : 1) - (had === null ? 0 : 1);
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
