import { markedAsCut, withoutHalf } from '@openlayer-tracing/core/integration';

/** The longest string that a step keeps, minus the length of the mark for the cut. */
const MAX_CHARS = 65_536 - 64;

/** A text that is received in pieces. About 65,000 characters are kept; a mark says how many more there were. */
export class CollectedText {
  #chars = 0;
  #text = '';

  /** The length of the whole text, also if it was cut. */
  get chars(): number {
    return this.#chars;
  }

  /** The text as `toString` returns it; undefined if it is empty. */
  get textOrUndefined(): string | undefined {
    return this.#chars > 0 ? this.toString() : undefined;
  }

  add(piece: string): void {
    const room = MAX_CHARS - this.#text.length;
    if (room > 0) this.#text += piece.length > room ? piece.slice(0, room) : piece;
    this.#chars += piece.length;
  }

  copy(): CollectedText {
    const copy = new CollectedText();
    copy.#chars = this.#chars;
    copy.#text = this.#text;
    return copy;
  }

  toString(): string {
    const cut = this.#chars - this.#text.length;
    return cut > 0 ? markedAsCut(withoutHalf(this.#text), cut, 'characters') : this.#text;
  }
}
