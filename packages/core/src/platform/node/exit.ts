/** Hooks at the end of the process: at its exit, when its event loop is empty, and at the signals that ask for it. */

import { processWide } from '../process-wide.js';

/** Hooks of all tracers of all loaded copies of this package: a signal, which one copy handles, ends the process for all. */
interface ExitHooks<Hook> {
  readonly hooks: Set<Hook>;
  /** Listens for the event while there are hooks. */
  readonly runAll: () => void;
}

/** @param run runs one hook */
function exitHooks<Hook>(slot: string, run: (hook: Hook) => void): ExitHooks<Hook> {
  return processWide(slot, () => {
    const hooks = new Set<Hook>();
    const runAll = () => {
      for (const hook of hooks) {
        try {
          run(hook);
        } catch {
          // An error of this library must not change how the process exits.
        }
      }
    };
    return { hooks, runAll };
  });
}

/** The hooks at `exit`. */
function hooksAtExit(): ExitHooks<() => void> {
  return exitHooks('exit.v2', (hook) => hook());
}

/** The hooks at `beforeExit`. They run at the same time, so that several tracers delay the exit no longer than one. */
function hooksBeforeExit(): ExitHooks<() => Promise<void>> {
  return exitHooks('before-exit.v1', (hook) => {
    hook().catch(() => {});
  });
}

function addHook<Hook>(
  event: 'exit' | 'beforeExit',
  { hooks, runAll }: ExitHooks<Hook>,
  hook: Hook,
): () => void {
  if (hooks.size === 0) process.on(event, runAll);
  hooks.add(hook);
  return () => {
    if (hooks.delete(hook) && hooks.size === 0) process.removeListener(event, runAll);
  };
}

/**
 * Runs the hook when the process exits, also by `process.exit()` or an error. The hook must be synchronous.
 * @returns a function that removes the hook
 */
export function onExit(hook: () => void): () => void {
  return addHook('exit', hooksAtExit(), hook);
}

/**
 * Runs the hook when the process is about to exit because its event loop is empty.
 * @returns a function that removes the hook
 */
export function onBeforeExit(hook: () => Promise<void>): () => void {
  return addHook('beforeExit', hooksBeforeExit(), hook);
}

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;

/** Whether the process ends after the hooks. */
interface ReceivedSignal {
  readonly endsProcess: boolean;
}

type SignalHook = (signal: ReceivedSignal) => Promise<void>;

/** The hooks of all tracers of all loaded copies of this package, with the one listener that runs them. */
interface SignalHooks {
  readonly hooks: Set<SignalHook>;
  readonly onSignalReceived: (signal: NodeJS.Signals) => void;
}

function signalHooks(): SignalHooks {
  return processWide('signals.v2', () => ({ hooks: new Set<SignalHook>(), onSignalReceived }));
}

/**
 * Runs the hook once, at SIGTERM or SIGINT. Then raises the signal again, which ends the process, unless the app listens
 * for the signal too: then the app decides when the process ends.
 * @returns a function that removes the hook
 */
export function onSignal(hook: SignalHook): () => void {
  const { hooks, onSignalReceived } = signalHooks();
  if (hooks.size === 0) {
    // First in line: a `once` listener of the app is removed before later listeners run, and could not be counted.
    for (const signal of SIGNALS) process.prependListener(signal, onSignalReceived);
  }
  hooks.add(hook);
  return () => {
    if (hooks.delete(hook) && hooks.size === 0) stopListening();
  };
}

function stopListening(): void {
  for (const signal of SIGNALS) process.removeListener(signal, signalHooks().onSignalReceived);
}

function onSignalReceived(signal: NodeJS.Signals): void {
  const { hooks } = signalHooks();
  const all = [...hooks];
  const endsProcess = process
    .listeners(signal)
    .every((each) => each === signalHooks().onSignalReceived);
  // A second signal ends the process at once, as it would without this listener.
  hooks.clear();
  stopListening();
  Promise.allSettled(all.map((hook) => hook({ endsProcess }))).then(() => {
    if (!endsProcess || process.listenerCount(signal) > 0) return;
    // A process that a signal ends emits no 'exit'.
    hooksAtExit().runAll();
    process.kill(process.pid, signal);
  });
}
