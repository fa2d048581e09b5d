/** The end of the process: what runs at it, and the signals that ask for it. */

const exits = new Set<() => void>();

function atExit(): void {
  for (const work of exits) {
    try {
      work();
    } catch {
      // A process that ends must not end by an error of ours.
    }
  }
}

/**
 * Runs the work when the process ends, also by `process.exit()` or an error. It must be synchronous.
 * @returns a function that takes it back
 */
export function onExit(work: () => void): () => void {
  if (exits.size === 0) process.on('exit', atExit);
  exits.add(work);
  return () => {
    exits.delete(work);
    if (exits.size === 0) process.removeListener('exit', atExit);
  };
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/**
 * Runs the work at SIGTERM or SIGINT, once, and then raises the signal again, unless the app listens for it too: then
 * the end of the process is the app's affair.
 * @returns a function that takes it back
 */
export function onSignal(work: () => Promise<void>): () => void {
  const heard = (signal: NodeJS.Signals) => {
    forget();
    const raise = () => {
      if (process.listenerCount(signal) > 0) return;
      // A process that dies of a signal has no 'exit'.
      atExit();
      process.kill(process.pid, signal);
    };
    work().then(raise, raise);
  };
  const forget = () => {
    for (const signal of SIGNALS) process.removeListener(signal, heard);
  };
  for (const signal of SIGNALS) process.on(signal, heard);
  return forget;
}
