/** The end of the process: what runs at it, and the signals that ask for it. */

import { processWide } from '../process-wide.js';

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

type SignalWork = (isLast: boolean) => Promise<void>;

/** What all installed copies of this package share: one listener for the work of all tracers. */
interface Shared {
  readonly works: Set<SignalWork>;
  readonly heard: (signal: NodeJS.Signals) => void;
}

function shared(): Shared {
  return processWide('signals.v1', () => ({ works: new Set<SignalWork>(), heard }));
}

/**
 * Runs the work at SIGTERM or SIGINT, once, and then raises the signal again, unless the app listens for it too: then
 * the end of the process is the app's affair.
 * @param work is told whether the process ends with it
 * @returns a function that takes it back
 */
export function onSignal(work: SignalWork): () => void {
  const { works, heard } = shared();
  if (works.size === 0) {
    // A listener of the app's that is there for one time is gone once it was called.
    for (const signal of SIGNALS) process.prependListener(signal, heard);
  }
  works.add(work);
  return () => {
    if (works.delete(work) && works.size === 0) stopListening();
  };
}

function stopListening(): void {
  for (const signal of SIGNALS) process.removeListener(signal, shared().heard);
}

function heard(signal: NodeJS.Signals): void {
  const { works } = shared();
  const all = [...works];
  const isLast = process.listeners(signal).every((each) => each === shared().heard);
  // The second signal ends the process at once, as it would without us.
  works.clear();
  stopListening();
  Promise.allSettled(all.map((work) => work(isLast))).then(() => {
    if (!isLast || process.listenerCount(signal) > 0) return;
    // A process that dies of a signal has no 'exit'.
    atExit();
    process.kill(process.pid, signal);
  });
}
