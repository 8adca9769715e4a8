/** The gRPC face of backups. */
import type { Logger } from '../../base/logger.js';
import { clientStreamHandler, serverStreamHandler } from '../../cluster/rpc/handlers.js';
import type { BackupsServer } from '../../proto/generated/shoal/v1/backup.js';
import { backupCollection } from './backup.js';
import { restoreCollection, type RestoreParts } from './restore.js';

/** Backups of any size end sooner. */
const deadlineMsDefault = 24 * 3_600_000;

/** The handlers of `shoal.v1.Backups`. */
export function backupsService(parts: RestoreParts & { readonly logger: Logger }): BackupsServer {
  const options = { clock: parts.clock, logger: parts.logger, deadlineMsDefault };
  return {
    backup: serverStreamHandler(
      ({ collection }, { deadline }) => backupCollection(collection, parts, deadline),
      options,
    ),
    restore: clientStreamHandler((messages, { deadline }) => restoreCollection(messages, parts, deadline), options),
  };
}
