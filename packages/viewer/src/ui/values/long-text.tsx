import { type ReactNode, useState } from 'react';
import { formatCount } from '../../format.js';
import controls from '../styles/controls.module.css';
import css from '../styles/text.module.css';
import { VisibleText } from './visible-text.js';

const FOLDED_LINES = 20;
const FOLDED_CHARS = 4000;

/** Browsers lay out one element of a megabyte slowly; of many small elements they lay out only the visible ones. */
const BLOCK_CHARS = 4000;

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
          <VisibleText text={isLong ? text.slice(0, folded) : text} />
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

function foldedLength(text: string): number {
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

function hiddenOf(text: string, from: number): string {
  let lines = 0;
  for (let at = text.indexOf('\n', from); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines > 1
    ? `${formatCount(lines)} lines`
    : `${formatCount(text.length - from)} characters`;
}

/** Cuts a text into blocks, at line ends where it has some. */
function blocksOf(text: string): string[] {
  const blocks: string[] = [];
  let at = 0;
  while (at < text.length) {
    let end = Math.min(text.length, at + BLOCK_CHARS);
    const line = text.lastIndexOf('\n', end - 1);
    if (end < text.length && line > at) {
      // The end of the element is the line break.
      blocks.push(text.slice(at, line));
      at = line + 1;
      continue;
    }
    const code = text.charCodeAt(end - 1);
    if (end < text.length && code >= 0xd800 && code < 0xdc00) end--;
    blocks.push(text.slice(at, end));
    at = end;
  }
  return blocks;
}
