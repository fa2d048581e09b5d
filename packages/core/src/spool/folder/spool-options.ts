/** The options of the spool. */

/** Options of the spool, which keeps rows on disk until they are delivered. */
export interface SpoolOptions {
  /**
   * A folder for the spool alone. It is created if it is missing, and must belong to the user of the process and not be
   * writable by everybody. A relative path is resolved against the working directory when the option is read.
   *
   * A spool file that is deleted while its process runs is written again. To delete waiting rows, end the process and run
   * `openlayer-replay --purge`. For files that were copied (a restored backup, a container's snapshot) or not touched for an
   * hour, the platform is queried for each row before the row is sent: one GET per row, 20 per second.
   * @default OPENLAYER_SPOOL_DIR
   */
  readonly dir?: string | undefined;
  /**
   * Limit for the files of one pipeline, in bytes. Each further process may exceed it by an eighth. When it is reached, the
   * oldest rows are deleted and count as dropped, `spool_full`.
   * @default 268435456
   */
  readonly maxBytes?: number | undefined;
  /** Older rows are deleted and count as dropped, `spool_expired`. In milliseconds. @default 604800000 */
  readonly maxAgeMs?: number | undefined;
  /**
   * `wal` writes each row before the last bytes of its response are sent; `failure-only` writes rows that could not be sent;
   * `off` writes nothing.
   * @default 'wal'
   */
  readonly mode?: SpoolMode | undefined;
  /**
   * `process` keeps rows when the process is killed; `fsync` also when the machine stops, except those of the last 50 ms.
   * @default 'process'
   */
  readonly durability?: Durability | undefined;
}

/** Which rows the spool writes. */
export type SpoolMode = 'wal' | 'failure-only' | 'off';
/** Which failures spooled rows survive. */
export type Durability = 'process' | 'fsync';

/** The options with their defaults. */
export interface SpoolConfig {
  readonly dir: string;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly mode: SpoolMode;
  readonly durability: Durability;
}
