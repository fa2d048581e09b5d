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

/** Of all tracers. */
const heardByUs = new Set<unknown>();

/**
 * Runs the work at SIGTERM or SIGINT, once, and then raises the signal again, unless the app listens for it too: then
 * the end of the process is the app's affair.
 * @param work is told whether the process ends with it
 * @returns a function that takes it back
 */
export function onSignal(work: (isLast: boolean) => Promise<void>): () => void {
  const heard = (signal: NodeJS.Signals) => {
    const isLast = process.listeners(signal).every((each) => heardByUs.has(each));
    forget();
    const raise = () => {
      if (!isLast || process.listenerCount(signal) > 0) return;
      // A process that dies of a signal has no 'exit'.
      atExit();
      process.kill(process.pid, signal);
    };
    work(isLast).then(raise, raise);
  };
  const forget = () => {
    heardByUs.delete(heard);
    for (const signal of SIGNALS) process.removeListener(signal, heard);
  };
  heardByUs.add(heard);
  // A listener of the app's that is there for one time is gone once it was called.
  for (const signal of SIGNALS) process.prependListener(signal, heard);
  return forget;
}
