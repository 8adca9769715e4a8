/** After the last fault: within bounded time everything is as if there had never been one. */
import { bufferOf } from '../../base/bytes.js';
import { ClusterService } from '../../proto/generated/shoal/v1/cluster.js';
import { DocumentsService } from '../../proto/generated/shoal/v1/documents.js';
import { SearchMode, SearchRequest, SearchService } from '../../proto/generated/shoal/v1/search.js';
import type { SimClient } from './client.js';
import { expiryOf } from './content.js';
import { checkLists, checkTraining } from './healed-lists.js';
import { checkReplicas, checkTruncation } from './healed-replicas.js';
import { checkDocument } from './reads.js';
import { checkAnswer, questionOf } from './searches.js';
import type { Session } from './session.js';

/** How long healing may take. */
const healMs = 120_000;
/** In which coordinators hear from the registry who serves where. */
const hearingMs = 2_000;

export async function checkHealed(session: Session, client: SimClient): Promise<void> {
  const { cluster } = session;
  await cluster.until(() => cluster.machines.every(({ address }) => address !== null), healMs, 'every node to serve');
  // Until it is heard, coordinators call a node that was started anew well, and ask it where it was.
  await cluster.scheduler.sleep(hearingMs);
  const health = { problem: '' };
  await cluster.until(
    () => isHealthy(session, client, health),
    healMs,
    () => `the cluster to be healthy: ${health.problem}`,
  );
  await checkTraining(session);
  await cluster.until(
    () => expired(session).length === 0,
    healMs,
    () => `'${expired(session)[0]}' to be swept`,
  );
  await checkAllDocuments(session, client);
  await checkSearches(session, client);
  await checkReplicas(session, client);
  await checkLists(session, client);
  await checkTruncation(session, client);
  session.cluster.scheduler.note(`live ${session.oracle.live} last ${session.oracle.lastSequence}`);
}

/** Documents that have expired or soon will; the others outlast the simulation. */
function expired(session: Session): readonly string[] {
  const soonMs = session.wallMs + 60_000;
  return [...session.oracle.ids()].filter((id) => {
    const version = session.oracle.now(id);
    return version !== null && !session.oracle.isInDoubt(id) && expiryOf(version.attributes) <= soonMs;
  });
}

async function isHealthy(session: Session, client: SimClient, health: { problem: string }): Promise<boolean> {
  for (const coordinator of session.cluster.coordinators) {
    const { answer } = await client.call(coordinator, ClusterService.getStatus, {}, 5_000);
    if (answer?.healthy !== true) {
      const problems = answer?.problems.map(({ what, why }) => `${what}: ${why}`).join('; ');
      health.problem = `${coordinator.name}: ${problems ?? 'no answer'}`;
      await session.cluster.scheduler.sleep(1_000);
      return false;
    }
  }
  return true;
}

/** Everything that the log says is there, and nothing else. */
async function checkAllDocuments(session: Session, client: SimClient): Promise<void> {
  const { oracle, collection } = session;
  const minSequence = { uid: collection.uid, sequence: oracle.lastSequence };
  const request = { collection: collection.name, withVectors: false, batch: 0, filter: '', afterId: '', minSequence };
  for (const coordinator of session.cluster.coordinators) {
    const { answer, error } = await client.read(coordinator, DocumentsService.scroll, request, 30_000);
    if (answer === null) return session.fail(`after healing a scroll fails: ${error.code}: ${error.message}`);
    const all = answer.flatMap((part) => part.documents);
    const documents = all.filter(({ document }) => !oracle.isInDoubt(document?.id ?? ''));
    if (documents.length !== oracle.live)
      session.fail(`after healing a scroll shows ${documents.length} documents; there are ${oracle.live}`);
    for (const { docId, document } of documents) {
      const version = oracle.now(document?.id ?? '');
      if (version?.docId !== docId)
        return session.fail(`after healing '${document?.id}' is ${docId}, not ${version?.docId ?? 'absent'}`);
      checkDocument(session, 'after healing a scroll', version, document);
    }
    const counted = await client.call(
      coordinator,
      DocumentsService.countDocuments,
      { collection: collection.name, filter: '', minSequence },
      30_000,
    );
    if (counted.answer !== null && Number(counted.answer.documents) !== all.length)
      session.fail(`after healing a count says ${counted.answer.documents}; there are ${all.length}`);
  }
}

async function checkSearches(session: Session, client: SimClient): Promise<void> {
  const { oracle, collection, random } = session;
  for (let at = 0; at < 5; at += 1) {
    const coordinator = session.cluster.coordinators[random.below(session.cluster.coordinators.length)]!;
    const k = at === 0 ? Math.max(1, oracle.live) : 1 + random.below(20);
    const from = oracle.lastSequence;
    const question = questionOf(session, from, k);
    const request = SearchRequest.fromPartial({
      collection: collection.name,
      vector: bufferOf(question.vector),
      k,
      mode: SearchMode.SEARCH_MODE_DENSE,
      candidates: Math.max(200, k),
      minSequence: from,
      minSequenceUid: collection.uid,
      exact: question.isExact,
      deadlineMs: 20_000,
    });
    const { answer, error } = await client.call(coordinator, SearchService.search, request, 30_000);
    if (answer === null) return session.fail(`after healing a search fails: ${error.code}: ${error.message}`);
    if (answer.coverage?.full !== true)
      session.fail(`after healing a search is not full: ${JSON.stringify(answer.coverage)}`);
    checkAnswer(session, question, answer);
  }
}
