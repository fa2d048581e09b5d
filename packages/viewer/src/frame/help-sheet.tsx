/** The keys of all pages. */

import { Dialog } from '@base-ui/react/dialog';
import type { ReactNode } from 'react';
import controls from '../ui/styles/controls.module.css';
import popup from '../ui/styles/popup.module.css';
import css from './help-sheet.module.css';

const KEYS: readonly {
  readonly title: string;
  readonly keys: readonly (readonly [string, string])[];
}[] = [
  {
    title: 'Everywhere',
    keys: [
      ['/', 'search'],
      ['?', 'this sheet'],
      ['Esc', 'close, or back to the list'],
    ],
  },
  {
    title: 'Requests',
    keys: [
      ['j  k', 'next, previous request'],
      ['Space', 'open the request beside the list'],
      ['Enter', 'open the request on its own page'],
      ['p', 'pause, resume'],
      ['n', 'show new requests'],
    ],
  },
  {
    title: 'Trace',
    keys: [
      ['j  k', 'next, previous request of the list'],
      ['↑  ↓', 'previous, next row'],
      ['←  →', 'fold, unfold; parent, first child'],
      ['f', 'find in this trace'],
      ['Enter', 'next match, in the find field'],
      ['m', 'model steps only'],
      ['c', 'critical path'],
      ['s', 'steps by name'],
      ['+  -  0', 'zoom in, zoom out, whole trace'],
      ['Shift ←  →', 'earlier, later, while zoomed in'],
      ['1 … 6', 'conversation, input, output, parameters, metadata, raw'],
    ],
  },
];

export function HelpSheet({
  isOpen,
  onOpen,
}: {
  readonly isOpen: boolean;
  readonly onOpen: (isOpen: boolean) => void;
}): ReactNode {
  return (
    <Dialog.Root open={isOpen} onOpenChange={onOpen}>
      <Dialog.Portal>
        <Dialog.Backdrop className={popup.backdrop} />
        <Dialog.Popup className={`${popup.raised} ${popup.centred} ${css.sheet}`}>
          <Dialog.Title className={popup.title}>Keys</Dialog.Title>
          <div className={css.groups}>
            {KEYS.map(({ title, keys }) => (
              <section key={title}>
                <h3>{title}</h3>
                <dl>
                  {keys.map(([key, meaning]) => (
                    <div key={key} className={css.key}>
                      <dt>
                        {key.split('  ').map((each) => (
                          <kbd key={each}>{each}</kbd>
                        ))}
                      </dt>
                      <dd>{meaning}</dd>
                    </div>
                  ))}
                </dl>
              </section>
            ))}
          </div>
          <Dialog.Close className={`${controls.button} ${css.close}`}>Close</Dialog.Close>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
