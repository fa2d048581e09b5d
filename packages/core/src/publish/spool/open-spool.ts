/** A spool where one is wanted and can be had. */

import { spoolFiles } from '#platform';
import type { Config } from '../../config/config.js';
import type { Diagnostics } from '../../diagnostics.js';
import type { Ledger } from '../ledger.js';
import { Spool } from './spool.js';

export interface SpoolSurroundings {
  readonly diagnostics: Diagnostics;
  readonly ledger: Ledger;
  readonly outside: (fn: () => void) => void;
}

/** Undefined where none is configured, or where its folder is not to be had: then that is said, and traces wait in memory. */
export function openSpool(config: Config, surroundings: SpoolSurroundings): Spool | undefined {
  if (config.spool === undefined || spoolFiles === undefined) return undefined;
  try {
    const destination = `${config.baseUrl ?? ''}\n${config.inferencePipelineId ?? ''}`;
    return new Spool({ config: config.spool, files: spoolFiles, destination, ...surroundings });
  } catch (error) {
    surroundings.diagnostics.report(
      'error',
      'spool_refused',
      'the spool folder cannot be used; traces wait in memory only',
      error,
    );
    return undefined;
  }
}
