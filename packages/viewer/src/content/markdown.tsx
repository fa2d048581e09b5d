/** Formatted text. The parser is loaded at its first use. */

import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react';
import { LongText } from '../ui/values/long-text.js';
import { FormatTurns } from './format-turns.js';
import { isParsable } from './markdown-limits.js';

const Formatted = lazy(() => import('./formatted.js'));

const turns = new FormatTurns();

export function Markdown({ text }: { readonly text: string }): ReactNode {
  return isParsable(text) ? <InTurn text={text} /> : <LongText text={text} />;
}

/** The text is shown as it is until its turn. */
function InTurn({ text }: { readonly text: string }): ReactNode {
  const { length } = text;
  const [isTurn, setTurn] = useState(() => turns.take(length));
  useEffect(() => (isTurn ? undefined : turns.wait(length, () => setTurn(true))), [isTurn, length]);
  if (!isTurn) return <LongText text={text} />;
  return (
    <Suspense fallback={<LongText text={text} />}>
      <Formatted text={text} />
    </Suspense>
  );
}
