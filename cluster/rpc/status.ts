/**
 * The one place where errors cross the wire: ShoalError to gRPC status and back.
 *
 * Codes keep their numbers. `details` travel as JSON in the trailer `shoal-details-bin`, which is there without any, too: so what a peer
 * says is told from what the way to it does. A detail `retryAfterMs` also becomes `retry-after` in whole seconds, rounded up, as HTTP
 * clients know it. Stacks and causes never leave the process.
 */
import { Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { codeOfStatus, ShoalError } from '../../base/errors.js';
import type { Logger } from '../../base/logger.js';

/** The trailer that carries a ShoalError's details as UTF-8 JSON of strings. */
export const detailsKey = 'shoal-details-bin';

/** Longer messages are cut: trailers above 16 KiB break the connection of many clients. */
const messageCharactersMax = 4_000;
/** Details that are larger are left out, for the same reason. */
const detailsBytesMax = 4_000;

/**
 * `thrown` as gRPC status. A ShoalError keeps code, message and details; everything else becomes INTERNAL with a fixed text,
 * since a foreign message may hold what callers must not see. INTERNAL is logged with its stack when `logger` is given.
 */
export function statusOf(thrown: unknown, logger?: Logger): StatusObject {
  const error = shoalErrorFrom(thrown);
  if (error.code === 'INTERNAL') logger?.error({ err: thrown }, 'a call failed with an internal error');
  const metadata = new Metadata();
  const details = Buffer.from(JSON.stringify(error.details));
  metadata.set(detailsKey, details.length <= detailsBytesMax ? details : Buffer.from('{}'));
  const retryAfterMs = Number(error.details['retryAfterMs']);
  if (retryAfterMs > 0) metadata.set('retry-after', String(Math.ceil(retryAfterMs / 1000)));
  return { code: error.status, details: error.message.slice(0, messageCharactersMax), metadata };
}

/** A failed call's error as a ShoalError; `address` names the peer when it could not be reached. */
export function shoalErrorOf(thrown: unknown, address?: string): ShoalError {
  if (!isServiceError(thrown)) return ShoalError.from(thrown);
  const code = codeOfStatus(thrown.code);
  const said = thrown.details === '' ? thrown.message : thrown.details;
  const isUnreachable = code === 'UNAVAILABLE' && address !== undefined && !isFromPeer(thrown);
  const message = isUnreachable ? `${address} cannot be reached: ${said}` : said;
  return new ShoalError(code, message, { cause: thrown, details: detailsOf(thrown.metadata) });
}

/** `thrown` as a ShoalError whose message may be shown to a caller. */
function shoalErrorFrom(thrown: unknown): ShoalError {
  if (thrown instanceof ShoalError) return thrown;
  const error = ShoalError.from(thrown);
  if (error.code !== 'INTERNAL') return error;
  return new ShoalError('INTERNAL', 'an internal error; the log of the node says more', { cause: thrown });
}

function isServiceError(thrown: unknown): thrown is ServiceError {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'number' && 'details' in thrown;
}

/** Whether a Shoal process gave the error, and not a connection to it. */
function isFromPeer({ metadata }: { readonly metadata?: Metadata }): boolean {
  return (metadata?.get(detailsKey).length ?? 0) > 0;
}

function detailsOf(metadata: Metadata | undefined): Record<string, string> {
  const packed = metadata?.get(detailsKey)[0];
  if (packed === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(packed.toString());
    if (typeof parsed !== 'object' || parsed === null) return {};
    return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]));
  } catch (malformed) {
    return { malformedDetails: String(malformed) };
  }
}
