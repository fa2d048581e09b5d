/** A step, or the call of a client, that follows a result to its end. */
export interface FollowingStep {
  readonly isRunning: boolean;
  /** The trace of the step. */
  readonly trace: object;
  /** The trace in whose scope its function was called, which may be another one than `trace`; undefined if it is not known. */
  readonly callersTrace: object | undefined;
  /** Converts the result to the recorded output; undefined if the result itself is the output. */
  readonly outputOf: ((result: unknown) => unknown) | undefined;
  /** Whether the output of an iterator or stream is its last item alone. @default false */
  readonly takesLastItem?: boolean | undefined;
  /** Whether the step ends when a promise settles, even if its value is a stream. @default false */
  readonly endsWithPromise?: boolean | undefined;
  /** Runs `fn` in the scope of the step. */
  run<R>(fn: () => R): R;
  /** The trace that the running code is in; undefined outside any. Never throws. */
  currentTrace(): object | undefined;
  /** @returns a function that runs others in the scope that the caller is in now */
  callersScope(): <R>(fn: () => R) => R;
  /** The JSON text of an item of a stream as it is now. Its secrets are masked, but not a `token` that is a piece of text. */
  snapshot(item: unknown): string;
  /** Whether a text of an item is a secret by its key. */
  isSecretPiece(key: string, text: string): boolean;
  /**
   * Called in the scope of the step's caller for a result that is complete only once it is read. The trace waits at most `ms`
   * milliseconds for the reader.
   */
  waitForReader(ms: number): void;
  /** The result is complete: ends the step with it. It may be a `StreamedText`. */
  complete(result: unknown): void;
  /** The result failed: ends the step with the error. @param soFar what came before the failure */
  fail(error: unknown, soFar?: unknown): void;
  /** Ends the step without an output. */
  end(): void;
  /** Reports a failure of this library. Never throws. */
  reportFailure(what: string, error: unknown): void;
}

/** The result of a stream whose items are pieces of one text. */
export class StreamedText {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text, if the result is one. Runs no code of a proxy, unlike `instanceof`. */
  static textOf(result: unknown): string | undefined {
    const isText = typeof result === 'object' && result !== null && #text in result;
    return isText ? result.#text : undefined;
  }
}
