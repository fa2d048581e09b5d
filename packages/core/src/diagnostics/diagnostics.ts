/** Diagnostics: messages to the operator about this library. Each is reported at most once a minute, and never thrown. */

import { publishDiagnostic, writeLine } from '#platform';
import { monotonicMs } from '../platform/clock.js';
import { errorMessage, errorName, isError } from '../values/reading/read-safely.js';
import { watchRejection } from '../values/reading/thenable.js';
import { maskedError } from '../values/redaction/masked-error.js';
import { Redactor } from '../values/redaction/redactor.js';
import { cutTo, wellFormed } from '../values/text/well-formed.js';
import type { DiagnosticReason } from './diagnostic-reason.js';

/** Severity of a diagnostic, most severe first after `off`. */
export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug';

const RANK: Record<LogLevel, number> = { off: 0, error: 1, warn: 2, info: 3, debug: 4 };

/** A message about something that happened inside this library. */
export interface Diagnostic {
  /** Severity. */
  readonly level: Exclude<LogLevel, 'off'>;
  /** A stable, low-cardinality code such as `queue_full`. */
  readonly reason: DiagnosticReason;
  /** One line for a person: what failed, on what, and what to do. */
  readonly message: string;
  /**
   * What was thrown, if something was. The error itself if it contains no secret, else a copy with secrets masked. Object properties,
   * such as a client's request, are left out.
   */
  readonly error?: unknown;
}

/** Options of `Diagnostics`. */
export interface DiagnosticsOptions {
  /** Least severe level that is reported. @default 'warn' */
  readonly level?: LogLevel;
  /** Receives each diagnostic that would be printed, instead of stderr. */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
  /** Masks secrets in messages and errors. @default masks known secrets */
  readonly redactor?: Redactor | undefined;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/** Least time between two reports of one reason. */
const QUIET_MS = 60_000;

const MAX_LINE_CHARS = 2000;

/** Reports the diagnostics of a tracer. */
export class Diagnostics {
  readonly #threshold: number;
  readonly #onDiagnostic: ((diagnostic: Diagnostic) => void) | undefined;
  readonly #now: () => number;
  readonly #redactor: Redactor;
  readonly #lastReported = new Map<string, number>();
  #isReporting = false;
  #hasReportedSinkFailure = false;

  constructor(options: DiagnosticsOptions = {}) {
    this.#threshold = RANK[options.level ?? 'warn'];
    this.#onDiagnostic = options.onDiagnostic;
    this.#now = options.now ?? monotonicMs;
    this.#redactor = options.redactor ?? new Redactor();
  }

  /**
   * Reports the diagnostic at most once a minute per reason and `about`, unless another is being reported. Never throws.
   * @param about distinguishes diagnostics of one reason that are each to be reported
   */
  report(
    level: Diagnostic['level'],
    reason: DiagnosticReason,
    message: string,
    error?: unknown,
    about = '',
  ): void {
    // `onDiagnostic` caused a nested one.
    const isNested = this.#isReporting;
    try {
      if (isNested || RANK[level] > this.#threshold) return;
      const now = this.#now();
      const subject = `${reason} ${about}`;
      if (now - (this.#lastReported.get(subject) ?? -QUIET_MS) < QUIET_MS) return;
      this.#lastReported.set(subject, now);
      this.#isReporting = true;
      this.#deliver({ level, reason, message: this.#line(message), error: this.#masked(error) });
    } catch {
      // `onDiagnostic` or stderr threw: there is no other place to report it.
    } finally {
      this.#isReporting = isNested;
    }
  }

  /** Reports as `internal_error` that a part of this library failed. Never throws. @param what names the part */
  reportFailure(what: string, error: unknown): void {
    const message = `tracing failed in ${what}; the app is not affected`;
    this.report('error', 'internal_error', message, error);
  }

  /** Reports as `option_..._failed` that a function among the options failed. Never throws. */
  reportOptionFailure(option: string, message: string, error: unknown): void {
    this.report('error', `option_${option}_failed`, message, error);
  }

  #line(text: string): string {
    return oneLine(
      this.#redactor.replaced(this.#redactor.maskedHead(text, MAX_LINE_CHARS), '', MAX_LINE_CHARS),
    );
  }

  #masked(error: unknown): unknown {
    return error === undefined ? undefined : maskedError(error, this.#redactor);
  }

  #deliver(diagnostic: Diagnostic): void {
    publishDiagnostic(diagnostic);
    if (this.#onDiagnostic !== undefined) {
      const returned = this.#onDiagnostic(diagnostic);
      // Its own failure is printed to stderr.
      watchRejection(returned, (failure) => this.#reportSinkFailure(failure));
      return;
    }
    print(diagnostic);
  }

  #reportSinkFailure(error: unknown): void {
    try {
      if (this.#hasReportedSinkFailure) return;
      this.#hasReportedSinkFailure = true;
      const message = 'the promise of the function given as onDiagnostic was rejected';
      print({ level: 'error', reason: 'option_onDiagnostic_failed', message, error });
    } catch {
      // stderr is closed.
    }
  }
}

function print({ level, reason, message, error }: Diagnostic): void {
  const cause = error === undefined ? '' : ` (${describeError(error)})`;
  writeLine(`[openlayer-tracing] ${level} ${reason}: ${oneLine(message + cause)}`);
}

/** `Name: message` of an error, a thrown string itself, or the type of anything else. Never throws. */
export function describeError(error: unknown): string {
  try {
    if (isError(error)) return `${errorName(error)}: ${errorMessage(error)}`;
    return typeof error === 'string' ? error : `thrown ${typeof error}`;
  } catch {
    return 'unreadable error';
  }
}

/** Without line breaks and control characters, by which a logged value could forge lines. */
function oneLine(text: string): string {
  return wellFormed(cutTo(text, MAX_LINE_CHARS)).replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}
