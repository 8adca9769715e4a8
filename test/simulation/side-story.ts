/** Beside the main collection: others come and go under an alias that is switched from one to the next, and dropped ones stay dropped. */
import { CollectionsService, CreateCollectionRequest } from '../../proto/generated/shoal/v1/collections.js';
import { DocumentsService } from '../../proto/generated/shoal/v1/documents.js';
import type { SimClient } from './client.js';
import type { SimCluster } from './cluster.js';
import { dim } from './content.js';
import type { Intents } from './intents.js';
import type { Machine } from './machine.js';
import type { Oracle } from './oracle.js';
import { count, get, scroll } from './reads.js';
import { search } from './searches.js';
import { Session } from './session.js';
import { deleteIds, upsert } from './writes.js';

const alias = 'side';
const callMs = 8_000;

export interface SideStoryParts {
  readonly cluster: SimCluster;
  readonly client: SimClient;
  readonly intents: Intents;
  readonly oracleOf: (uid: string) => Oracle;
  /** Whether it should end. */
  readonly isOver: () => boolean;
  /** Counts what it did. */
  readonly note: (operations: number) => void;
}

/** Tells it until it is over. What a fault kept from being done is tried again, as people would. */
export async function tellSideStory(parts: SideStoryParts): Promise<void> {
  let previous: string | null = null;
  for (let number = 0; !parts.isOver(); number += 1) {
    const name = `side-${number}`;
    const uid = await create(parts, name);
    if (uid === null || !(await pointAlias(parts, name))) return;
    await work(parts, uid);
    if (previous !== null) await drop(parts, previous);
    previous = name;
  }
}

/** The uid; null when it is over before. */
async function create(parts: SideStoryParts, name: string): Promise<string | null> {
  const request = CreateCollectionRequest.fromPartial({ name, model: 'none', dim, shards: 1, replicas: 1 });
  while (!parts.isOver()) {
    const { answer, error } = await ask(parts, CollectionsService.createCollection, request);
    const uid = answer?.collection?.settings?.uid;
    if (uid !== undefined) return uid;
    if (error?.code === 'ALREADY_EXISTS') {
      const described = await ask(parts, CollectionsService.describeCollection, { name });
      const known = described.answer?.collection?.settings?.uid;
      if (known !== undefined) return known;
    }
  }
  return null;
}

async function pointAlias(parts: SideStoryParts, target: string): Promise<boolean> {
  while (!parts.isOver()) {
    const { answer } = await ask(parts, CollectionsService.setAlias, { alias, target });
    if (answer !== null) return true;
  }
  return false;
}

/** Some operations by the alias. Answers of another collection are not looked at. */
async function work(parts: SideStoryParts, uid: string): Promise<void> {
  const { cluster, client, intents } = parts;
  const ids = Array.from({ length: 10 }, (_, number) => `side-id-${number}`);
  const collection = {
    name: alias,
    uid,
    isAlias: true,
    oracle: parts.oracleOf(uid),
    centroids: [new Float32Array(dim)],
    isTrained: false,
    expires: false,
  };
  const session = new Session({ cluster, intents, collection, ids });
  for (let at = 0; at < 12 && !parts.isOver(); at += 1) {
    const seat = { client, coordinator: any(parts) };
    const drawn = session.random.below(10);
    if (drawn < 4) await upsert(session, seat, session.drawIds(1 + session.random.below(5)));
    else if (drawn < 5) await deleteIds(session, seat, session.drawIds(2));
    else if (drawn < 7) await get(session, seat);
    else if (drawn < 8) await count(session, seat);
    else if (drawn < 9) await scroll(session, seat);
    else await search(session, seat);
  }
  parts.note(session.counts.operations);
}

/** Dropped for good: nobody finds it any more. */
async function drop(parts: SideStoryParts, name: string): Promise<void> {
  while (!parts.isOver()) {
    const { answer, error } = await ask(parts, CollectionsService.dropCollection, { name });
    if (answer !== null || error?.code === 'NOT_FOUND') break;
  }
  await parts.cluster.scheduler.sleep(20_000);
  const request = { collection: name, id: 'side-id-0', withVectors: false, minSequence: undefined };
  const { answer } = await ask(parts, DocumentsService.getDocument, request);
  if (answer !== null && !parts.isOver()) parts.cluster.diary.violation(`'${name}' was dropped and answers a get`);
}

async function ask<Request, Response>(
  parts: SideStoryParts,
  method: Parameters<typeof SimClient.prototype.call<Request, Response>>[1],
  request: Request,
): ReturnType<typeof SimClient.prototype.call<Request, Response>> {
  const outcome = await parts.client.call(any(parts), method, request, callMs);
  if (outcome.error !== null) {
    parts.cluster.diary.say('side story', `${method.path}: ${outcome.error.code}: ${outcome.error.message}`);
    parts.cluster.diary.judge('side story', outcome.error);
    await parts.cluster.scheduler.sleep(300);
  }
  return outcome;
}

function any({ cluster }: SideStoryParts): Machine {
  return cluster.coordinators[cluster.scheduler.random.below(cluster.coordinators.length)]!;
}
