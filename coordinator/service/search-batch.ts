/** Many questions in one call: a few are worked on at a time, and each has its own outcome. */
import { ShoalError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import { SearchOutcome, type SearchRequest, type SearchResponse } from '../../proto/generated/shoal/v1/search.js';

/** Questions of one call. */
export const batchMax = 1_000;
/** Questions of one call that are worked on at once: more would only wait for each other. */
const atOnceMax = 8;

/**
 * The outcomes of `requests`, in their order. INVALID_ARGUMENT for more than 1,000. A question whose answer does not fit into the
 * message beside those before it gets RESOURCE_EXHAUSTED.
 */
export async function answerBatch(
  requests: readonly SearchRequest[],
  answer: (request: SearchRequest) => Promise<SearchResponse>,
): Promise<SearchOutcome[]> {
  if (requests.length > batchMax) {
    const what = `${requests.length} questions in one request, the limit is ${batchMax}`;
    throw new ShoalError('INVALID_ARGUMENT', `${what}; send less at once`);
  }
  const outcomes = new Array<SearchOutcome>(requests.length);
  const state = { next: 0, bytes: 0 };
  const work = async (): Promise<void> => {
    while (state.next < requests.length) {
      const at = state.next;
      state.next += 1;
      const outcome = await outcomeOf(requests[at]!, answer);
      const bytes = SearchOutcome.encode(outcome).finish().length;
      const isFitting = state.bytes + bytes <= limits.answerBytesMax;
      if (isFitting) state.bytes += bytes;
      outcomes[at] = isFitting ? outcome : tooLarge(bytes);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnceMax, requests.length) }, work));
  return outcomes;
}

async function outcomeOf(
  request: SearchRequest,
  answer: (request: SearchRequest) => Promise<SearchResponse>,
): Promise<SearchOutcome> {
  try {
    return { status: 0, message: '', response: await answer(request) };
  } catch (thrown) {
    return refused(ShoalError.from(thrown));
  }
}

function tooLarge(bytes: number): SearchOutcome {
  const what = `this answer has ${bytes} bytes, and with the others of the batch more than ${limits.answerBytesMax}`;
  return refused(new ShoalError('RESOURCE_EXHAUSTED', `${what}; ask fewer questions at once, or for a smaller k`));
}

function refused({ status, message }: ShoalError): SearchOutcome {
  return { status, message, response: undefined };
}
