import { type ReactNode, useState } from 'react';
import { beginOf, formatCount } from '../../format.js';
import controls from '../styles/controls.module.css';
import css from '../styles/text.module.css';
import { blocksOf, foldedLength } from './text-blocks.js';
import { VisibleText } from './visible-text.js';

/** A long text: 20 lines of it, and the rest on demand. */
export function LongText({
  text,
  isCode = false,
}: {
  readonly text: string;
  readonly isCode?: boolean;
}): ReactNode {
  const [isOpen, setOpen] = useState(false);
  const folded = foldedLength(text);
  const isLong = folded < text.length;
  const className = `${css.text} ${isCode ? css.code : ''}`;
  return (
    <>
      {isOpen ? (
        <div className={className} dir="auto">
          {blocksOf(text).map((block, place) => (
            <div key={place} className={css.block}>
              <VisibleText text={block} />
            </div>
          ))}
        </div>
      ) : (
        <div className={className} dir="auto">
          <VisibleText text={isLong ? beginOf(text, folded) : text} />
        </div>
      )}
      {isLong && (
        <button type="button" className={controls.more} onClick={() => setOpen(!isOpen)}>
          {isOpen ? 'Fold' : `Show ${hiddenOf(text, folded)} more`}
        </button>
      )}
    </>
  );
}

function hiddenOf(text: string, from: number): string {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines > 1
    ? `${formatCount(lines)} lines`
    : `${formatCount(text.length - from)} characters`;
}
