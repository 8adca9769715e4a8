/** Structured log lines on standard error, so that standard output carries answers only. Messages are lower case; values go in fields. */
import { pino, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** A logger whose lines carry `name`; children add fields with `.child({...})`. */
export function createLogger(name: string, level: LogLevel): Logger {
  return pino({ name, level }, pino.destination({ dest: 2, sync: true }));
}
