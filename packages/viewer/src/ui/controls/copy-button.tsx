/** Buttons that copy a text. */

import { type ReactNode, useState } from 'react';
import { cutMiddle } from '../../format.js';
import { Icon } from '../icons.js';
import css from '../styles/text.module.css';
import { VisibleText } from '../values/visible-text.js';
import { copyText } from './copy-text.js';

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
    <span className={css.copyId}>
      <CopyButton text={value} title={`Copy ${label}: ${value.slice(0, 300).toWellFormed()}`}>
        <span className={css.id}>
          <VisibleText text={cutMiddle(value, length)} />
        </span>
      </CopyButton>
    </span>
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
      await copyText(value);
      setState('done');
    } catch {
      setState('failed');
    }
    setTimeout(() => setState('idle'), 2500);
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
      <Icon name={state === 'done' ? 'check' : state === 'failed' ? 'close' : 'copy'} />
      <span className={state === 'failed' ? css.failed : 'visually-hidden'} aria-live="polite">
        {state === 'done' ? 'Copied' : state === 'failed' ? 'Could not be copied' : ''}
      </span>
    </button>
  );
}
