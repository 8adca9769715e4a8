/** From a gRPC status to a ShoalError: the one place of the client where the wire's errors are translated. */
import { status as grpcStatus } from '@grpc/grpc-js';
import { codeOfStatus, ShoalError } from '../../base/errors.js';

/** Any value that a gRPC call threw, as a ShoalError whose message names `address` where the connection is at fault. */
export function errorOfCall(thrown: unknown, address: string): ShoalError {
  if (thrown instanceof ShoalError || !isServiceError(thrown)) return ShoalError.from(thrown);
  const details = thrown.details;
  if (thrown.code === grpcStatus.UNAVAILABLE && isConnectionFailure(details)) {
    const why =
      /connect [A-Z]+ [^\s;]*[^\s;.]|ENOTFOUND [^\s;]+|Name resolution failed[^;]*/.exec(details)?.[0] ?? details;
    return new ShoalError(
      'UNAVAILABLE',
      `no cluster answers at ${address} (${why}); start one with \`shoal dev\`, or name another with --address or SHOAL_ADDRESS`,
      { cause: thrown },
    );
  }
  if (thrown.code === grpcStatus.DEADLINE_EXCEEDED && /^Deadline exceeded/i.test(details)) {
    return new ShoalError(
      'DEADLINE_EXCEEDED',
      `${address} did not answer in time (${details}); a write may have happened; look at \`shoal status\`, or allow more time`,
      { cause: thrown },
    );
  }
  return new ShoalError(codeOfStatus(thrown.code), details === '' ? thrown.message : details, { cause: thrown });
}

interface ServiceErrorLike extends Error {
  readonly code: number;
  readonly details: string;
}

function isServiceError(thrown: unknown): thrown is ServiceErrorLike {
  return (
    thrown instanceof Error &&
    'code' in thrown &&
    typeof thrown.code === 'number' &&
    'details' in thrown &&
    typeof thrown.details === 'string'
  );
}

function isConnectionFailure(details: string): boolean {
  return /No connection established|ECONNREFUSED|ENOTFOUND|Name resolution failed|Connection dropped/.test(details);
}
