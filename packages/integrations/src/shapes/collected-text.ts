/** A text that comes in pieces, kept up to a limit. */

import { withoutHalf } from '@openlayer-tracing/core/integration';

/** What a step keeps of a value, less the room for what it says of the rest. */
const MAX_CHARS = 65_536 - 64;

export class CollectedText {
  /** Of the whole text. */
  chars = 0;
  #text = '';

  add(piece: string): void {
    const room = MAX_CHARS - this.#text.length;
    if (room > 0) this.#text += piece.length > room ? piece.slice(0, room) : piece;
    this.chars += piece.length;
  }

  toString(): string {
    const cut = this.chars - this.#text.length;
    return cut > 0 ? `${withoutHalf(this.#text)}… [cut: ${cut} more characters]` : this.#text;
  }
}
