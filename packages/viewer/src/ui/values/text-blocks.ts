/** How a long text is cut: where it is folded, and into which blocks it is drawn. */

import { cutBefore } from '../../format.js';

const FOLDED_LINES = 20;
const FOLDED_CHARS = 4000;

/** Browsers lay out one element of a megabyte slowly; of many small elements they lay out only the visible ones. */
const BLOCK_CHARS = 4000;

/** Length of the part of a text that is shown while it is folded. */
export function foldedLength(text: string): number {
  let at = 0;
  for (let line = 0; line < FOLDED_LINES; line++) {
    const next = text.indexOf('\n', at);
    if (next < 0) return Math.min(text.length, FOLDED_CHARS);
    at = next + 1;
    if (at > FOLDED_CHARS) return FOLDED_CHARS;
  }
  // Hiding the last few lines would save nothing: the button takes a line too.
  const rest = text.slice(at, at + 400);
  return text.length - at < 400 && rest.split('\n').length <= 4 ? text.length : at - 1;
}

/** Cuts a text into blocks, at line ends where it has some. */
export function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let at = 0;
  while (at < text.length) {
    let end = Math.min(text.length, at + BLOCK_CHARS);
    const line = text.lastIndexOf('\n', end - 1);
    if (end < text.length && line > at) {
      // The end of the element is the line break.
      blocks.push(text.slice(at, cutBefore(text, line)));
      at = line + 1;
      continue;
    }
    end = cutBefore(text, end);
    blocks.push(text.slice(at, end));
    at = end;
  }
  return blocks;
}
