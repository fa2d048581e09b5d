/** Texts that are shown as they are, because the parser of Markdown takes too long for them, or recurses too deep. */

/** The parser takes seconds for a longer text with many lists. */
const MAX_CHARS = 50_000;

/** Quotes and items within each other at the beginning of a line, `> > - `: the time for them grows with the cube of their number. */
const NESTED = /^[ \t]*(?:>[ \t]*|(?:[-*+]|\d{1,9}[.)])[ \t]+){100}/m;

/** Levels of the parsed text. What renders them, and the browser, recurse. */
const MAX_LEVELS = 200;

/** Whether a text may be parsed. */
export function isParsable(text: string): boolean {
  return text.length <= MAX_CHARS && !NESTED.test(text);
}

interface Node {
  readonly children?: readonly Node[];
}

/** Whether a parsed text may be rendered. */
export function isRenderable(root: Node): boolean {
  let level: readonly Node[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_LEVELS) return false;
    level = level.flatMap(({ children = [] }) => children);
  }
  return true;
}
