/** A fetch that records each job of a provider, which takes several requests, as one step. */

import {
  type AnnouncedRequest,
  announcedRequest,
  isUntraced,
  runGuarded,
} from '@openlayer-tracing/core/integration';
import type { JsonObject } from '../common/json.js';
import type { JobPurpose, JobShape } from '../shapes/jobs/job.js';
import type { ModelRequest } from '../shapes/reading/shape.js';
import { JobCall } from './calls/job-call.js';
import type { ClientProfile } from './exchange/client-profile.js';
import type { AnyFetch, FetchInput } from './exchange/fetch-types.js';
import { observedFetch } from './observed-fetch.js';
import { passAnnounced } from './pass-announced.js';
import { methodOf, paramsOf, signalOf, urlOf } from './request/read-request.js';
import { mayMatch } from './request/recognize.js';
import { observedResponse } from './response/observed-response.js';
import { isRecordedByOuterFetch, SentRequest } from './sent-request.js';
import { type FetchArguments, wrapFetch } from './wrap-fetch.js';

/**
 * Wraps `fetch` so that each job becomes a step, from the request that creates it to the response that ends it. Other requests,
 * errors and responses pass unchanged.
 */
export function traceJobs<F extends AnyFetch>(
  fetch: F,
  profile: ClientProfile,
  shapes: readonly JobShape[],
): F {
  const mayCreateJob = (url: URL) => mayMatch(shapes, url);
  return wrapFetch<F>(mayCreateJob, function send(args, params) {
    const exchange = runGuarded('request', () => startJobExchange(profile, shapes, args, params));
    if (exchange === undefined) return fetch.apply(this, args);
    const request = new SentRequest(args, params);
    if (!(exchange instanceof JobExchange)) {
      return passAnnounced(
        exchange,
        request.run(() => fetch.apply(this, args)),
      );
    }
    return observedFetch(exchange, request, () => fetch.apply(this, args));
  });
}

/** Whether the URL belongs to an open job. */
export function mayBelongToJob(input: FetchInput, shapes: readonly JobShape[]): boolean {
  if (!JobCall.isAnyOpen) return false;
  const url = urlOf(input);
  return url !== undefined && JobCall.ofRequest(shapes, url) !== undefined;
}

/** @returns undefined for a request that belongs to no job */
function startJobExchange(
  profile: ClientProfile,
  shapes: readonly JobShape[],
  [input, init]: FetchArguments,
  paramsOfRequest: JsonObject | undefined,
): JobExchange | AnnouncedRequest | undefined {
  if (isUntraced()) return undefined;
  const isPost = methodOf(input, init) === 'POST';
  const url = isPost || JobCall.isAnyOpen ? urlOf(input) : undefined;
  if (url === undefined) return undefined;
  const readParams = () => paramsOf(init?.body) ?? paramsOfRequest;
  if (isRecordedByOuterFetch(input, init, readParams)) return undefined;
  const open = JobCall.ofRequest(shapes, url);
  const signal = signalOf(input, init);
  if (open !== undefined) {
    open.job.startRequest();
    return new JobExchange(open.job, open.purpose, signal);
  }
  const mayCreate = isPost && mayMatch(shapes, url);
  const params = mayCreate ? readParams() : undefined;
  if (params === undefined) return undefined;
  const request = { url, params };
  const shape = shapes.find((each) => each.matches(request));
  if (shape === undefined) return undefined;
  const announced = announcedJob(shape, request);
  if (announced !== undefined) return announced;
  const job = JobCall.start(profile, shape, request);
  if (job === undefined) return undefined;
  job.startRequest();
  return new JobExchange(job, 'create', signal);
}

/** The framework's announcement of this job. A framework may name a model by its version, or as another host names it. */
function announcedJob(shape: JobShape, request: ModelRequest): AnnouncedRequest | undefined {
  const { model } = shape.describe(request);
  return announcedRequest(model, request.params) ?? announcedRequest(undefined, request.params);
}

/** One request of a job and its response. Its methods never throw. */
class JobExchange {
  readonly #job: JobCall;
  readonly #purpose: JobPurpose;
  readonly #signal: unknown;

  constructor(job: JobCall, purpose: JobPurpose, signal: unknown) {
    this.#job = job;
    this.#purpose = purpose;
    this.#signal = signal;
  }

  fail(error: unknown): void {
    runGuarded('failure', () => this.#job.failRequest(this.#purpose, error, this.#signal));
  }

  /** The response itself, or a copy of it whose body is observed. */
  observe(response: unknown): unknown {
    const observed = runGuarded('response', () => {
      const { status, headers } = response as Response;
      const observer = this.#job.observeBody(this.#purpose, { status, headers }, this.#signal);
      return observedResponse(response as Response, observer);
    });
    return observed ?? response;
  }
}
