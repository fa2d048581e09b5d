/**
 * Model calls and runs of agents that are observed twice: by a span of OpenTelemetry, and by the integration of a client or of an
 * agent's framework. Both record into the span's step.
 */

import { processWide } from '../platform/process-wide.js';
import { currentRecordedStep } from '../trace/current-step.js';
import { isInert } from '../trace/inert.js';
import { isModelCall } from '../trace/model/step-fields.js';
import type { StepOptions, StepUpdate } from '../trace/model/step-types.js';
import type { Step } from '../trace/model/types.js';
import type { TracedStep } from '../trace/recorded-trace.js';
import type { ScopeStep } from '../trace/scope/scope.js';
import { arrayOrEmpty, objectOrEmpty, stringOrUndefined } from '../values/json-fields.js';
import type { StepType } from '../wire.js';
import { isRequestAnnounced } from './announced-request.js';
import { type CallProgress, RecordedCall } from './recorded-call.js';

/** What identifies a model call, as far as it is known. */
export interface ExchangeFacts {
  readonly type: StepType;
  readonly model: unknown;
  /** Read only if type and model do not tell two calls apart. */
  readonly inputs: unknown;
}

/** A model call or a run of an agent, of a span that has not ended. */
export class SharedExchange {
  readonly step: TracedStep;
  readonly #facts: ExchangeFacts;
  /** The instrumentations that have a span of the call. */
  readonly #scopes: string[];
  readonly #stopWaiting: () => void;
  #client: RecordedCall | undefined;

  /**
   * @param scope the instrumentation that made the span
   * @param stopWaiting called when the trace need not wait for the span any more
   */
  constructor(step: TracedStep, facts: ExchangeFacts, scope: string, stopWaiting: () => void) {
    this.step = step;
    this.#stopWaiting = stopWaiting;
    this.#facts = facts;
    this.#scopes = [scope];
  }

  /** Whether the instrumentation has a span of the call. */
  isOf(scope: string): boolean {
    return this.#scopes.includes(scope);
  }

  /** The call by the integration of a client; undefined if there is none. Its facts win over those of the span. */
  get client(): RecordedCall | undefined {
    return this.#client;
  }

  /** Takes the call of a client, if it may be the same one. Each client records one call into a span's step. */
  takeClient(facts: ExchangeFacts, start: () => RecordedCall): boolean {
    if (this.#client !== undefined || !this.#isLike(facts)) return false;
    this.#client = start();
    this.observedEnd();
    return true;
  }

  /** Another observer sees the end of the call: the span may end a moment later, or never. */
  observedEnd(): void {
    this.#stopWaiting();
  }

  /** Takes the span of another instrumentation, if it may be of the same call. Each has one span of a call. */
  takeSpan(facts: ExchangeFacts, scope: string): boolean {
    if (this.#client !== undefined || this.isOf(scope) || !this.#isLike(facts)) return false;
    this.#scopes.push(scope);
    return true;
  }

  #isLike(other: ExchangeFacts): boolean {
    const { step } = this;
    if (step.type !== other.type || !step.isLive) return false;
    if (!isSameModel(this.#facts.model, other.model)) return false;
    const text = lastText(this.#facts.inputs);
    const otherText = text === undefined ? undefined : lastText(other.inputs);
    return otherText === undefined || text === otherText;
  }
}

/** The open spans of one trace. */
interface OpenSpans {
  readonly exchanges: Set<SharedExchange>;
  /** Runs of agents, by the spans of the instrumentations that `expectRuns` names. */
  readonly runs: Set<SharedExchange>;
  /** The instrumentation that observes a run as well, by the step of a run that an integration records. */
  readonly observedRuns: Map<object, string>;
  /** Functions that check whether an open span has become a model call, by the span's step. */
  readonly untyped: Map<TracedStep, () => void>;
}

const shared = processWide('shared-exchanges.v2', () => ({
  /** The instrumentations whose runs an integration records. */
  scopesOfRuns: new Set<string>(),
  byTrace: new WeakMap<object, OpenSpans>(),
  /** Called before the exchanges are looked at. */
  listeners: [] as (() => void)[],
  isUsed: false,
}));

/** Calls `listener` before each search for the span of a call. The listener may begin spans whose attributes were awaited. */
export function beforeJoining(listener: () => void): void {
  shared.isUsed = true;
  shared.listeners.push(listener);
}

/** Lets clients and other spans record into the step of a span, until it ends. */
export function shareExchange(exchange: SharedExchange): void {
  openSpansOf(exchange.step.trace).exchanges.add(exchange);
}

function openSpansOf(trace: object): OpenSpans {
  shared.isUsed = true;
  let found = shared.byTrace.get(trace);
  if (found === undefined) {
    found = {
      exchanges: new Set(),
      runs: new Set(),
      observedRuns: new Map(),
      untyped: new Map(),
    };
    shared.byTrace.set(trace, found);
  }
  return found;
}

/**
 * An integration records the runs of agents that this instrumentation of OpenTelemetry has spans of, if the app uses both.
 * @param scope the name of the instrumentation
 */
export function expectRuns(scope: string): void {
  shared.scopesOfRuns.add(scope);
}

/** Whether an integration may record the runs that this instrumentation has spans of. */
export function isOfExpectedRuns(scope: string): boolean {
  return shared.scopesOfRuns.has(scope);
}

const replacedScopes = processWide('replaced-spans.v1', () => new Set<string>());
const reportedScopes = processWide('reported-replaced-spans.v1', () => new Set<string>());

/**
 * An integration records all that this instrumentation of OpenTelemetry has spans of, if the app uses both: its spans are no
 * steps. Spans of model calls add what is missing in the steps of the integration.
 * @param scope the name of the instrumentation
 */
export function replaceSpans(scope: string): void {
  replacedScopes.add(scope);
}

/** Whether an integration records all that this instrumentation has spans of. */
export function hasReplacedSpans(scope: string): boolean {
  return replacedScopes.has(scope);
}

/**
 * Whether a span of this instrumentation is left out for the first time, which is to be reported: the integration may not see the
 * work of the span, such as a run of another copy of the framework.
 */
export function isFirstReplaced(scope: string): boolean {
  if (reportedScopes.has(scope)) return false;
  reportedScopes.add(scope);
  return true;
}

/** Lets an integration record a run into the step of a span, until the span ends. */
export function shareRun(exchange: SharedExchange): void {
  openSpansOf(exchange.step.trace).runs.add(exchange);
}

/** An integration records the run of the step, with all its tools and model calls. */
export function addObservedRun(step: TracedStep, scope: string): void {
  openSpansOf(step.trace).observedRuns.set(step, scope);
}

/** The closest run from the step upwards that an integration records, and this instrumentation observes as well. */
export function observedRunAround(step: TracedStep, scope: string): TracedStep | undefined {
  const runs = shared.byTrace.get(step.trace)?.observedRuns;
  if (runs === undefined || runs.size === 0) return undefined;
  for (let at: ScopeStep | undefined = step as ScopeStep; at !== undefined; at = at.parent) {
    if (runs.get(at) === scope) return at as TracedStep;
  }
  return undefined;
}

/**
 * Some instrumentations set the attributes of a span only after its start. Calls `reveal` when a call starts below its step.
 * @param reveal shares the span's exchange, if it is a model call
 */
export function revealLater(step: TracedStep, reveal: () => void): void {
  openSpansOf(step.trace).untyped.set(step, reveal);
}

/** Whether the step is the one of a span that has not ended. */
export function isOfOpenSpan(step: TracedStep): boolean {
  const open = shared.byTrace.get(step.trace);
  if (open === undefined) return false;
  if (open.untyped.has(step)) return true;
  for (const exchange of open.exchanges) if (exchange.step === step) return true;
  return false;
}

/** The span has ended, or is known to be a model call. */
export function forgetUntyped(step: TracedStep): void {
  shared.byTrace.get(step.trace)?.untyped.delete(step);
}

/** Whether a request that is sent below the step may be the one of a model call that another observer records. */
export function isNearExchange(parent: Step): boolean {
  if (isInert(parent)) return false;
  return isRequestAnnounced() || exchangesAt(parent as TracedStep).length > 0;
}

/** The span has ended: a further call is another one. */
export function endExchange(exchange: SharedExchange): void {
  const open = shared.byTrace.get(exchange.step.trace);
  open?.exchanges.delete(exchange);
  open?.runs.delete(exchange);
}

/**
 * The exchanges that a call which starts below `parent` may be: that of the parent, then those next to it, the oldest first. Some
 * instrumentations do not make their span the active one, so that the client's call is next to it.
 */
function exchangesAt(parent: TracedStep): readonly SharedExchange[] {
  if (!shared.isUsed) return NONE;
  for (const listener of shared.listeners) listener();
  const open = shared.byTrace.get(parent.trace);
  if (open === undefined) return NONE;
  for (const [step, reveal] of open.untyped) {
    if (step === parent || step.parent === parent) reveal();
  }
  return closestTo(parent, open.exchanges);
}

/** The runs of the instrumentation that a run which starts below `parent` may be. */
function runsAt(parent: TracedStep, scope: string): readonly SharedExchange[] {
  for (const listener of shared.listeners) listener();
  const runs = shared.byTrace.get(parent.trace)?.runs;
  return runs === undefined ? NONE : closestTo(parent, runs).filter((run) => run.isOf(scope));
}

function closestTo(
  parent: TracedStep,
  exchanges: ReadonlySet<SharedExchange>,
): readonly SharedExchange[] {
  if (exchanges.size === 0) return NONE;
  const all = [...exchanges];
  return [
    ...all.filter(({ step }) => step === parent),
    ...all.filter(({ step }) => step.parent === parent),
  ];
}

const NONE: readonly SharedExchange[] = [];

/**
 * Records a client's call, or an observed run, into the step of a span of the same call, if there is one.
 * @param parent by default the current step
 */
export function joinExchange<T extends StepType>(
  parent: TracedStep | undefined,
  options: StepOptions<T>,
  progress: CallProgress<T>,
): RecordedCall<T> | undefined {
  const { type, model, inputs } = options as Partial<ExchangeFacts>;
  const { observedBy } = progress;
  const mayJoin = type !== undefined && (isModelCall(type) || observedBy !== undefined);
  if (!shared.isUsed || !mayJoin) return undefined;
  const around = parent ?? currentRecordedStep();
  if (around === undefined || isInert(around as Step)) return undefined;
  const exchanges = observedBy === undefined ? exchangesAt(around) : runsAt(around, observedBy);
  for (const exchange of exchanges) {
    // The types of both are equal if the exchange takes the call.
    const step = exchange.step as unknown as TracedStep<T>;
    let call: RecordedCall<T> | undefined;
    exchange.takeClient({ type, model, inputs }, () => {
      call = new RecordedCall<T>(step, progress);
      return call as unknown as RecordedCall;
    });
    if (call === undefined) continue;
    step.merge(options as StepUpdate<T>);
    return call;
  }
  return undefined;
}

/** The exchange of another instrumentation's span of the same call. */
export function joinedExchange(
  parent: TracedStep,
  facts: ExchangeFacts,
  scope: string,
): SharedExchange | undefined {
  return exchangesAt(parent).find((exchange) => exchange.takeSpan(facts, scope));
}

/** Whether both name the same model, as far as they are known. */
export function isSameModel(one: unknown, other: unknown): boolean {
  return (
    typeof one !== 'string' ||
    typeof other !== 'string' ||
    isSameName(one.replace(PATH, ''), other.replace(PATH, ''))
  );
}

/** What Google puts before the names of models. */
const PATH = /^(publishers\/[^/]+\/)?models\//;

/** Bedrock puts a region and a vendor before them: some instrumentations leave these out, one has the vendor alone. */
function isSameName(one: string, other: string): boolean {
  return one === other || isShortOf(one, other) || isShortOf(other, one);
}

/** Whether the name is the model, or the vendor, of a name with both. */
function isShortOf(short: string, name: string): boolean {
  const [, vendor, model] = QUALIFIED.exec(name) ?? [];
  if (model === undefined) return false;
  return short === vendor || (QUALIFIED.exec(short)?.[2] ?? short) === model;
}

/** A region, a vendor and a model, such as `eu.anthropic.claude-3-haiku`. What follows the dot of a version begins with a digit. */
const QUALIFIED = /^(?:[a-z]{2,6}(?:-[a-z]+)?\.)?([a-z][a-z0-9]*)\.([a-z].*)$/;

/** The text of the last message of a prompt, or of the input; undefined if there is no such string. */
function lastText(inputs: unknown): string | undefined {
  const { prompt, input } = objectOrEmpty(inputs);
  const last = arrayOrEmpty(prompt).at(-1);
  return stringOrUndefined(objectOrEmpty(last).content) ?? stringOrUndefined(prompt ?? input);
}
