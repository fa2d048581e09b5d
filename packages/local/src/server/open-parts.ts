/** The parts of a server that are open. Each is added when it is opened. */
export class OpenParts {
  readonly #closers: (() => unknown)[] = [];

  /** @param close closes the part; it may return a promise */
  add(close: () => unknown): void {
    this.#closers.push(close);
  }

  /** Closes all parts, the last one first, although some fail. @throws AggregateError with the errors of those */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0)
      throw new AggregateError(errors, `the server did not close: ${errors[0]}`);
  }
}
