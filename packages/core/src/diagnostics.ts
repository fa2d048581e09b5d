/** What we tell the operator about ourselves: counted always, printed rarely, never thrown. */

import { publishDiagnostic, writeLine } from '#platform';
import { watchRejection } from './trace/promised.js';

export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug';

const RANK: Record<LogLevel, number> = { off: 0, error: 1, warn: 2, info: 3, debug: 4 };

/** One thing that happened inside the library. */
export interface Diagnostic {
  readonly level: Exclude<LogLevel, 'off'>;
  /** A stable, low-cardinality code such as `queue_full`. */
  readonly reason: string;
  /** One line for a person: what failed, on what, and what to do. */
  readonly message: string;
  readonly error?: unknown;
}

export interface DiagnosticsOptions {
  /** Least severe level that is printed. @default 'warn' */
  readonly level?: LogLevel;
  /** Receives every diagnostic that is due, instead of the line on stderr. */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
  /** Milliseconds on a monotonic clock. */
  readonly now?: () => number;
}

/** Least time between two lines of one reason. */
const QUIET_MS = 60_000;

export class Diagnostics {
  readonly #threshold: number;
  readonly #onDiagnostic: ((diagnostic: Diagnostic) => void) | undefined;
  readonly #now: () => number;
  readonly #lastSaid = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  #reporting = false;
  #hasSinkFailed = false;

  constructor(options: DiagnosticsOptions = {}) {
    this.#threshold = RANK[options.level ?? 'warn'];
    this.#onDiagnostic = options.onDiagnostic;
    this.#now = options.now ?? (() => performance.now());
  }

  /** How often each reason was reported, printed or not. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  /** Counts the diagnostic and says it at most once a minute per reason. Never throws. */
  report(level: Diagnostic['level'], reason: string, message: string, error?: unknown): void {
    try {
      this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
      if (this.#reporting || RANK[level] > this.#threshold) return;
      const now = this.#now();
      if (now - (this.#lastSaid.get(reason) ?? -QUIET_MS) < QUIET_MS) return;
      this.#lastSaid.set(reason, now);
      this.#reporting = true;
      this.#say({ level, reason, message: oneLine(message), error });
    } catch {
      // A sink that throws is the one failure that nobody is left to be told of.
    } finally {
      this.#reporting = false;
    }
  }

  #say(diagnostic: Diagnostic): void {
    publishDiagnostic(diagnostic);
    if (this.#onDiagnostic !== undefined) {
      const returned = this.#onDiagnostic(diagnostic);
      // It cannot be told of its own failure, which is printed in its place.
      watchRejection(returned, (failure) => this.#sinkFailed(failure));
      return;
    }
    print(diagnostic);
  }

  #sinkFailed(error: unknown): void {
    try {
      if (this.#hasSinkFailed) return;
      this.#hasSinkFailed = true;
      const message = 'the promise of the function given as onDiagnostic was rejected';
      print({ level: 'error', reason: 'option_onDiagnostic_failed', message, error });
    } catch {
      // Nobody reads stderr any more.
    }
  }
}

function print({ level, reason, message, error }: Diagnostic): void {
  const cause = error === undefined ? '' : ` (${describeError(error)})`;
  writeLine(`[openlayer-tracing] ${level} ${reason}: ${oneLine(message + cause)}`);
}

/** `Name: message` of an error, or the type of what was thrown instead of one. */
export function describeError(error: unknown): string {
  try {
    if (error instanceof Error) return `${error.name}: ${error.message}`;
    return typeof error === 'string' ? error : `thrown ${typeof error}`;
  } catch {
    return 'unreadable error';
  }
}

/** Control characters would let a logged value forge lines of its own. */
function oneLine(text: string): string {
  return text.slice(0, 2000).replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
