import { runGuarded } from '@openlayer-tracing/core/integration';

/**
 * Calls the listener once, when the signal aborts. An error of the listener is reported, and the app does not see it.
 * @param signal as the app passed it, which may be any value
 * @returns a function that stops listening; undefined if the value is no signal
 */
export function listenForAbort(
  signal: unknown,
  listener: (reason: unknown) => void,
): (() => void) | undefined {
  const target = signal as Partial<AbortSignal> | null | undefined;
  if (typeof target?.addEventListener !== 'function') return undefined;
  const guardedListener = () => {
    runGuarded('abort', () => listener(target.reason));
  };
  target.addEventListener('abort', guardedListener, { once: true });
  return () => target.removeEventListener?.('abort', guardedListener);
}
