/** Formatted text. The parser is loaded at its first use. */

import { lazy, type ReactNode, Suspense } from 'react';
import { LongText } from '../ui/values/long-text.js';

/** A longer text is shown as it is: formatting it would take longer than reading its beginning. */
const MAX_CHARS = 200_000;

const Formatted = lazy(() => import('./formatted.js'));

export function Markdown({ text }: { readonly text: string }): ReactNode {
  if (text.length > MAX_CHARS) return <LongText text={text} />;
  return (
    <Suspense fallback={<LongText text={text} />}>
      <Formatted text={text} />
    </Suspense>
  );
}
