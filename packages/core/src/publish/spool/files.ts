/** What the spool asks of a platform: files, a checksum, and who owns them. Synchronous where a trace must be safe at once. */

export interface SpoolFiles {
  /**
   * Makes the folder, readable by its owner alone, where it is missing.
   * @throws Error where it is not to be trusted (a relative path, a link, another user's, or writable by everybody)
   */
  prepare(folder: string): void;
  /** The path from the root; the path as it is where there is no working directory any more. */
  absolute(path: string): string;
  join(...parts: readonly string[]): string;
  /** Names of what is in the folder; none where it is missing. */
  list(folder: string): readonly string[];
  /** Undefined where there is no plain file of ours. */
  look(path: string): { readonly bytes: number; readonly modifiedMs: number } | undefined;
  /** Creates a file to append to; it must not exist. */
  create(path: string): number;
  /** Opens a plain file of ours, to read and append. Follows no link, and waits for no pipe. */
  open(path: string): number;
  closeFile(file: number): void;
  /** @returns the bytes that were written, which a full disk makes fewer */
  append(file: number, bytes: Uint8Array, length: number): number;
  truncate(file: number, length: number): void;
  bytesOf(file: number): number;
  /** Eight hexadecimal digits that stay the same for a file however it is written, renamed or touched; a copy has others. */
  identityOf(file: number): string;
  /** Whether the open file still has a name. */
  isLinked(file: number): boolean;
  read(file: number, target: Uint8Array, position: number): Promise<number>;
  readNow(file: number, target: Uint8Array, position: number): number;
  /** Has the disk itself keep what was written. */
  sync(file: number): Promise<void>;
  /** @returns false where there is nothing of that name any more */
  rename(from: string, to: string): boolean;
  remove(path: string): void;
  /** Shows that the owner of the file is alive. */
  touch(path: string): void;
  checksum(bytes: Uint8Array): number;
  /** A short text that stands for a long one and does not tell it. */
  fingerprint(text: string): string;
  /** Names this process, so that others can tell whether it is alive. */
  owner(): string;
  /** Undefined where it cannot be known from here, as across machines and containers. */
  isAlive(owner: string): boolean | undefined;
  /** Runs the work at the end of this turn of the event loop. Keeps no process alive. */
  soon(work: () => void): void;
  /** Runs the work when the process ends, for whatever reason it still can. @returns a function that takes it back */
  onExit(work: () => void): () => void;
}
