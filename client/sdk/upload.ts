/** A call of many requests and one answer, with back-pressure: the sender waits while the connection's buffer is full. */
import { Metadata, type CallOptions, type ClientWritableStream, type ServiceError } from '@grpc/grpc-js';
import { ShoalError } from '../../base/errors.js';
import { errorOfCall } from './errors.js';
import type { Target } from './call.js';

/** A client-streaming method of a generated client, bound to it. */
export type UploadMethod<Request, Answer> = (
  metadata: Metadata,
  options: Partial<CallOptions>,
  done: (error: ServiceError | null, answer: Answer) => void,
) => ClientWritableStream<Request>;

/** Gives one request to the call; false when the call has ended and takes no more. */
export type WriteRequest<Request> = (request: Request) => Promise<boolean>;

/**
 * Lets `send` write the requests and resolves with the answer. An error of `send` cancels the call; an error of the call is thrown
 * when `send`, which hears of it by `false`, has returned.
 */
export async function upload<Request, Answer>(
  target: Target,
  method: UploadMethod<Request, Answer>,
  send: (write: WriteRequest<Request>) => Promise<void>,
): Promise<Answer> {
  const state = { ended: false, wake: (): void => undefined };
  let settle: (error: unknown, answer: Answer) => void;
  const answer = new Promise<Answer>((resolve, reject) => {
    settle = (error, given) => {
      state.ended = true;
      state.wake();
      if (error !== null) reject(errorOfCall(error, target.address));
      else resolve(given);
    };
  });
  // Reported where it is awaited below, whatever `send` does meanwhile.
  answer.catch(() => undefined);
  const call = method(new Metadata(), {}, (error, given) => settle(error, given));
  call.on('drain', () => state.wake());
  // The answer's callback reports the same failure.
  call.on('error', () => undefined);
  try {
    await send(async (request) => {
      if (state.ended) return false;
      if (!call.write(request)) await new Promise<void>((resolve) => (state.wake = resolve));
      return !state.ended;
    });
  } catch (error) {
    call.cancel();
    throw ShoalError.from(error);
  }
  if (!state.ended) call.end();
  return await answer;
}
