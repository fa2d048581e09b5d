import {
  type BodyObserver,
  processWide,
  type RecordedCall,
  type StepUpdate,
  startCall,
  tokenFields,
} from '@openlayer-tracing/core/integration';
import type { Ending } from '../../common/calls/ending.js';
import { roundedMs } from '../../common/calls/rounded-ms.js';
import { recordedContent, recordedDetails } from '../../common/content/recorded-content.js';
import {
  connectionError,
  isAbort,
  statusError,
  streamError,
} from '../../common/failures/call-error.js';
import { definedFields, type Json, tryParseJson } from '../../common/json.js';
import type { JobReader, JobRequest, JobShape } from '../../shapes/jobs/job.js';
import type { ModelRequest } from '../../shapes/shape.js';
import { BoundedJson } from '../body/bounded-json.js';
import { NamedEvents } from '../body/named-events.js';
import { Utf8Pieces } from '../body/utf8-pieces.js';
import type { ClientProfile } from '../client-profile.js';
import { contentTypeIn, headerOf } from '../headers.js';
import type { ResponseHead } from './http-call.js';
import { isRetryable, longestWaitMs } from './retry-policy.js';
import { stepOptions } from './step-options.js';

/** Longer bodies are parsed while they are received, so that the memory for them is bounded. */
const MAX_BODY_CHARS = 1_048_576;
/** The most names of further requests that are remembered. Above this number the oldest is forgotten. */
const MAX_NAMES = 10_000;

/** An open job, and the purpose of one of its requests. */
interface OpenJob {
  readonly job: JobCall;
  readonly request: JobRequest;
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
      soFar: () => job?.endForTrace(),
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

  /** A request of the job ended without a response. */
  failRequest(part: JobRequest, error: unknown): void {
    this.#recorded.stopWaiting();
    this.#failAttempt(
      part,
      connectionError(this.#profile.options, error),
      longestWaitMs(undefined),
    );
  }

  /**
   * Takes the head of a response.
   * @param signal by which the app may abort the request, if it is known
   * @returns the observer of its body
   */
  observeBody(part: JobRequest, { status, headers }: ResponseHead, signal: unknown): BodyObserver {
    this.#recorded.stopWaiting();
    this.#recorded.markRead();
    if (status >= 400) {
      const retryMs = isRetryable(status, headers) ? longestWaitMs(headers) : undefined;
      return observeWhole((text) => {
        this.#failAttempt(part, statusError(this.#profile.options, status, text), retryMs);
      });
    }
    const contentType = contentTypeIn(headers);
    if (contentType.startsWith('text/event-stream')) return this.#observeStream(part, signal);
    const isJson = contentType.includes('json');
    const take = (text: string, long?: BoundedJson) => {
      const body = isJson ? (long?.end() ?? tryParseJson(text)) : text;
      this.#reader.readResponse(part, body, (name) => headerOf(headers, name));
      this.#remember();
      // A job without names for further requests sends its result to a webhook.
      if (!this.#endIfOver() && this.#names.length === 0) this.#end('unfinished');
    };
    const whole = observeWhole(take);
    return {
      ...whole,
      failed: (error) => this.failRequest(part, error),
      // A response that was not read states nothing; the client may request it again. That the job was stopped is known without.
      cancelled: () => {
        if (part === 'create') this.#end('left');
        else if (part === 'stop') whole.cancelled();
      },
    };
  }

  /** The trace ends before the job: further requests do not belong to it. @returns the update of the step */
  endForTrace(): StepUpdate {
    this.#forget();
    return this.#recordResponse('unfinished');
  }

  #observeStream(part: JobRequest, signal: unknown): BodyObserver {
    const events = new NamedEvents((name, data) => {
      if (!this.#reader.readEvent(part, name, data)) return;
      this.#firstTokenMs ??= this.#recorded.elapsedMs;
    });
    const end = (ending: Ending, error?: unknown) => {
      events.end();
      if (this.#endIfOver()) return;
      // The client goes on to poll a queue. The end of a stream of the answer itself is the end of the job.
      const isAnswer = part === 'stream' || (part === 'create' && this.#names.length === 0);
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
    this.#names = Object.keys(this.#reader.requests);
    for (const [name, request] of Object.entries(this.#reader.requests)) {
      openJobs.set(name, { job: this, request });
      if (openJobs.size > MAX_NAMES) openJobs.delete(openJobs.keys().next().value as string);
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
  #failAttempt(part: JobRequest, error: Error, retryMs: number | undefined): void {
    // Each attempt to create a job is a step of its own.
    if (part === 'create' || retryMs === undefined) {
      this.#end('failed', error);
      return;
    }
    this.#hasFailed = true;
    this.#recorded.failAttempt(error, retryMs);
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
    const billed = billing && definedFields(billing as Json);
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

/**
 * Collects a body that is no stream.
 * @param take called with the text of the body once it has ended, or as far as it was received; for a long body, with its first
 *   megabyte and the parsed JSON
 */
function observeWhole(take: (text: string, long?: BoundedJson) => void): BodyObserver {
  const decoder = new Utf8Pieces();
  let text = '';
  let long: BoundedJson | undefined;
  const end = () => {
    const rest = decoder.end();
    long?.add(rest);
    take(text + rest, long);
  };
  return {
    chunk: (bytes) => {
      const more = decoder.decode(bytes);
      if (long !== undefined) long.add(more);
      else text += more;
      if (long !== undefined || text.length <= MAX_BODY_CHARS) return;
      long = new BoundedJson();
      long.add(text);
      text = text.slice(0, MAX_BODY_CHARS);
    },
    ended: end,
    failed: end,
    cancelled: end,
  };
}
