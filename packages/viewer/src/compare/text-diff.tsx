/** The difference of two texts: removed and added words are marked by sign and line as well as by colour. */

import { type Change, diffLines, diffWordsWithSpace } from 'diff';
import { type ReactNode, useMemo } from 'react';
import { LongText } from '../ui/values/long-text.js';
import { VisibleText } from '../ui/values/visible-text.js';
import css from './text-diff.module.css';

/** Longer texts are compared line by line. */
const MAX_WORDS_CHARS = 20_000;
/** Most edits that are searched; texts that differ more are shown one after the other. */
const MAX_EDITS = 4000;

export default function TextDiff({
  before,
  after,
}: {
  readonly before: string;
  readonly after: string;
}): ReactNode {
  const changes = useMemo(() => changesOf(before, after), [before, after]);
  if (before === after) {
    return (
      <>
        <p className={css.same}>The same in both.</p>
        <LongText text={before} isCode />
      </>
    );
  }
  if (changes === undefined) {
    return (
      <>
        <p className={css.same}>Too different to be compared. A:</p>
        <LongText text={before} isCode />
        <p className={css.same}>B:</p>
        <LongText text={after} isCode />
      </>
    );
  }
  return (
    <div className={css.diff}>
      {changes.map(({ value, added, removed }, place) =>
        added ? (
          <ins key={place}>
            <VisibleText text={value} />
          </ins>
        ) : removed ? (
          <del key={place}>
            <VisibleText text={value} />
          </del>
        ) : (
          <span key={place}>
            <VisibleText
              text={shortened(value, {
                hasBefore: place > 0,
                hasAfter: place < changes.length - 1,
              })}
            />
          </span>
        ),
      )}
    </div>
  );
}

function changesOf(before: string, after: string): readonly Change[] | undefined {
  const options = { maxEditLength: MAX_EDITS };
  return before.length + after.length <= MAX_WORDS_CHARS
    ? diffWordsWithSpace(before, after, options)
    : diffLines(before, after, options);
}

const CONTEXT_CHARS = 600;

/** The text between two changes, which is the same in both, cut in its middle. */
function shortened(
  text: string,
  { hasBefore, hasAfter }: { readonly hasBefore: boolean; readonly hasAfter: boolean },
): string {
  if (text.length <= CONTEXT_CHARS * 2) return text;
  const head = hasBefore ? text.slice(0, CONTEXT_CHARS) : '';
  const tail = hasAfter ? text.slice(-CONTEXT_CHARS) : '';
  return `${head.toWellFormed()}\n… ${text.length - head.length - tail.length} characters that are the same …\n${tail.toWellFormed()}`;
}
