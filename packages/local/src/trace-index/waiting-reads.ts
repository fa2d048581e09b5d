/** A read that waits until the index has the rows up to a number, and the changes of rows up to now. */
export interface WaitingRead {
  readonly upTo: number;
  /** Resolves when the read waits no longer. */
  readonly served: Promise<void>;
  readonly resolve: () => void;
}

/** The reads that wait for the index. */
export class WaitingReads {
  #waiting: WaitingRead[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(upTo: number): WaitingRead {
    let resolve = () => {};
    const served = new Promise<void>((end) => {
      resolve = end;
    });
    const read: WaitingRead = { upTo, served, resolve };
    this.#waiting.push(read);
    return read;
  }

  has(read: WaitingRead): boolean {
    return this.#waiting.includes(read);
  }

  /** Those that wait now. */
  list(): readonly WaitingRead[] {
    return [...this.#waiting];
  }

  serve(served: readonly WaitingRead[]): void {
    this.#waiting = this.#waiting.filter((each) => !served.includes(each));
    for (const { resolve } of served) resolve();
  }
}
