/** What we tell the operator about ourselves: counted always, printed rarely, never thrown. */

import { publishDiagnostic, writeLine } from '#platform';
import { monotonicMs } from './trace/clock.js';
import { maskedError } from './trace/masked-error.js';
import { watchRejection } from './trace/promised.js';
import { Redactor } from './trace/redact.js';
import { head, wellFormed } from './trace/well-formed.js';

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
  /** Masks secrets in messages and errors. @default what is known as a secret */
  readonly redactor?: Redactor | undefined;
  /** Milliseconds on a monotonic clock. */
  readonly now?: () => number;
}

/** Least time between two lines of one reason. */
const QUIET_MS = 60_000;

const MAX_LINE_CHARS = 2000;

export class Diagnostics {
  readonly #threshold: number;
  readonly #onDiagnostic: ((diagnostic: Diagnostic) => void) | undefined;
  readonly #now: () => number;
  readonly #redactor: Redactor;
  readonly #lastSaid = new Map<string, number>();
  readonly #counts = new Map<string, number>();
  #reporting = false;
  #hasSinkFailed = false;

  constructor(options: DiagnosticsOptions = {}) {
    this.#threshold = RANK[options.level ?? 'warn'];
    this.#onDiagnostic = options.onDiagnostic;
    this.#now = options.now ?? monotonicMs;
    this.#redactor = options.redactor ?? new Redactor();
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
      this.#say({ level, reason, message: this.#line(message), error: this.#masked(error) });
    } catch {
      // A sink that throws is the one failure that nobody is left to be told of.
    } finally {
      this.#reporting = false;
    }
  }

  #line(text: string): string {
    return oneLine(
      this.#redactor.replaced(this.#redactor.maskedHead(text, MAX_LINE_CHARS), '', MAX_LINE_CHARS),
    );
  }

  #masked(error: unknown): unknown {
    return error === undefined ? undefined : maskedError(error, this.#redactor);
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
  return wellFormed(head(text, MAX_LINE_CHARS)).replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
