/**
 * Suspects rows that make the platform fail. A row that it refuses is answered with 400; one that it cannot handle, such as a text
 * with a NUL that its database does not take, with 500, each time. The rows that are sent with it must not wait for it.
 */

import type { QueuedRow } from '../row/queued-row.js';
import type { RowTransport } from '../transport/row-transport.js';
import { SendError, type Suspicion, setSuspicion } from '../transport/send-error.js';

/** The platform, or a proxy before it, failed while it handled the rows. */
const STATUSES: ReadonlySet<number | undefined> = new Set([500, 502, 504]);
/** A row is suspected when so many sends with it have failed. */
const FAILURES = 3;
/** A row is known to be the cause when so many sends with it have failed, ... */
const FAILURES_OF_CAUSE = 10;
/** ... and so many without it have succeeded since the first of them, ... */
const SUCCESSES = 3;
/** ... and so many for each other send that has failed. */
const SUCCESSES_PER_FAILURE = 10;
/** Failures in a row with suspected rows, after which the platform is taken to be down. Halving 100 rows to one takes 8. */
const MAX_PROBES = 16;
const MAX_SUSPECTS = 10_000;

/** What is known of a row that was part of a failed send. */
interface Suspect {
  failures: number;
  /** How many sends without suspects had succeeded and failed before. */
  readonly successesBefore: number;
  readonly failuresBefore: number;
}

/** A transport that sets the suspicion of its errors. */
export function withSuspicion(transport: RowTransport): RowTransport {
  /** By inference ID, since a row that waits on disk is read anew for each send. */
  const suspects = new Map<string, Suspect>();
  let successes = 0;
  let otherFailures = 0;
  let probes = 0;

  return {
    async send(batch, options) {
      const { rows } = batch;
      try {
        const delivery = await transport.send(batch, options);
        successes++;
        probes = 0;
        if (suspects.size > 0) for (const { inferenceId } of rows) suspects.delete(inferenceId);
        return delivery;
      } catch (error) {
        if (!(error instanceof SendError) || !STATUSES.has(error.status)) {
          if (error instanceof SendError && error.isRetryable) otherFailures++;
          throw error;
        }
        const suspicion = suspicionOf(rows);
        if (suspicion !== undefined) setSuspicion(error, suspicion);
        throw error;
      }
    },
    close: () => transport.close(),
  };

  /** Counts the failed send. */
  function suspicionOf(rows: readonly QueuedRow[]): Suspicion | undefined {
    if (!rows.some(({ inferenceId }) => suspects.has(inferenceId))) otherFailures++;
    let most: Suspect | undefined;
    for (const { inferenceId } of rows) {
      const suspect = suspectOf(inferenceId);
      suspect.failures++;
      if (most === undefined || suspect.failures > most.failures) most = suspect;
    }
    if (most === undefined || most.failures < FAILURES) return undefined;
    const good = successes - most.successesBefore;
    const bad = otherFailures - most.failuresBefore;
    const isKnown = good >= SUCCESSES && good >= bad * SUCCESSES_PER_FAILURE;
    if (rows.length === 1 && isKnown && most.failures >= FAILURES_OF_CAUSE) return 'known';
    const mayWork = (rows.length === 1 && good > bad) || probes++ < MAX_PROBES;
    return mayWork ? 'possible' : undefined;
  }

  function suspectOf(inferenceId: string): Suspect {
    const found = suspects.get(inferenceId);
    if (found !== undefined) return found;
    const suspect = { failures: 0, successesBefore: successes, failuresBefore: otherFailures };
    suspects.set(inferenceId, suspect);
    if (suspects.size > MAX_SUSPECTS) {
      const [oldest = inferenceId] = suspects.keys();
      suspects.delete(oldest);
    }
    return suspect;
  }
}
