/**
 * Finds poison rows: rows that make the platform fail each time, so that the rows sent with them need not wait. The platform responds
 * with 400 to a row that it refuses, but with 500 to a row that it cannot handle, such as one with a NUL that its database does not
 * take.
 *
 * A failed send is a strike against each of its rows, if the platform took other rows since the strike before: while it is down, all
 * sends fail.
 */

import { elapsedSince, monotonicMs } from '../../platform/clock.js';
import type { QueuedRow } from '../row/queued-row.js';
import { type Poisoning, setPoisoning } from '../transport/poison-rows.js';
import type { RowTransport } from '../transport/row-transport.js';
import { SendError } from '../transport/send-error.js';
import type { RetryPolicy } from './backoff.js';

/** The platform, or a proxy before it, failed while it handled the rows. */
const STATUSES: ReadonlySet<number | undefined> = new Set([500, 502, 504]);
/** After this number of failed sends with a row, the row is suspected: its batch is sent in parts. */
const MIN_FAILURES = 3;
/** After this number of strikes, a row may be confirmed. */
const MIN_STRIKES = 10;
/** A row is confirmed only if at least this number of other sends succeeded since its first failed send. */
const MIN_SUCCESSES = 3;
/** A row is confirmed only if this number of other sends succeeded for each other send that failed since its first failed send. */
const SUCCESSES_PER_FAILURE = 10;
/** After this number of strikes against a row, a failed send with it does not count as a failure of the platform. */
const MIN_STRIKES_TO_BLAME = 2;
/** After this number of consecutive failed sends of suspected rows, the platform counts as down. Halving 100 rows to one takes 8. */
const MAX_PROBES = 16;
const MAX_FAILED_ROWS = 10_000;

/** A row that was part of a failed send, and of no successful send since. */
interface FailedRow {
  failures: number;
  strikes: number;
  /** The number of successful sends at the last strike. */
  successesAtStrike: number;
  /** When it failed first, in milliseconds of the monotonic clock. */
  readonly since: number;
  /** The number of successful sends when it failed first. */
  readonly successesBefore: number;
  /** How many of the platform's failures happened before it failed first, or in a send with it. */
  failuresToIgnore: number;
}

/**
 * A transport that marks errors whose cause may be a poison row.
 * @param policy a row is confirmed only after the longest wait between retries
 */
export function withPoisonDetection(transport: RowTransport, { capMs }: RetryPolicy): RowTransport {
  const failedRows = new Map<string, FailedRow>();
  let successes = 0;
  /** The platform's failures: failed sends, apart from those with a row that has strikes enough to explain them. */
  let failures = 0;
  let probes = 0;

  return {
    async send(batch, options) {
      const { rows } = batch;
      try {
        const delivery = await transport.send(batch, options);
        successes++;
        probes = 0;
        if (failedRows.size > 0) for (const row of rows) failedRows.delete(keyOf(row));
        return delivery;
      } catch (error) {
        if (!(error instanceof SendError)) throw error;
        if (STATUSES.has(error.status)) {
          const poisoning = poisoningOf(rows);
          if (poisoning !== undefined) setPoisoning(error, poisoning);
        } else if (error.isRetryable) {
          failures++;
        }
        throw error;
      }
    },
    close: () => transport.close(),
  };

  /** Counts the failed send. */
  function poisoningOf(rows: readonly QueuedRow[]): Poisoning | undefined {
    const failed = rows.map(failedRowOf);
    const isCounted = !failed.some(({ strikes }) => strikes >= MIN_STRIKES_TO_BLAME);
    if (isCounted) failures++;
    for (const failedRow of failed) {
      failedRow.failures++;
      if (isCounted) failedRow.failuresToIgnore++;
      if (failedRow.strikes > 0 && failedRow.successesAtStrike === successes) continue;
      failedRow.strikes++;
      failedRow.successesAtStrike = successes;
    }
    if (!failed.some((each) => each.failures >= MIN_FAILURES)) return undefined;
    const [failedRow] = failed;
    const [row] = rows;
    if (rows.length > 1 || failedRow === undefined || row === undefined) return afterProbe();
    const good = successes - failedRow.successesBefore;
    const bad = failures - failedRow.failuresToIgnore;
    const isConfirmed =
      failedRow.strikes >= MIN_STRIKES &&
      good >= Math.max(MIN_SUCCESSES, bad * SUCCESSES_PER_FAILURE) &&
      elapsedSince(failedRow.since) >= capMs;
    if (isConfirmed) {
      failedRows.delete(keyOf(row));
      return 'confirmed';
    }
    return good > bad ? 'suspected' : afterProbe();
  }

  function afterProbe(): Poisoning | undefined {
    return probes++ < MAX_PROBES ? 'suspected' : undefined;
  }

  function failedRowOf(row: QueuedRow): FailedRow {
    const key = keyOf(row);
    const found = failedRows.get(key);
    if (found !== undefined) return found;
    const failedRow = {
      failures: 0,
      strikes: 0,
      successesAtStrike: 0,
      since: monotonicMs(),
      successesBefore: successes,
      failuresToIgnore: failures,
    };
    failedRows.set(key, failedRow);
    if (failedRows.size > MAX_FAILED_ROWS) {
      const [oldest = key] = failedRows.keys();
      failedRows.delete(oldest);
    }
    return failedRow;
  }
}

/** Identifies a row. One that waits on disk is another object for each send, and two requests of a client may have the same id. */
function keyOf({ inferenceId, byteLength }: QueuedRow): string {
  return `${inferenceId} ${byteLength}`;
}
