/** The tracer's counts for a local server, as a header of the calls that send rows. */

import { processName } from '#platform';

/** Header of a data-stream call: JSON of the name of the process and the result of `stats()`. */
export const REPORT_HEADER = 'X-Openlayer-Tracing-Stats';

/** Longer reports are not sent: servers limit the size of headers. */
const MAX_LENGTH = 4000;

/** Returns a function that makes the header's value, and never throws; undefined in runtimes without processes. */
export function reporter(stats: () => object): (() => string | undefined) | undefined {
  const nameOf = processName;
  if (nameOf === undefined) return undefined;
  return () => {
    try {
      const text = JSON.stringify({ name: nameOf(), stats: stats() });
      return text.length > MAX_LENGTH ? undefined : asciiJson(text);
    } catch {
      return undefined; // counts are worth less than the rows
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
