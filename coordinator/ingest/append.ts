/**
 * Fourth step of a write without a condition: every document goes to the subject of its shard, and then its passages that lie in
 * other shards, stored under the docId that the primary one got.
 *
 * Passages of other shards are tried for five minutes, half as long as a shard remembers which of them came too late; the caller
 * waits no longer than its deadline.
 */
import { sleep, type Clock } from '../../base/clock.js';
import type { Deadline } from '../../base/deadline.js';
import { ShoalError } from '../../base/errors.js';
import { bodyBytesOf, emptyWriter, encodeDocument, type EncodedDocument } from '../../cluster/log/encoded-document.js';
import { sequenceOf } from '../../cluster/log/doc-id.js';
import { partsOf } from '../../cluster/log/passages.js';
import type { CollectionSettings } from '../../proto/generated/shoal/v1/collections.js';
import type { LogDocument } from '../../proto/generated/shoal/v1/log.js';
import type { AppendEntry } from './appender.js';
import type { Appenders } from './appenders.js';
import { tooLarge } from './record-pieces.js';

const passagesTriedMs = 5 * 60_000;
const retryMs = 100;

const noPlaces: readonly string[] = [];
const nowhereElse: ReadonlyMap<string, EncodedDocument> = new Map();

/** A document as the log takes it, with all its passages in `further`. */
export interface ReadyDocument {
  readonly id: string;
  readonly document: LogDocument;
  readonly contentHash: bigint;
}

/** Where a document is, once it is on disk with all its passages. */
export interface Appended {
  readonly docId: bigint;
  /** Largest log position of its records. */
  readonly sequence: bigint;
}

export interface AppendParts {
  readonly appenders: Appenders;
  readonly clock: Clock;
}

interface Outgoing {
  readonly position: number;
  readonly primary: AppendEntry;
  /** What lies in other shards, by subject. */
  readonly others: ReadonlyMap<string, EncodedDocument>;
}

/**
 * Appends `documents`; by position where each is, or why it is not. They are on their way when the call returns, before it resolves:
 * of two calls one after the other the second one's documents follow those of the first on the same subject. UNAVAILABLE for all
 * while the collection has no shards.
 */
export async function appendDocuments(
  documents: readonly ReadyDocument[],
  settings: CollectionSettings,
  parts: AppendParts,
  deadline: Deadline,
): Promise<readonly (Appended | ShoalError)[]> {
  const outcomes = new Array<Appended | ShoalError>(documents.length);
  const groups = bySubject(documents, settings, parts.appenders);
  const work = [...groups].map(([subject, group]) => appendGroup(subject, group, settings, { parts, outcomes }));
  await settledOr(Promise.all(work), deadline);
  const late = deadline.ended;
  return Array.from(outcomes, (outcome) => outcome ?? late ?? new ShoalError('INTERNAL', 'a write was lost track of'));
}

function bySubject(
  documents: readonly ReadyDocument[],
  settings: CollectionSettings,
  appenders: Appenders,
): ReadonlyMap<string, readonly Outgoing[]> {
  const route = appenders.routeOf(settings);
  const groups = new Map<string, Outgoing[]>();
  const writer = emptyWriter();
  documents.forEach(({ document, contentHash }, position) => {
    const split = partsOf(document, (list) => route.subjectOf(list));
    const { id, head, dense } = encodeDocument(split.primary, writer);
    const others = encodedOthers(split.others);
    const primary = {
      id,
      head,
      dense,
      contentHash,
      structure: settings.structureVersion,
      epoch: route.epoch,
      as: 0n,
      places: others.size === 0 ? noPlaces : [split.subject, ...others.keys()],
    };
    const group = groups.get(split.subject);
    if (group === undefined) groups.set(split.subject, [{ position, primary, others }]);
    else group.push({ position, primary, others });
  });
  return groups;
}

function encodedOthers(others: ReadonlyMap<string, LogDocument>): ReadonlyMap<string, EncodedDocument> {
  if (others.size === 0) return nowhereElse;
  return new Map([...others].map(([subject, document]) => [subject, encodeDocument(document)]));
}

/** Why a passage elsewhere can never follow: asked before the first of them is in the log, since a refused write has no effect. */
function refusalOf({ primary, others }: Outgoing): ShoalError | null {
  for (const other of others.values()) {
    const refusal = tooLarge(primary.id, bodyBytesOf(other));
    if (refusal !== null) return refusal;
  }
  return null;
}

/** Resolves when every document of `group` has its outcome. */
function appendGroup(
  subject: string,
  group: readonly Outgoing[],
  { uid }: CollectionSettings,
  { parts, outcomes }: { readonly parts: AppendParts; readonly outcomes: (Appended | ShoalError)[] },
): Promise<void> {
  return new Promise((resolve) => {
    let open = group.length;
    const done = (each: Outgoing, outcome: Appended | ShoalError): void => {
      outcomes[each.position] = outcome;
      open -= 1;
      if (open === 0) resolve();
    };
    const passing = group.filter((each) => {
      const refusal = refusalOf(each);
      if (refusal !== null) done(each, refusal);
      return refusal === null;
    });
    const entries = passing.map(({ primary }) => primary);
    parts.appenders.at(uid, subject).append(entries, (i, docId) => {
      const each = passing[i]!;
      if (docId instanceof ShoalError) done(each, docId);
      else if (each.others.size === 0) done(each, { docId, sequence: sequenceOf(docId) });
      else {
        appendElsewhere(each, docId, uid, parts).then(
          (sequence) => done(each, { docId, sequence }),
          (thrown: unknown) => done(each, brokenOff(each, ShoalError.from(thrown))),
        );
      }
    });
  });
}

/** The document is there without passages, so nothing may say that it was refused. */
function brokenOff({ primary, others }: Outgoing, { message }: ShoalError): ShoalError {
  const what = `document '${primary.id}' is stored, but not its passages of ${others.size} other shards`;
  return new ShoalError('UNAVAILABLE', `${what}: ${message}; write it again`);
}

/** Largest log position of the passages in other shards. */
async function appendElsewhere(
  { others, primary }: Outgoing,
  docId: bigint,
  uid: string,
  { appenders, clock }: AppendParts,
): Promise<bigint> {
  const untilMs = clock.monotonicMs() + passagesTriedMs;
  const appended = await Promise.all(
    [...others].map(async ([subject, other]) => {
      const entry = { ...primary, ...other, as: docId, places: noPlaces };
      for (;;) {
        const outcome = await new Promise<bigint | ShoalError>((resolve) =>
          appenders.at(uid, subject).append([entry], (_, given) => resolve(given)),
        );
        if (typeof outcome === 'bigint') return sequenceOf(outcome);
        if (!mayPass(outcome) || clock.monotonicMs() >= untilMs) throw outcome;
        await sleep(clock, retryMs);
      }
    }),
  );
  return appended.reduce((largest, sequence) => (sequence > largest ? sequence : largest), sequenceOf(docId));
}

/** An entry stored under a docId may be appended again: repeats change nothing. */
function mayPass({ code }: ShoalError): boolean {
  return code === 'UNAVAILABLE' || code === 'DEADLINE_EXCEEDED' || code === 'RESOURCE_EXHAUSTED';
}

/** Waits for `work` until the deadline. The write goes on when its caller's time is up; the caller learns that it may have happened. */
async function settledOr(work: Promise<unknown>, deadline: Deadline): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    if (deadline.ended !== null) resolve();
    const detach = deadline.onEnd(() => resolve());
    work.then(() => resolve(), reject).finally(detach);
  });
}
