/** Keys of the whole page. They do nothing while a field has the focus or a dialog is open. */

import { useEffect, useRef } from 'react';

function isTyping(event: KeyboardEvent): boolean {
  const { target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('[role="dialog"],[role="menu"]') !== null) {
    return true;
  }
  return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !isSwitch(target);
}

function isSwitch(target: HTMLElement): boolean {
  return target instanceof HTMLInputElement && /^(checkbox|radio|range)$/.test(target.type);
}

/** Calls the function of a key while the component is mounted. If it returns `false`, the browser handles the key. */
export function useKeys(keys: Readonly<Record<string, () => boolean | undefined>>): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isTyping(event)) return;
      const key = event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key;
      const action = Object.hasOwn(latest.current, key) ? latest.current[key] : undefined;
      if (action === undefined || action() === false) return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
