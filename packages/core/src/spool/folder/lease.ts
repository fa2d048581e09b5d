/**
 * The leases of segments. A process renews the leases on its segments; another process may adopt a segment when the lease on it
 * has ended.
 */

/** How often a running process renews its leases. */
export const RENEW_MS = 10_000;

/** A running process has renewed its leases after this time, also if its timers fire late. */
export const RENEWED_AFTER_MS = RENEW_MS + 2000;

/** Lease of an owner whose process cannot be checked from here, on another machine or in another container. */
export const LEASE_MS = 12 * RENEW_MS;

/** Lease of an owner whose process runs: after this time without a renewal, the thread that owned the file has ended. */
export const LONG_LEASE_MS = 30 * RENEW_MS;

/**
 * Before it writes, a process checks whether another one has adopted its files, if the last check is older than this. Less than
 * the shortest lease: none can have adopted them sooner.
 */
export const RECHECK_MS = LEASE_MS / 2;

/** What is done each time the files are checked, once a second. */
export interface Maintenance {
  /** Whether to renew the leases. */
  readonly renewsLease: boolean;
}
