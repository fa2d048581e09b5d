import { type Change, diffLines, diffWordsWithSpace } from 'diff';

/** Longer texts are compared line by line. */
const MAX_WORDS_CHARS = 20_000;
/** Most edits that are searched. */
const MAX_EDITS = 4000;
/** The page waits for each of two attempts: by words, then by lines. */
const TIMEOUT_MS = 150;

/** What has to be removed and added; undefined if the texts differ too much for the time there is. */
export function changesOf(before: string, after: string): readonly Change[] | undefined {
  const isAdded = before === '';
  if (isAdded || after === '') {
    return [{ value: isAdded ? after : before, added: isAdded, removed: !isAdded, count: 1 }];
  }
  const options = { maxEditLength: MAX_EDITS, timeout: TIMEOUT_MS };
  const isShort = before.length + after.length <= MAX_WORDS_CHARS;
  return (
    (isShort ? diffWordsWithSpace(before, after, options) : undefined) ??
    diffLines(before, after, options)
  );
}
