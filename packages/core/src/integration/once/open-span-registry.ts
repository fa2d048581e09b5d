/** The open spans of all traces whose calls and runs other observers may record into. */

import { processWide } from '../../platform/process-wide.js';
import type { ScopeStep } from '../../trace/scope/scope.js';
import { type TracedStep, tracedStep } from '../../trace/traced-step.js';
import type { SharedCall } from './shared-call.js';

/** The open spans of one trace. */
interface OpenSpans {
  readonly sharedCalls: Set<SharedCall>;
  /** Runs of agents, by the spans of the instrumentations that `expectRuns` names. */
  readonly runs: Set<SharedCall>;
  /** By the step of a run that an integration records: the instrumentation that makes spans of it too. */
  readonly observedRuns: Map<object, string>;
  /** Functions that check whether an open span has become a model call, by the span's step. */
  readonly untyped: Map<TracedStep, () => void>;
}

class OpenSpanRegistry {
  readonly #byTrace = new WeakMap<object, OpenSpans>();
  /** Called before each search for the span of a call. */
  readonly #listeners: (() => void)[] = [];
  #isUsed = false;

  /** Whether there may be an open span. */
  get isUsed(): boolean {
    return this.#isUsed;
  }

  /** Calls `listener` before each search for the span of a call. */
  beforeSearch(listener: () => void): void {
    this.#isUsed = true;
    this.#listeners.push(listener);
  }

  /** Lets clients and other spans record into the step of a span, until it ends. */
  addCall(sharedCall: SharedCall): void {
    this.#openSpansOf(sharedCall.step.trace).sharedCalls.add(sharedCall);
  }

  /** Lets an integration record a run into the step of a span, until the span ends. */
  addRun(run: SharedCall): void {
    this.#openSpansOf(run.step.trace).runs.add(run);
  }

  /** Call it when the span of a call or run has ended: a later call is another one. */
  remove(sharedCall: SharedCall): void {
    const open = this.#byTrace.get(sharedCall.step.trace);
    open?.sharedCalls.delete(sharedCall);
    open?.runs.delete(sharedCall);
  }

  /** Notes that an integration records the run of the step, of which the instrumentation makes spans too. */
  addObservedRun(step: TracedStep, instrumentation: string): void {
    this.#openSpansOf(step.trace).observedRuns.set(step, instrumentation);
  }

  /** The closest run, from the step upwards, that an integration records and of which the instrumentation makes spans too. */
  observedRunAround(step: TracedStep, instrumentation: string): TracedStep | undefined {
    const runs = this.#byTrace.get(step.trace)?.observedRuns;
    if (runs === undefined || runs.size === 0) return undefined;
    for (let at: ScopeStep | undefined = step; at !== undefined; at = at.parent) {
      if (runs.get(at) === instrumentation) return tracedStep(at);
    }
    return undefined;
  }

  /**
   * Calls `reveal` when a call starts below the step of a span, since some instrumentations set the attributes of a span only
   * after its start.
   * @param reveal shares the call of the span, if it is a model call
   */
  revealLater(step: TracedStep, reveal: () => void): void {
    this.#openSpansOf(step.trace).untyped.set(step, reveal);
  }

  /** Forgets the `reveal` of a span that has ended, or is known to be a model call. */
  forgetUntyped(step: TracedStep): void {
    this.#byTrace.get(step.trace)?.untyped.delete(step);
  }

  /** Whether the step is the one of a span that has not ended. */
  isOfOpenSpan(step: TracedStep): boolean {
    const open = this.#byTrace.get(step.trace);
    if (open === undefined) return false;
    if (open.untyped.has(step)) return true;
    for (const sharedCall of open.sharedCalls) if (sharedCall.step === step) return true;
    return false;
  }

  /**
   * The calls of spans that may be the same as a call that starts below `parent`: the one of the parent, then those of its
   * children, the oldest first. Some instrumentations do not make their span the active one, so that the client's call starts
   * next to it.
   */
  callsAt(parent: TracedStep): readonly SharedCall[] {
    if (!this.#isUsed) return NONE;
    for (const listener of this.#listeners) listener();
    const open = this.#byTrace.get(parent.trace);
    if (open === undefined) return NONE;
    for (const [step, reveal] of open.untyped) {
      if (step === parent || step.parent === parent) reveal();
    }
    return closestTo(parent, open.sharedCalls);
  }

  /** The runs with spans of the instrumentation that may be the same as a run that starts below `parent`. */
  runsAt(parent: TracedStep, instrumentation: string): readonly SharedCall[] {
    for (const listener of this.#listeners) listener();
    const runs = this.#byTrace.get(parent.trace)?.runs;
    if (runs === undefined) return NONE;
    return closestTo(parent, runs).filter((run) => run.isOf(instrumentation));
  }

  #openSpansOf(trace: object): OpenSpans {
    this.#isUsed = true;
    let found = this.#byTrace.get(trace);
    if (found === undefined) {
      found = {
        sharedCalls: new Set(),
        runs: new Set(),
        observedRuns: new Map(),
        untyped: new Map(),
      };
      this.#byTrace.set(trace, found);
    }
    return found;
  }
}

function closestTo(
  parent: TracedStep,
  sharedCalls: ReadonlySet<SharedCall>,
): readonly SharedCall[] {
  if (sharedCalls.size === 0) return NONE;
  const all = [...sharedCalls];
  return [
    ...all.filter(({ step }) => step === parent),
    ...all.filter(({ step }) => step.parent === parent),
  ];
}

const NONE: readonly SharedCall[] = [];

/** The one of this process. */
export const openSpans = processWide('open-spans.v1', () => new OpenSpanRegistry());
