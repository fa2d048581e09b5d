/** The import `#spool` on runtimes with a file system. */

import { nodeSpoolFiles } from '../platform/node/spool-files.js';
import type { Spool } from '../publish/spool.js';
import { DiskSpool, type OpenSpoolOptions } from './disk-spool.js';
import type { SpoolConfig } from './folder/spool-options.js';

/**
 * Opens the spool; undefined if none is configured, or if its folder cannot be used, which is reported.
 * @param address names the destination
 */
export function openSpool(
  config: SpoolConfig | undefined,
  address: string,
  options: OpenSpoolOptions,
): Spool | undefined {
  if (config === undefined) return undefined;
  try {
    return new DiskSpool({ config, files: nodeSpoolFiles, address, ...options });
  } catch (error) {
    options.diagnostics.report(
      'error',
      'spool_refused',
      'the spool folder cannot be used; traces wait in memory only',
      error,
    );
    return undefined;
  }
}
