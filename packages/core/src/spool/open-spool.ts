/** The import `#spool` on platforms with a file system. */

import { nodeSpoolFiles } from '../platform/node/spool-files.js';
import type { Spool } from '../publish/spool.js';
import { DiskSpool, type SpoolTools } from './disk-spool.js';
import type { SpoolConfig } from './folder/spool-options.js';

/**
 * Opens the spool; undefined if none is configured, or if its folder cannot be used, which is reported.
 * @param destination names the pipeline
 */
export function openSpool(
  config: SpoolConfig | undefined,
  destination: string,
  tools: SpoolTools,
): Spool | undefined {
  if (config === undefined) return undefined;
  try {
    return new DiskSpool({ config, files: nodeSpoolFiles, destination, ...tools });
  } catch (error) {
    tools.diagnostics.report(
      'error',
      'spool_refused',
      'the spool folder cannot be used; traces wait in memory only',
      error,
    );
    return undefined;
  }
}
