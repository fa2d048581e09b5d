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
  const byWords = isShort ? diffWordsWithSpace(before, after, options) : undefined;
  return byWords === undefined ? diffLines(before, after, options) : joined(byWords);
}

/** Changes with spaces alone between them become one removed and one added text: words in turns cannot be read. */
function joined(changes: readonly Change[]): readonly Change[] {
  const found: Change[] = [];
  let removed = '';
  let added = '';
  const end = () => {
    if (removed !== '') found.push({ value: removed, removed: true, added: false, count: 1 });
    if (added !== '') found.push({ value: added, removed: false, added: true, count: 1 });
    removed = '';
    added = '';
  };
  for (const [place, change] of changes.entries()) {
    const { value } = change;
    const isBetween = removed !== '' && added !== '' && place < changes.length - 1;
    if (change.removed) removed += value;
    else if (change.added) added += value;
    else if (isBetween && /^[^\S\n]+$/.test(value)) {
      removed += value;
      added += value;
    } else {
      end();
      found.push(change);
    }
  }
  end();
  return found;
}
