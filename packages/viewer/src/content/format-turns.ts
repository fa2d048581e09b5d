/** When texts are formatted: many at once would stop the page, so each has its turn. */

/** Characters that are formatted in one turn, if it is not one longer text. */
const TURN_CHARS = 5000;

interface Waiting {
  readonly chars: number;
  readonly start: () => void;
}

export class FormatTurns {
  #left = TURN_CHARS;
  readonly #waiting = new Set<Waiting>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Whether a text may be formatted at once, as one of the first of this turn. Otherwise it has to wait. */
  take(chars: number): boolean {
    if (this.#waiting.size > 0 || this.#left < Math.min(chars, TURN_CHARS)) return false;
    this.#left -= chars;
    this.#plan();
    return true;
  }

  /** Calls `start` when it is the text's turn. @returns what takes it out of the queue */
  wait(chars: number, start: () => void): () => void {
    const waiting = { chars, start };
    this.#waiting.add(waiting);
    this.#plan();
    return () => this.#waiting.delete(waiting);
  }

  /** The browser handles input and draws between two turns. */
  #plan(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#left = TURN_CHARS;
      for (const waiting of this.#waiting) {
        if (this.#left < Math.min(waiting.chars, TURN_CHARS)) break;
        this.#left -= waiting.chars;
        this.#waiting.delete(waiting);
        waiting.start();
      }
      if (this.#left < TURN_CHARS) this.#plan();
    }, 16);
  }
}
