/** What a request brought: read before the app can change it where it is there, else at the end. */

import { Members } from '../trace/members.js';
import { bodyText } from './body-value.js';
import type { DescribedRequest, RequestDetails } from './described-request.js';
import type { RequestBody } from './request-body.js';
import type { RequestSettings } from './request-settings.js';
import type { RecordedRequest } from './request-trace.js';

const COLUMNS: readonly string[] = ['body', 'query', 'params'];

export class ReceivedRequest<Req extends object, Res> implements DescribedRequest {
  readonly #settings: RequestSettings<Req, Res>;
  readonly #req: Req;
  readonly #res: Res;
  readonly #body: RequestBody | undefined;
  /** JSON text; undefined while it is still to come. */
  #bodyText: string | undefined = undefined;
  #queryText = 'null';
  /** Undefined while no route was entered. */
  #route: string | undefined = undefined;
  #paramsText = 'null';
  /** Whether the id is the app's own, or whoever updates the trace has the last word. */
  #hasOwnId: boolean;

  /** @param hasOwnId whether the trace has an id already that the app has made */
  constructor(
    settings: RequestSettings<Req, Res>,
    req: Req,
    res: Res,
    body: RequestBody | undefined,
    hasOwnId: boolean,
  ) {
    this.#settings = settings;
    this.#req = req;
    this.#res = res;
    this.#body = body;
    this.#hasOwnId = hasOwnId;
  }

  isOf(req: object): boolean {
    return req === this.#req;
  }

  readAnswer(trace: RecordedRequest): Promise<void> | undefined {
    this.#body?.look?.();
    const { adapter, echo, idHeader } = this.#settings;
    return adapter.answered?.(trace, this.#res, echo ? idHeader : undefined);
  }

  /** Reads what is there before the app runs. */
  readBefore(trace: RecordedRequest): void {
    const { adapter, given, capturesRequest } = this.#settings;
    const isBodyThere = this.#body === undefined || this.#body.isParsed;
    if (given.input !== undefined) {
      if (isBodyThere) this.#askInput(trace);
    } else if (capturesRequest) {
      const req = this.#req;
      if (adapter.hasQuery(req)) this.#queryText = trace.snapshot(adapter.query(req), 'query');
      if (this.#body === undefined) this.#bodyText = 'null';
      else if (isBodyThere) this.#bodyText = trace.snapshot(adapter.body(req), 'body');
    }
  }

  /** At a route's first handler: frameworks forget the route on the way to the app's error handlers. */
  readRoute(trace: RecordedRequest): void {
    const { adapter, capturesRequest } = this.#settings;
    if (this.#route !== undefined || trace.isSettled) return;
    this.#route = this.#ask('route', adapter.route);
    if (this.#route !== undefined && capturesRequest) this.#paramsText = this.#params(trace);
  }

  /** Completes the trace by what is known at its end. */
  describe(trace: RecordedRequest): RequestDetails {
    const { adapter, given, headers } = this.#settings;
    if (trace.columns === undefined) this.#takeInputs(trace);
    if (given.user !== undefined) trace.userId ??= identity(this.#ask('user', given.user));
    if (given.session !== undefined)
      trace.sessionId ??= identity(this.#ask('session', given.session));
    if (given.metadata !== undefined) this.#takeMetadata(trace);
    if (headers.length > 0) trace.root.setMetadata('headers', this.#headersText(trace));
    const route = this.#route ?? this.#ask('route', adapter.route);
    return { route, name: this.#ask('name', given.name) };
  }

  madeId(): string | undefined {
    if (this.#hasOwnId) return undefined;
    const id = this.#settings.madeId(this.#req);
    return id === undefined ? undefined : this.#settings.ids.distinct(id);
  }

  renamed(before: string, inferenceId: string): void {
    this.#hasOwnId = true;
    const { adapter, echo, idHeader } = this.#settings;
    if (!echo) return;
    const sent = adapter.answerHeader(this.#res, idHeader);
    if (sent === undefined || sent === before) {
      adapter.setAnswerHeader(this.#res, idHeader, inferenceId);
    }
  }

  #takeInputs(trace: RecordedRequest): void {
    const { given, capturesRequest } = this.#settings;
    if (given.input !== undefined) {
      if (this.#body !== undefined && !this.#body.isParsed) this.#askInput(trace);
    } else if (capturesRequest) {
      const body = this.#bodyText ?? this.#bodyAfter(trace) ?? 'null';
      const params = this.#route === undefined ? this.#params(trace) : this.#paramsText;
      trace.columns = new Members(COLUMNS, [body, this.#queryText, params]);
    }
  }

  #bodyAfter(trace: RecordedRequest): string | undefined {
    const body = this.#body;
    if (body === undefined) return undefined;
    if (body.capture !== undefined) return bodyText(trace, body.capture, body);
    return trace.snapshot(
      this.#ask('body', this.#settings.adapter.body) ?? '[multipart body]',
      'body',
    );
  }

  #askInput(trace: RecordedRequest): void {
    const input = this.#ask('input', this.#settings.given.input);
    if (input !== undefined && trace.columns === undefined) trace.setInput(input);
  }

  #params(trace: RecordedRequest): string {
    const params = this.#ask('params', this.#settings.adapter.params);
    for (const _ in params as object | undefined) return trace.snapshot(params, 'params');
    return 'null';
  }

  /** What the handler set itself wins over what is said of all requests. */
  #takeMetadata(trace: RecordedRequest): void {
    const metadata = this.#ask('metadata', this.#settings.given.metadata);
    if (typeof metadata !== 'object' || metadata === null) return;
    for (const key of Object.keys(metadata)) {
      if (trace.root.metadata?.has(key)) continue;
      const value = Object.getOwnPropertyDescriptor(metadata, key)?.value;
      if (value !== undefined) trace.root.setMetadata(key, trace.snapshot(value, key));
    }
  }

  #headersText(trace: RecordedRequest): string {
    const kept = new Members();
    for (const name of this.#settings.headers) {
      const value = this.#settings.adapter.header(this.#req, name);
      if (value !== undefined) kept.set(name, trace.snapshot(value, name));
    }
    return `{${kept.toText()}}`;
  }

  #ask<R>(name: string, fn: ((req: Req) => R) | undefined): R | undefined {
    return this.#settings.ask(name, fn, this.#req);
  }
}

function identity(id: unknown): string | undefined {
  if (typeof id === 'number' || (typeof id === 'string' && id !== ''))
    return String(id).slice(0, 256);
  return undefined;
}
