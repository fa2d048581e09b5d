import {
  type BodyObserver,
  processWide,
  type RecordedCall,
  type StepUpdate,
  startCall,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import type { Ending } from '../../common/calls/ending.js';
import { forgetOldest } from '../../common/calls/forget-oldest.js';
import { roundedMs } from '../../common/calls/rounded-ms.js';
import { recordedContent, recordedDetails } from '../../common/content/recorded-content.js';
import { connectionError, statusError, streamError } from '../../common/failures/call-error.js';
import { isAbort } from '../../common/failures/thrown.js';
import { definedFields, type JsonObject, tryParseJson } from '../../common/json.js';
import type { JobPurpose, JobReader, JobShape } from '../../shapes/jobs/job.js';
import type { ModelRequest } from '../../shapes/reading/shape.js';
import { NamedEvents } from '../body/named-events.js';
import { isEventStream } from '../body/response-body.js';
import { WholeBody } from '../body/whole-body.js';
import type { ClientProfile } from '../exchange/client-profile.js';
import { contentTypeIn, headerOf } from '../exchange/headers.js';
import type { ResponseHead } from './http-call.js';
import { isRetryable, longestWaitMs } from './retry-policy.js';
import { stepOptions } from './step-options.js';

/** The most names of further requests that are remembered. Above this number the oldest is forgotten. */
const MAX_NAMES = 10_000;

/** An open job, and the purpose of one of its requests. */
interface OpenJob {
  readonly job: JobCall;
  readonly purpose: JobPurpose;
}

/**
 * The open jobs, by the names of their further requests. All copies and builds of this package share them: one may create a
 * job and another fetch its result.
 */
const openJobs = processWide('integrations.jobs.v1', () => new Map<string, OpenJob>());

/** Records a job of a provider as one step, from the request that creates it to the response that ends it. */
export class JobCall {
  readonly #profile: ClientProfile;
  readonly #recorded: RecordedCall;
  readonly #reader: JobReader;
  /** The names of its further requests, under which it is in `openJobs`. */
  #names: readonly string[] = [];
  #firstTokenMs: number | undefined;
  /** Whether the last request failed and may be sent again. */
  #hasFailed = false;

  /** Starts the step. @returns undefined if nothing is recorded */
  static start(
    profile: ClientProfile,
    shape: JobShape,
    request: ModelRequest,
  ): JobCall | undefined {
    let job: JobCall | undefined;
    const recorded = startCall(stepOptions(profile, shape, request), {
      soFar: () => job?.soFar(),
      amount: () => job?.amount ?? 0,
    });
    if (recorded === undefined) return undefined;
    job = new JobCall(profile, shape.reader(request.url), recorded);
    return job;
  }

  /** The open job that a further request belongs to; undefined if the request belongs to none. */
  static ofRequest(shapes: readonly JobShape[], url: URL): OpenJob | undefined {
    for (const shape of shapes) {
      const name = shape.requestNameOf(url);
      const found = name === undefined ? undefined : openJobs.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Whether any job is open. */
  static get isAnyOpen(): boolean {
    return openJobs.size > 0;
  }

  private constructor(profile: ClientProfile, reader: JobReader, recorded: RecordedCall) {
    this.#profile = profile;
    this.#reader = reader;
    this.#recorded = recorded;
  }

  get amount(): number {
    return this.#reader.amount;
  }

  /** The client sends a request of the job. */
  startRequest(): void {
    if (this.#hasFailed) this.#recorded.retry();
    this.#hasFailed = false;
    this.#recorded.startWaiting();
  }

  /**
   * A request of the job ended without a response.
   * @param signal by which the app may abort the request, if it is known
   */
  failRequest(purpose: JobPurpose, error: unknown, signal: unknown): void {
    this.#recorded.stopWaiting();
    if (isAbort(error, signal)) {
      if (purpose === 'create') this.#end('left');
      else this.#leave();
      return;
    }
    this.#failAttempt(
      purpose,
      connectionError(this.#profile.options, error),
      longestWaitMs(undefined),
    );
  }

  /**
   * Takes the head of a response.
   * @param signal by which the app may abort the request, if it is known
   * @returns the observer of its body
   */
  observeBody(
    purpose: JobPurpose,
    { status, headers }: ResponseHead,
    signal: unknown,
  ): BodyObserver {
    this.#recorded.stopWaiting();
    this.#recorded.markRead();
    if (status >= 400) {
      const retryMs = isRetryable(status, headers) ? longestWaitMs(headers) : undefined;
      return observeWhole(({ text }) => {
        this.#failAttempt(purpose, statusError(this.#profile.options, status, text), retryMs);
      });
    }
    const contentType = contentTypeIn(headers);
    if (isEventStream(contentType)) return this.#observeStream(purpose, signal);
    const isJson = contentType.includes('json');
    const read = ({ text, long }: WholeBody) => {
      const body = isJson ? (long?.end() ?? tryParseJson(text)) : text;
      this.#reader.readResponse(purpose, body, (name) => headerOf(headers, name));
      this.#remember();
      // A job without names for further requests sends its result to a webhook.
      if (!this.#endIfOver() && this.#names.length === 0) this.#end('unfinished');
    };
    const whole = observeWhole(read);
    return {
      ...whole,
      failed: (error) => this.failRequest(purpose, error, signal),
      // A response that was not read states nothing; the client may request it again. That the job was stopped is known without reading it.
      cancelled: () => {
        if (purpose === 'create') this.#end('left');
        else if (purpose === 'stop') whole.cancelled();
      },
    };
  }

  /** The trace ends before the job: further requests do not belong to it. @returns the update of the step */
  soFar(): StepUpdate {
    this.#forget();
    return this.#recordResponse('unfinished');
  }

  #observeStream(purpose: JobPurpose, signal: unknown): BodyObserver {
    const events = new NamedEvents((name, data) => {
      if (!this.#reader.readEvent(purpose, name, data)) return;
      this.#firstTokenMs ??= this.#recorded.elapsedMs;
    });
    const end = (ending: Ending, error?: unknown) => {
      events.end();
      if (this.#endIfOver()) return;
      // The client goes on to poll a queue. The end of a stream of the answer itself is the end of the job.
      const isAnswer = purpose === 'stream' || (purpose === 'create' && this.#names.length === 0);
      if (error !== undefined) {
        this.#end('failed', connectionError(this.#profile.options, error));
      } else if (isAnswer) this.#end(ending);
    };
    return {
      chunk: (bytes) => {
        events.chunk(bytes);
        this.#endIfOver();
      },
      ended: () => end('complete'),
      failed: (error) => (isAbort(error, signal) ? end('left') : end('failed', error)),
      cancelled: () => end('left'),
    };
  }

  /** Remembers the names of further requests of the job. */
  #remember(): void {
    if (this.#names.length > 0) return;
    this.#names = Object.keys(this.#reader.purposes);
    for (const [name, purpose] of Object.entries(this.#reader.purposes)) {
      openJobs.set(name, { job: this, purpose });
      forgetOldest(openJobs, MAX_NAMES);
    }
  }

  #endIfOver(): boolean {
    if (this.#reader.failure !== undefined)
      this.#end('failed', streamError(this.#profile.options, this.#reader.failure));
    else if (this.#reader.isComplete) this.#end('complete');
    else return false;
    return true;
  }

  /** @param retryMs the longest wait before the client retries; undefined if it does not retry */
  #failAttempt(purpose: JobPurpose, error: Error, retryMs: number | undefined): void {
    // Each attempt to create a job is a step of its own.
    if (purpose === 'create' || retryMs === undefined) {
      this.#end('failed', error);
      return;
    }
    this.#hasFailed = true;
    this.#recorded.failAttempt(error, retryMs);
  }

  /** Ends the step, but not the job: the app may request its result later. */
  #leave(): void {
    this.#hasFailed = true;
    this.#recorded.end(this.#recordResponse('left'));
  }

  #end(ending: Ending, error?: Error): void {
    this.#forget();
    const update = this.#recordResponse(ending);
    if (error === undefined) this.#recorded.end(update);
    else this.#recorded.fail(error, update);
  }

  #forget(): void {
    for (const name of this.#names) openJobs.delete(name);
  }

  /** Records the billing that the provider states. @returns the update of the step */
  #recordResponse(ending: Ending): StepUpdate {
    const { output, model, tokens, billing, metadata, details } = this.#reader.response();
    const billed = billing && definedFields(billing as JsonObject);
    if (billed !== undefined) this.#recorded.addBilling(billed);
    return {
      output: recordedContent(this.#profile.options, 'output', output),
      model,
      ...tokenFields(tokens ?? {}),
      metadata: definedFields({
        ...recordedDetails(this.#profile.options, details),
        ...metadata,
        billed,
        timeToFirstToken: roundedMs(this.#firstTokenMs),
        partial: ending !== 'complete' && output !== undefined ? true : undefined,
        ended: ending === 'complete' || ending === 'failed' ? undefined : ending,
      }),
    } as StepUpdate;
  }
}

/** @param read called with the body once it has ended, or as far as it was received */
function observeWhole(read: (body: WholeBody) => void): BodyObserver {
  const body = new WholeBody();
  const end = () => {
    body.end();
    read(body);
  };
  return {
    chunk: (bytes) => body.add(bytes),
    ended: end,
    failed: end,
    cancelled: end,
  };
}
