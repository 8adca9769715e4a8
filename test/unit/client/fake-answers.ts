/** What the services of the coordinator in memory have in common: what it holds, and how it answers. */
import { status as grpcStatus, type ServiceError } from '@grpc/grpc-js';
import type { Collection } from '../../../proto/generated/shoal/v1/collections.js';
import type { Document } from '../../../proto/generated/shoal/v1/document.js';

/** A collection. */
export interface Held {
  /** Then nothing is left to re-encode. */
  isTrained?: true;
  collection: Collection;
  documents: Map<string, { docId: bigint; document: Document }>;
}

export function failure(code: grpcStatus, details: string): ServiceError {
  return Object.assign(new Error(details), { code, details }) as unknown as ServiceError;
}

/** NOT_FOUND for one that there is not. */
export function find(held: Map<string, Held>, name: string): Held {
  const found = held.get(name);
  if (found === undefined) throw failure(grpcStatus.NOT_FOUND, `collection ${name} does not exist; create it first`);
  return found;
}

/** Answers a unary call with what `make` returns or throws. */
export function answer<Request, Response>(make: (request: Request) => Response) {
  return (call: { request: Request }, done: (error: ServiceError | null, response?: Response) => void): void => {
    try {
      done(null, make(call.request));
    } catch (error) {
      done(error as ServiceError);
    }
  };
}
