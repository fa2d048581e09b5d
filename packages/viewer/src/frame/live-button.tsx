/** Shows whether new requests appear by themselves, and pauses that. */

import type { ReactNode } from 'react';
import { type LiveState, togglePause, useLiveSwitch } from '../state/live-switch.js';
import { Icon } from '../ui/icons.js';
import controls from '../ui/styles/controls.module.css';
import css from './bar.module.css';

const PAUSED = {
  word: 'Paused',
  title: 'New requests are held back. Click to show them as they arrive (p)',
};

const ON = { word: 'Live', title: 'New requests are shown as they arrive. Click to pause (p)' };

const LIVE: Readonly<Record<LiveState, { readonly word: string; readonly title: string }>> = {
  connecting: ON,
  open: ON,
  lost: {
    word: 'No connection',
    title: 'The local server does not respond. The page tries again every few seconds.',
  },
  refused: {
    word: 'Not live',
    title: 'Too many pages are open. This one loads new requests every few seconds.',
  },
};

export function LiveButton(): ReactNode {
  const { state, isPaused, held } = useLiveSwitch();
  if (state === undefined) return null;
  const { word, title } = isPaused ? PAUSED : LIVE[state];
  return (
    <button
      type="button"
      className={`${controls.button} ${css.live}`}
      data-live={isPaused ? 'paused' : word === 'Live' ? 'on' : 'lost'}
      aria-pressed={!isPaused}
      title={title}
      onClick={togglePause}
    >
      <Icon name={isPaused ? 'play' : 'pause'} />
      <span>
        {word}
        {held > 0 && `, ${held} new`}
      </span>
    </button>
  );
}
