/**
 * Structured log lines on standard error, so that standard output carries answers only. Messages are lower case; values go in fields.
 *
 * An error in the field `err` has a stack only where somebody has to look into the code: a defect, or lost data. What a cluster meets in
 * ordinary work (a peer that is away, a lease that lapsed) is its code and what its message says.
 */
import { pino, type Logger as PinoLogger } from 'pino';
import { ShoalError, type ErrorCode } from './errors.js';

export type Logger = PinoLogger;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

const withStack: ReadonlySet<ErrorCode> = new Set(['INTERNAL', 'UNKNOWN', 'DATA_LOSS']);

/** A logger whose lines carry `name`; children add fields with `.child({...})`. */
export function createLogger(name: string, level: LogLevel): Logger {
  return pino({ name, level, serializers: { err: errorFields } }, pino.destination({ dest: 2, sync: true }));
}

/** Whether somebody has to look into the code, or after the data, because of `error`. */
export function isDefect({ code }: ShoalError): boolean {
  return withStack.has(code);
}

/** What a log line says of a thrown value. */
export function errorFields(thrown: unknown): object {
  const error = ShoalError.from(thrown);
  if (isDefect(error)) return pino.stdSerializers.err(thrown instanceof Error ? thrown : error);
  return { code: error.code, message: error.message };
}
