/**
 * Suspects rows that make the platform fail. A row that it refuses is answered with 400; one that it cannot handle, such as a text
 * with a NUL that its database does not take, with 500, each time. The rows that are sent with it must not wait for it.
 */

import { elapsedSince, monotonicMs } from '../../platform/clock.js';
import type { QueuedRow } from '../row/queued-row.js';
import type { RowTransport } from '../transport/row-transport.js';
import { SendError, type Suspicion, setSuspicion } from '../transport/send-error.js';
import type { RetryPolicy } from './backoff.js';

/** The platform, or a proxy before it, failed while it handled the rows. */
const STATUSES: ReadonlySet<number | undefined> = new Set([500, 502, 504]);
/** Failed sends with a row, after which it is suspected: its batch is sent in parts. */
const LEAST_FAILURES = 3;
/**
 * Failed sends with a row, after which it is known to be the cause. Only those count between which the platform took other rows: all
 * sends fail while it is down.
 */
const LEAST_PROOFS = 10;
/** Successful sends since the first failure, without which no row is known to be the cause. */
const LEAST_SUCCESSES = 3;
/** The same, for each failed send whose rows are not suspected by proofs. */
const SUCCESSES_PER_FAILURE = 10;
/** Proofs against a row, after which a failed send with it says nothing of the platform. */
const LEAST_PROOFS_OF_SUSPECT = 2;
/** Failures in a row with suspected rows, after which the platform is taken to be down. Halving 100 rows to one takes 8. */
const MAX_PROBES = 16;
const MAX_SUSPECTS = 10_000;

/** A row that was part of a failed send, and of no successful one since. */
interface Suspect {
  failures: number;
  proofs: number;
  /** How many sends had succeeded at the last proof. */
  successesAtProof: number;
  /** When it failed first, and how many sends had succeeded before. */
  readonly since: number;
  readonly successesBefore: number;
  /** Failed sends that say nothing against it: those before, and those with it since. */
  failuresBesides: number;
}

/**
 * A transport that sets the suspicion of its errors.
 * @param policy no row is known to be the cause before the longest wait between retries has passed
 */
export function withSuspicion(transport: RowTransport, { capMs }: RetryPolicy): RowTransport {
  const suspects = new Map<string, Suspect>();
  let successes = 0;
  /** Failed sends that may be the platform's. */
  let failures = 0;
  let probes = 0;

  return {
    async send(batch, options) {
      const { rows } = batch;
      try {
        const delivery = await transport.send(batch, options);
        successes++;
        probes = 0;
        if (suspects.size > 0) for (const row of rows) suspects.delete(keyOf(row));
        return delivery;
      } catch (error) {
        if (!(error instanceof SendError)) throw error;
        if (STATUSES.has(error.status)) {
          const suspicion = suspicionOf(rows);
          if (suspicion !== undefined) setSuspicion(error, suspicion);
        } else if (error.isRetryable) {
          failures++;
        }
        throw error;
      }
    },
    close: () => transport.close(),
  };

  /** Counts the failed send. */
  function suspicionOf(rows: readonly QueuedRow[]): Suspicion | undefined {
    const failed = rows.map(suspectOf);
    const isCounted = !failed.some(({ proofs }) => proofs >= LEAST_PROOFS_OF_SUSPECT);
    if (isCounted) failures++;
    for (const suspect of failed) {
      suspect.failures++;
      if (isCounted) suspect.failuresBesides++;
      if (suspect.proofs > 0 && suspect.successesAtProof === successes) continue;
      suspect.proofs++;
      suspect.successesAtProof = successes;
    }
    if (!failed.some((suspect) => suspect.failures >= LEAST_FAILURES)) return undefined;
    const [suspect] = failed;
    const [row] = rows;
    if (rows.length > 1 || suspect === undefined || row === undefined) return afterProbe();
    const good = successes - suspect.successesBefore;
    const bad = failures - suspect.failuresBesides;
    const isKnown =
      suspect.proofs >= LEAST_PROOFS &&
      good >= Math.max(LEAST_SUCCESSES, bad * SUCCESSES_PER_FAILURE) &&
      elapsedSince(suspect.since) >= capMs;
    if (isKnown) suspects.delete(keyOf(row));
    if (isKnown) return 'known';
    return good > bad ? 'possible' : afterProbe();
  }

  function afterProbe(): Suspicion | undefined {
    return probes++ < MAX_PROBES ? 'possible' : undefined;
  }

  function suspectOf(row: QueuedRow): Suspect {
    const key = keyOf(row);
    const found = suspects.get(key);
    if (found !== undefined) return found;
    const suspect = {
      failures: 0,
      proofs: 0,
      successesAtProof: 0,
      since: monotonicMs(),
      successesBefore: successes,
      failuresBesides: failures,
    };
    suspects.set(key, suspect);
    if (suspects.size > MAX_SUSPECTS) {
      const [oldest = key] = suspects.keys();
      suspects.delete(oldest);
    }
    return suspect;
  }
}

/** A row that waits on disk is read anew for each send, and a client may give the id of one request to another. */
function keyOf({ inferenceId, byteLength }: QueuedRow): string {
  return `${inferenceId} ${byteLength}`;
}
