/** Work at the end of the process: at its exit, when its event loop is empty, and at the signals that ask for it. */

import { processWide } from '../process-wide.js';

/** Work of all tracers of all loaded copies of this package: a signal, which one copy handles, ends the process for all. */
interface EndWork<W> {
  readonly works: Set<W>;
  /** Listens for the event while there is work. */
  readonly runAll: () => void;
}

/** @param start starts one piece of work */
function endWork<W>(slot: string, start: (work: W) => void): EndWork<W> {
  return processWide(slot, () => {
    const works = new Set<W>();
    const runAll = () => {
      for (const work of works) {
        try {
          start(work);
        } catch {
          // An error of this library must not change how the process exits.
        }
      }
    };
    return { works, runAll };
  });
}

/** The work at `exit`. */
function exitWork(): EndWork<() => void> {
  return endWork('exit.v1', (work) => work());
}

/** The work at `beforeExit`. It runs at the same time for all tracers, so that several of them delay the exit no longer than one. */
function naturalExitWork(): EndWork<() => Promise<void>> {
  return endWork('natural-exit.v1', (work) => {
    work().catch(() => {});
  });
}

function add<W>(event: 'exit' | 'beforeExit', { works, runAll }: EndWork<W>, work: W): () => void {
  if (works.size === 0) process.on(event, runAll);
  works.add(work);
  return () => {
    if (works.delete(work) && works.size === 0) process.removeListener(event, runAll);
  };
}

/**
 * Runs the work when the process exits, also by `process.exit()` or an error. The work must be synchronous.
 * @returns a function that removes the registration
 */
export function onExit(work: () => void): () => void {
  return add('exit', exitWork(), work);
}

/**
 * Runs the work when the process is about to exit because its event loop is empty.
 * @returns a function that removes the registration
 */
export function onNaturalExit(work: () => Promise<void>): () => void {
  return add('beforeExit', naturalExitWork(), work);
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Whether the process ends after the work. */
interface ReceivedSignal {
  readonly endsProcess: boolean;
}

type SignalWork = (signal: ReceivedSignal) => Promise<void>;

/** Shared by all loaded copies of this package: one listener for the work of all tracers. */
interface Shared {
  readonly works: Set<SignalWork>;
  readonly onSignalReceived: (signal: NodeJS.Signals) => void;
}

function shared(): Shared {
  return processWide('signals.v1', () => ({ works: new Set<SignalWork>(), onSignalReceived }));
}

/**
 * Runs the work once, at SIGTERM or SIGINT. Then raises the signal again, which ends the process, unless the app listens
 * for the signal too: then the app decides when the process ends.
 * @returns a function that removes the registration
 */
export function onSignal(work: SignalWork): () => void {
  const { works, onSignalReceived } = shared();
  if (works.size === 0) {
    // First in line: a `once` listener of the app is removed before later listeners run, and could not be counted.
    for (const signal of SIGNALS) process.prependListener(signal, onSignalReceived);
  }
  works.add(work);
  return () => {
    if (works.delete(work) && works.size === 0) stopListening();
  };
}

function stopListening(): void {
  for (const signal of SIGNALS) process.removeListener(signal, shared().onSignalReceived);
}

function onSignalReceived(signal: NodeJS.Signals): void {
  const { works } = shared();
  const all = [...works];
  const endsProcess = process.listeners(signal).every((each) => each === shared().onSignalReceived);
  // A second signal ends the process at once, as it would without this listener.
  works.clear();
  stopListening();
  Promise.allSettled(all.map((work) => work({ endsProcess }))).then(() => {
    if (!endsProcess || process.listenerCount(signal) > 0) return;
    // A process that a signal ends emits no 'exit'.
    exitWork().runAll();
    process.kill(process.pid, signal);
  });
}
