/** The difference of two texts: removed and added words are marked by sign and line as well as by colour. */

import { type ReactNode, useMemo } from 'react';
import { beginOf, endOf } from '../format.js';
import { LongText } from '../ui/values/long-text.js';
import { VisibleText } from '../ui/values/visible-text.js';
import { changesOf } from './text-changes.js';
import css from './text-diff.module.css';

export default function TextDiff({
  before,
  after,
}: {
  readonly before: string;
  readonly after: string;
}): ReactNode {
  const changes = useMemo(
    () => (before === after ? undefined : changesOf(before, after)),
    [before, after],
  );
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
            <Changed text={value} />
          </ins>
        ) : removed ? (
          <del key={place}>
            <Changed text={value} />
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

/** A longer change is folded. */
const MAX_CHANGED_CHARS = 20_000;

function Changed({ text }: { readonly text: string }): ReactNode {
  return text.length > MAX_CHANGED_CHARS ? (
    <LongText text={text} isCode />
  ) : (
    <VisibleText text={text} />
  );
}

const CONTEXT_CHARS = 600;

/** The text between two changes, which is the same in both, cut in its middle. */
function shortened(
  text: string,
  { hasBefore, hasAfter }: { readonly hasBefore: boolean; readonly hasAfter: boolean },
): string {
  if (text.length <= CONTEXT_CHARS * 2) return text;
  const head = hasBefore ? beginOf(text, CONTEXT_CHARS) : '';
  const tail = hasAfter ? endOf(text, CONTEXT_CHARS) : '';
  return `${head}\n… ${text.length - head.length - tail.length} characters that are the same …\n${tail}`;
}
