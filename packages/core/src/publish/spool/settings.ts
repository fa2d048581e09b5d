/** What of the spool can be chosen. */

export interface SpoolOptions {
  /**
   * A folder of your own, for this and nothing else; it is made where it is missing. A relative path starts at the working
   * directory of the moment when the option is read.
   *
   * Files that are deleted while their process runs are written again, since cleaners of temporary files delete by mistake.
   * To delete what waits, end the process and run `openlayer-replay --purge`. Where files were copied (a backup that came
   * back, a container's snapshot) or not touched for an hour, the platform is asked for each row before that is sent: one
   * GET a row, 20 a second.
   * @default OPENLAYER_SPOOL_DIR
   */
  readonly dir?: string | undefined;
  /**
   * Of the whole folder of one pipeline, but for an eighth that each of several processes may add. Where it is full, what
   * is oldest is deleted and counted.
   * @default 268435456
   */
  readonly maxBytes?: number | undefined;
  /** What is older is deleted and counted, in milliseconds. @default 604800000 */
  readonly maxAgeMs?: number | undefined;
  /**
   * `wal` writes each trace before the end of its answer leaves; `failure-only` what could not be sent; `off` nothing.
   * @default 'wal'
   */
  readonly mode?: SpoolMode | undefined;
  /**
   * `process` survives the death of the process; `fsync` also that of the machine, but for the last 50 ms.
   * @default 'process'
   */
  readonly durability?: Durability | undefined;
}

export type SpoolMode = 'wal' | 'failure-only' | 'off';
export type Durability = 'process' | 'fsync';

/** The same with nothing left open. */
export interface SpoolConfig {
  readonly dir: string;
  readonly maxBytes: number;
  readonly maxAgeMs: number;
  readonly mode: SpoolMode;
  readonly durability: Durability;
}
