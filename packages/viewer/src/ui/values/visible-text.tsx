/** Texts of traces. They are never HTML, and invisible characters are shown by their names. */

import { memo, type ReactNode } from 'react';
import { beginOf } from '../../format.js';
import { hasInvisible, piecesOf } from '../../invisible.js';
import { useSettings } from '../../state/settings.js';
import css from '../styles/text.module.css';

/** A text as it is, with names for invisible characters. Line breaks stay. */
export const VisibleText = memo(function VisibleText({
  text,
}: {
  readonly text: string;
}): ReactNode {
  return hasInvisible(text) ? <TextWithNames text={text} /> : text.toWellFormed();
});

/** Apart, because few texts have such characters, and each component that reads the settings listens to their changes. */
function TextWithNames({ text }: { readonly text: string }): ReactNode {
  const { isRawText } = useSettings();
  if (isRawText) return text.toWellFormed();
  return piecesOf(text).map((piece, place) =>
    piece.name === undefined ? (
      piece.text
    ) : (
      <span key={place} className={css.invisible} title={piece.name}>
        {piece.name.slice(0, piece.name.indexOf(' '))}
      </span>
    ),
  );
}

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
  const cut = text.length > max ? `${beginOf(text, max)}…` : text;
  return (
    <bdi className={`${css.line} ${className ?? ''}`} title={text.slice(0, 1000).toWellFormed()}>
      <VisibleText text={cut} />
    </bdi>
  );
}
