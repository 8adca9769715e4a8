/**
 * What can go wrong, and whose fault it is: the one error class of Shoal and its codes.
 *
 * Codes are the gRPC ones (numbers of google.rpc.Code), so that a status crosses a process boundary unchanged. An error is
 * thrown where it is found; only `cluster/rpc` and `client` translate to and from the wire.
 */

/** Every code with its gRPC number, what it means here, and who can mend it. The table is the documentation: tests hold it to README. */
export const errorCodes = {
  CANCELLED: { status: 1, meaning: 'the caller gave up', fault: 'caller' },
  UNKNOWN: { status: 2, meaning: 'a peer answered with something that is no Shoal error', fault: 'cluster' },
  INVALID_ARGUMENT: { status: 3, meaning: 'the request can never succeed as it stands', fault: 'caller' },
  DEADLINE_EXCEEDED: { status: 4, meaning: 'time ran out; a write may have happened', fault: 'cluster' },
  NOT_FOUND: { status: 5, meaning: 'the collection, document or node does not exist', fault: 'caller' },
  ALREADY_EXISTS: { status: 6, meaning: 'the name is taken', fault: 'caller' },
  PERMISSION_DENIED: { status: 7, meaning: 'the caller may not do this', fault: 'caller' },
  RESOURCE_EXHAUSTED: { status: 8, meaning: 'a named limit is reached; try again later', fault: 'cluster' },
  FAILED_PRECONDITION: {
    status: 9,
    meaning: 'the state does not allow it: stale shard map, directory in use, newer format',
    fault: 'caller',
  },
  ABORTED: { status: 10, meaning: 'a concurrent change won; read again and retry', fault: 'caller' },
  OUT_OF_RANGE: { status: 11, meaning: 'past the end of what exists', fault: 'caller' },
  UNIMPLEMENTED: { status: 12, meaning: 'this node does not offer the call', fault: 'caller' },
  INTERNAL: { status: 13, meaning: 'a defect of Shoal', fault: 'shoal' },
  UNAVAILABLE: { status: 14, meaning: 'a peer cannot be reached; a write may have happened', fault: 'cluster' },
  DATA_LOSS: { status: 15, meaning: 'a checksum does not match', fault: 'storage' },
  UNAUTHENTICATED: { status: 16, meaning: 'no valid key was given', fault: 'caller' },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** The one error of Shoal. `message` says what, why and what to do; values that a program may want are in `details`. */
export class ShoalError extends Error {
  override readonly name = 'ShoalError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, string>>;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, string> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  /** The gRPC status number of `code`. */
  get status(): number {
    return errorCodes[this.code].status;
  }

  /** Any thrown value as a ShoalError: itself; an abort or timeout as CANCELLED or DEADLINE_EXCEEDED; all else INTERNAL. */
  static from(thrown: unknown): ShoalError {
    if (thrown instanceof ShoalError) return thrown;
    if (!(thrown instanceof Error)) return new ShoalError('INTERNAL', String(thrown), { cause: thrown });
    if (thrown.name === 'AbortError') return new ShoalError('CANCELLED', thrown.message, { cause: thrown });
    if (thrown.name === 'TimeoutError') return new ShoalError('DEADLINE_EXCEEDED', thrown.message, { cause: thrown });
    return new ShoalError('INTERNAL', thrown.message, { cause: thrown });
  }
}

/** The code of a gRPC status number; UNKNOWN for a number outside the table. */
export function codeOfStatus(status: number): ErrorCode {
  for (const [code, entry] of Object.entries(errorCodes)) {
    if (entry.status === status) return code as ErrorCode;
  }
  return 'UNKNOWN';
}
