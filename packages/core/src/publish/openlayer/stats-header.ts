/** The header with the tracer's counts, for a local server. */

import { processName } from '#platform';
import type { SendOptions } from '../transport/user-transport.js';

/** How the rows of a call are sent. */
export type SendingFacts = Pick<SendOptions, 'retries' | 'isReplay'>;

/** JSON of the name of the process, the result of `stats()` and how the rows are sent, on calls that send rows. */
export const STATS_HEADER = 'X-Openlayer-Tracing-Stats';

/** A longer header is not sent, since servers limit the size of headers. */
const MAX_LENGTH = 4000;

/** Returns a function that makes the header's value, and never throws; undefined in runtimes without processes. */
export function statsHeader(
  stats: () => object,
): ((sending?: SendingFacts) => string | undefined) | undefined {
  const nameOf = processName;
  if (nameOf === undefined) return undefined;
  return ({ retries, isReplay } = {}) => {
    try {
      const text = JSON.stringify({ name: nameOf(), stats: stats(), retries, isReplay });
      return text.length > MAX_LENGTH ? undefined : asciiJson(text);
    } catch {
      // The rows are sent without it.
      return undefined;
    }
  };
}

/** Headers are ASCII, and JSON may escape everything else. */
function asciiJson(json: string): string {
  return json.replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
