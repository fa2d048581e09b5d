/** Calls of functions that an app or an adapter gave, whose errors are reported and not thrown. */

import type { DiagnosticReason } from '../../diagnostics/diagnostic-reason.js';
import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import {
  optionAsyncMessage,
  optionRejectedMessage,
  optionThrewMessage,
  optionUnreadableMessage,
} from '../../diagnostics/option-failure.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import { isThenable, watchRejection } from '../../values/reading/thenable.js';

export class GuardedCalls<Req extends object> {
  readonly #diagnostics: () => Diagnostics | undefined;

  /** @param diagnostics returns where errors are reported; undefined before there is a tracer */
  constructor(diagnostics: () => Diagnostics | undefined) {
    this.#diagnostics = diagnostics;
  }

  /**
   * Calls a synchronous function among the options. Never throws: an error or a promise is reported and counts as undefined.
   */
  callSyncOption<R>(name: string, fn: ((req: Req) => R) | undefined, req: Req): R | undefined {
    if (fn === undefined) return undefined;
    const value = this.callOption(name, fn, req);
    const isPromise = watchRejection(value, (error) =>
      this.#reportOption(name, optionRejectedMessage(name), error),
    );
    if (!isPromise) return value;
    this.#report(`option_${name}_async`, optionAsyncMessage(name), undefined);
    return undefined;
  }

  /** Calls a function among the options that may be asynchronous; the row waits for its promise. Never throws. */
  callAsyncOption<R>(
    name: string,
    fn: (req: Req) => R | PromiseLike<R>,
    req: Req,
    trace: RecordedTrace,
    record: (value: R) => void,
  ): void {
    const value = this.callOption(name, fn, req);
    if (isThenable(value)) {
      trace.awaitOption(name, value, (settled) => record(settled as R));
    } else if (value !== undefined) {
      try {
        record(value as R);
      } catch (error) {
        this.#reportOption(name, optionUnreadableMessage(name), error);
      }
    }
  }

  /** Reads a fact of the request. Never throws: an error is reported and counts as undefined. */
  readRequest<R>(fact: string, read: ((req: Req) => R) | undefined, req: Req): R | undefined {
    if (read === undefined) return undefined;
    try {
      return read(req);
    } catch (error) {
      const message = `the ${fact} of the request could not be read`;
      this.#report(`request_${fact}_failed`, message, error);
      return undefined;
    }
  }

  /** Calls a function among the options. Never throws: an error is reported and counts as undefined. */
  callOption<R>(name: string, fn: ((req: Req) => R) | undefined, req: Req): R | undefined {
    if (fn === undefined) return undefined;
    try {
      return fn(req);
    } catch (error) {
      this.#reportOption(name, optionThrewMessage(name), error);
      return undefined;
    }
  }

  #reportOption(name: string, message: string, error: unknown): void {
    this.#try((diagnostics) => diagnostics.reportOptionFailure(name, message, error));
  }

  /** Reports a failure of this library as `internal_error`. Never throws. */
  reportFailure(what: string, error: unknown): void {
    this.#try((diagnostics) => diagnostics.reportFailure(what, error));
  }

  #report(reason: DiagnosticReason, message: string, error: unknown): void {
    this.#try((diagnostics) => diagnostics.report('error', reason, message, error));
  }

  #try(report: (diagnostics: Diagnostics) => void): void {
    try {
      const diagnostics = this.#diagnostics();
      if (diagnostics !== undefined) report(diagnostics);
    } catch {
      // The diagnostics failed: there is no other place to report it.
    }
  }
}
