/** The checksums that log records carry themselves, compared while a chunk's file is walked. */
import { ShoalError } from '../../base/errors.js';
import type { OwnChecks } from './lmdb-store.js';
import { checkBody, checkHeader, decodeHeader, logKeys, type HeaderBlock } from './log-record.js';

/**
 * The checks of a chunk's headers, and with `isDeep` of its bodies, for a walk in the order of keys. Else a body is only read, and
 * judged, when it is asked for.
 */
export function checksOf(path: string, isDeep = false): OwnChecks {
  const headers = new Map<bigint, HeaderBlock>();
  return {
    has: (key) => logKeys.isHeader(key) || logKeys.isBody(key),
    check: (entry) => {
      if (!isDeep && logKeys.isBody(entry.key)) return;
      const sequence = logKeys.sequenceOf(entry.key);
      const where = `sequence ${sequence} in ${path}`;
      if (logKeys.isHeader(entry.key)) {
        if (isDeep) headers.set(sequence, decodeHeader(sequence, entry.value(), where));
        else checkHeader(sequence, entry.value(), where);
        return;
      }
      const header = headers.get(sequence);
      if (header === undefined) throw new ShoalError('DATA_LOSS', `${where} has a body without headers`);
      checkBody(header, entry.value(), where);
    },
  };
}
