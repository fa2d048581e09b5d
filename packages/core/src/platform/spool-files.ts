/** The file system that the spool needs of a runtime. Writes are synchronous: a trace has to be safe when they return. */

export interface SpoolFiles {
  /**
   * Makes the folder if it is missing, with access for its owner alone.
   * @param syncs whether to flush its entry to the disk
   * @throws Error if the path is relative, a link, another user's, or writable by everybody
   */
  prepare(folder: string, options: { readonly syncs: boolean }): void;
  join(...parts: readonly string[]): string;
  /** Names of the entries of the folder; none if it is missing. */
  list(folder: string): readonly string[];
  /** Undefined unless the path is a regular file of this user. */
  stat(path: string): { readonly bytes: number; readonly modifiedMs: number } | undefined;
  /** Creates a file to append to; it must not exist. */
  create(path: string): number;
  /** Opens a regular file of this user to read and append. Follows no link and does not block on a pipe. */
  open(path: string): number;
  closeFile(file: number): void;
  /** @returns the number of bytes written: fewer than asked for if the disk is full */
  append(file: number, bytes: Uint8Array, length: number): number;
  truncate(file: number, length: number): void;
  sizeOf(file: number): number;
  /** Eight hexadecimal digits that stay the same when the file is written, renamed or touched; a copy has other ones. */
  identityOf(file: number): string;
  /** Whether the open file still has a name: it was not deleted. */
  isLinked(file: number): boolean;
  read(file: number, target: Uint8Array, position: number): Promise<number>;
  readSync(file: number, target: Uint8Array, position: number): number;
  /** Flushes what was written to the disk (fdatasync). */
  sync(file: number): Promise<void>;
  /** Synchronous `sync`. */
  syncNow(file: number): void;
  /** Flushes the folder's entry of the path to the disk: without the entry, a synced file may be lost. */
  syncEntry(path: string): Promise<void>;
  /** Synchronous `syncEntry`. */
  syncEntryNow(path: string): void;
  /** @returns false if there is no file of the first name */
  rename(from: string, to: string): boolean;
  remove(path: string): void;
  /** Renews the owner's lease on the file: sets its modification time to now. */
  touch(path: string): void;
  checksum(bytes: Uint8Array): number;
  /** A short hash of the text. */
  fingerprint(text: string): string;
  /** An id of this process, by which other processes can check whether it is alive. */
  owner(): string;
  /** Undefined if it cannot be checked from here, as across machines and containers. */
  isAlive(owner: string): boolean | undefined;
  /** Runs the work at the end of this turn of the event loop. Does not keep the process alive. */
  atTurnEnd(work: () => void): void;
  /** Runs the work when the process exits, unless it is killed. @returns a function that removes the registration */
  onExit(work: () => void): () => void;
}
