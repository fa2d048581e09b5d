/** Texts of traces. They are never HTML, and invisible characters are shown by their names. */

import { memo, type ReactNode, useState } from 'react';
import { cutMiddle, formatCount } from '../format.js';
import { hasInvisible, piecesOf } from '../invisible.js';
import { useSettings } from '../state/settings.js';
import { Icon } from './icons.js';
import css from './text.module.css';

/** A text as it is, with names for invisible characters. Line breaks stay. */
export const VisibleText = memo(function VisibleText({
  text,
}: {
  readonly text: string;
}): ReactNode {
  const { isRawText } = useSettings();
  if (isRawText || !hasInvisible(text)) return text.toWellFormed();
  return piecesOf(text).map((piece, place) =>
    piece.name === undefined ? (
      piece.text
    ) : (
      <span key={place} className={css.invisible} title={piece.name}>
        {piece.name.slice(0, piece.name.indexOf(' '))}
      </span>
    ),
  );
});

/** A text on one line, cut where it does not fit; the tooltip has more of it. */
export function OneLine({
  text,
  max = 300,
  className,
}: {
  readonly text: string;
  readonly max?: number;
  readonly className?: string | undefined;
}): ReactNode {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return (
    <bdi className={`${css.line} ${className ?? ''}`} title={text.slice(0, 1000).toWellFormed()}>
      <VisibleText text={cut} />
    </bdi>
  );
}

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
        <button type="button" className={css.fold} onClick={() => setOpen(!isOpen)}>
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

/** An id, cut in its middle, that a click copies. */
export function CopyId({
  label,
  value,
  length = 22,
}: {
  readonly label: string;
  readonly value: string;
  readonly length?: number;
}): ReactNode {
  return (
    <CopyButton text={value} title={`Copy ${label}: ${value.slice(0, 300).toWellFormed()}`}>
      <span className={css.id}>
        <VisibleText text={cutMiddle(value, length)} />
      </span>
    </CopyButton>
  );
}

/** Copies a text, and says so for a moment. */
export function CopyButton({
  text,
  title,
  children,
}: {
  readonly text: string | (() => string | Promise<string>);
  readonly title: string;
  readonly children?: ReactNode;
}): ReactNode {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle');
  const copy = async () => {
    try {
      const value = typeof text === 'string' ? text : await text();
      await navigator.clipboard.writeText(value);
      setState('done');
    } catch {
      setState('failed');
    }
    setTimeout(() => setState('idle'), 1500);
  };
  return (
    <button
      type="button"
      className={css.copy}
      title={title}
      // Visible text is the accessible name, so that voice control finds it.
      aria-label={children === undefined ? title : undefined}
      onClick={(event) => {
        event.stopPropagation();
        void copy();
      }}
    >
      {children}
      <Icon name={state === 'done' ? 'check' : 'copy'} />
      <span className="visually-hidden" aria-live="polite">
        {state === 'done' ? 'Copied' : state === 'failed' ? 'Could not be copied' : ''}
      </span>
    </button>
  );
}
