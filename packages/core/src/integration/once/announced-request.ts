/**
 * Model requests that the integration of a framework announces, because it records them itself. If the model client below the
 * framework is traced too, it finds the announcement and records nothing, so that the request is recorded once.
 */

import { processWide } from '../../platform/process-wide.js';
import { currentRecordedStep } from '../../trace/current-step.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import type { TracedStep } from '../../trace/traced-step.js';
import type { StepType } from '../../wire.js';
import { type RecordedCall, stepOfCall } from '../call/recorded-call.js';

/** Identifies a request that the client does not send in the scope of the framework's step. */
export interface RequestContent {
  /** The model's name; undefined matches any model. */
  readonly model: string | undefined;
  /** The last string of the prompt. If it is undefined or empty, `model` alone identifies the request. */
  readonly lastText: string | undefined;
  /**
   * The strings of a call that may send them in several requests, such as an embedding of many texts. Until the call ends, each
   * request that contains one of them matches. If the array is empty, each request to the model matches.
   */
  readonly texts?: readonly string[];
}

/** An announced request that a client is sending. */
export interface AnnouncedRequest {
  /** Call it when the request failed, so that the announcement also matches the retry. */
  markFailed(): void;
}

const MAX_DEPTH = 16;

class Announcement implements AnnouncedRequest {
  readonly call: RecordedCall;
  readonly #content: RequestContent | undefined;
  /** The strings of a call that may send several requests, without white space around them; undefined for other calls. */
  readonly #texts: ReadonlySet<string> | undefined;
  /** The trace in whose scope the request was announced; undefined outside a trace. */
  readonly #trace: RecordedTrace | undefined;
  #isSent = false;

  constructor(call: RecordedCall, content: RequestContent | undefined) {
    this.call = call;
    this.#content = content;
    this.#texts = content?.texts && new Set(content.texts.map((text) => text.trim()));
    this.#trace = currentRecordedStep()?.trace;
  }

  /**
   * Checks whether the request that a client sends now is the announced one. If it is, marks the announcement as sent, so that a
   * second equal request does not match, unless the call may send several.
   * @returns whether it is the announced one
   */
  claim(current: TracedStep | undefined, model: string | undefined, content: unknown): boolean {
    const step = stepOfCall(this.call);
    if (step === current) return true;
    const trace = current?.trace;
    if (this.#content === undefined || this.#isSent) return false;
    if (trace !== this.#trace && trace !== step.trace) return false;
    const isClaimed = this.#matches(this.#content, model, content);
    this.#isSent = isClaimed && this.#texts === undefined;
    return isClaimed;
  }

  /** Whether a request of the step is like this one, sent before or not. */
  isLike(current: TracedStep | undefined, model: string | undefined, content: unknown): boolean {
    const step = stepOfCall(this.call);
    if (step === current) return true;
    if (this.#content === undefined || !this.mayBe(current)) return false;
    if (content !== undefined) return this.#matches(this.#content, model, content);
    return this.#content.model === undefined || this.#content.model === model;
  }

  /** Whether a request of the step may be this one, sent before or not. */
  mayBe(current: TracedStep | undefined): boolean {
    const step = stepOfCall(this.call);
    return current?.trace === this.#trace || current?.trace === step.trace;
  }

  markFailed(): void {
    this.#isSent = false;
  }

  #matches(of: RequestContent, model: string | undefined, content: unknown): boolean {
    if (of.model !== undefined && model !== undefined && of.model !== model) return false;
    if (this.#texts?.size) return containsString(content, this.#texts);
    const text = this.#texts ? undefined : of.lastText?.trim();
    if (text) return containsString(content, new Set([text]));
    return of.model !== undefined && of.model === model;
  }
}

const announced = processWide('announced-requests.v1', () => new Set<Announcement>());

/**
 * Announces the model request of a framework's call, so that the traced client below does not record it a second time. The
 * announcement holds until the call ends.
 * @param content identifies the request; undefined if the client sends it in the scope of the call's step
 */
export function announceRequest<T extends StepType>(
  call: RecordedCall<T>,
  content?: RequestContent,
): void {
  forgetEnded();
  announced.add(new Announcement(call, content));
}

/**
 * The announcement of a request that a client is about to send; undefined if no framework announced it.
 * @param content the fields of the request, in which the announced text is searched
 */
export function announcedRequest(
  model: string | undefined,
  content: unknown,
): AnnouncedRequest | undefined {
  if (announced.size === 0) return undefined;
  forgetEnded();
  const current = currentRecordedStep();
  for (const each of announced) if (each.claim(current, model, content)) return each;
  return undefined;
}

/**
 * The call whose framework has announced a request like this one, for observers that do not send it: the announcement still
 * matches the client's request.
 * @param readContent returns the fields of the request; undefined if the observer does not know them
 */
export function announcedCall(
  model: string | undefined,
  readContent: () => unknown,
): RecordedCall | undefined {
  if (announced.size === 0) return undefined;
  forgetEnded();
  const current = currentRecordedStep();
  const content = readContent();
  for (const each of announced) if (each.isLike(current, model, content)) return each.call;
  return undefined;
}

/** Whether a framework has announced a request in the current trace and its call goes on. */
export function isRequestAnnounced(): boolean {
  if (announced.size === 0) return false;
  forgetEnded();
  const current = currentRecordedStep();
  for (const each of announced) if (each.mayBe(current)) return true;
  return false;
}

function forgetEnded(): void {
  for (const each of announced) if (!each.call.isOpen) announced.delete(each);
}

/** Whether the value is or contains, at most 16 levels deep, a string that equals one of `texts` but for surrounding white space. */
function containsString(value: unknown, texts: ReadonlySet<string>, depth = 0): boolean {
  if (typeof value === 'string') return texts.has(value.trim());
  if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return false;
  if (ArrayBuffer.isView(value)) return false;
  return Object.values(value).some((each) => containsString(each, texts, depth + 1));
}
