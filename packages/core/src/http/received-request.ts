/** What a request brought: read before the app can change it where it is there, else at the end. */

import { distinctId } from '../trace/inference-id.js';
import { Members } from '../trace/members.js';
import { mergeMetadata } from '../trace/step-metadata.js';
import { stepName } from '../trace/step-name.js';
import { identityOf, SESSION_KEYS, USER_KEYS } from '../trace/trace-update.js';
import { bodyText } from './body-value.js';
import type { DescribedRequest, Place, RequestDetails } from './described-request.js';
import type { RequestBody } from './request-body.js';
import { maskedPath, partsOf } from './request-path.js';
import type { RequestSettings } from './request-settings.js';
import type { RecordedRequest } from './request-trace.js';

const COLUMNS: readonly string[] = ['body', 'query', 'params'];

export class ReceivedRequest<Req extends object, Res> implements DescribedRequest {
  readonly #settings: RequestSettings<Req, Res>;
  readonly #req: Req;
  readonly #res: Res;
  /** Undefined while it is not known, and where there is none. */
  #body: RequestBody | undefined = undefined;
  /** JSON text; undefined while it is still to come. */
  #bodyText: string | undefined = undefined;
  #queryText = 'null';
  /** Undefined where the framework does not tell. */
  #place: Place | undefined = undefined;
  #route: string | undefined = undefined;
  #mount: string | undefined = undefined;
  #paramsText: string | undefined = undefined;
  /** What parts of the path must not be shown. */
  readonly #secrets: string[] = [];
  /** Whether the id is the app's own, or whoever updates the trace has the last word. */
  #hasOwnId: boolean;

  /** @param hasOwnId whether the trace has an id already that the app has made */
  constructor(settings: RequestSettings<Req, Res>, req: Req, res: Res, hasOwnId: boolean) {
    this.#settings = settings;
    this.#req = req;
    this.#res = res;
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

  /**
   * Reads what is there before the app runs.
   * @param body undefined where the request has none
   */
  readBefore(trace: RecordedRequest, body: RequestBody | undefined): void {
    this.#body = body;
    const { adapter, given, capturesRequest } = this.#settings;
    const isBodyThere = body === undefined || body.isParsed;
    if (given.input !== undefined) {
      if (isBodyThere) this.#askInput(trace);
    } else if (capturesRequest) {
      if (this.#ask('hasQuery', adapter.hasQuery) === true)
        this.#queryText = trace.snapshot(this.#ask('query', adapter.query) ?? null, 'query');
      if (body === undefined) this.#bodyText = 'null';
      else if (isBodyThere)
        this.#bodyText = trace.snapshot(this.#ask('body', adapter.body) ?? null, 'body');
    }
  }

  enter(trace: RecordedRequest, place: Place): void {
    // What runs behind the response has not made it.
    if (trace.firstByteMs >= 0 || trace.isSettled) return;
    const { adapter } = this.#settings;
    this.#place = place;
    this.#route = place === 'route' ? this.#ask('route', adapter.route) : undefined;
    if (place === 'mount') this.#mount = this.#ask('mount', adapter.mount);
    else this.#mount = undefined;
    if (place !== 'app') this.#paramsText = this.#params(trace);
  }

  /** Completes the trace by what is known at its end. */
  describe(trace: RecordedRequest): RequestDetails {
    const { adapter, given, headers } = this.#settings;
    if (trace.columns === undefined) this.#takeInputs(trace);
    if (trace.userId === undefined) {
      this.#askFor(trace, 'user', given.user, (id) => {
        trace.userId ??= identity(id, USER_KEYS, trace);
      });
    }
    if (trace.sessionId === undefined) {
      this.#askFor(trace, 'session', given.session, (id) => {
        trace.sessionId ??= identity(id, SESSION_KEYS, trace);
      });
    }
    this.#askFor(trace, 'metadata', given.metadata, (metadata) => takeMetadata(trace, metadata));
    if (headers.length > 0) trace.root.setMetadata('headers', this.#headersText(trace));
    const isTold = this.#place !== undefined;
    const route = isTold ? this.#route : this.#ask('route', adapter.route);
    const mount = isTold ? this.#mount : this.#ask('mount', adapter.mount);
    this.#paramsText ??= this.#params(trace);
    return {
      route,
      mount: route === undefined ? mount : undefined,
      path: maskedPath(trace.path, this.#secrets),
      name: this.#name(trace),
    };
  }

  madeId(trace: RecordedRequest): string | undefined {
    if (this.#hasOwnId) return undefined;
    const id = this.#settings.madeId(this.#req);
    return id === undefined ? undefined : distinctId(id, trace.recorder.idSpace);
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
      this.#paramsText ??= this.#params(trace);
      trace.columns = new Members(COLUMNS, [body, this.#queryText, this.#paramsText]);
    }
  }

  #bodyAfter(trace: RecordedRequest): string | undefined {
    const body = this.#body;
    if (body === undefined) return undefined;
    if (body.capture !== undefined && body.capture.bytes > 0)
      return bodyText(trace, body.capture, body);
    const parsed = this.#ask('body', this.#settings.adapter.body);
    if (body.capture === undefined) {
      const unread = body.contentType === undefined ? null : '[multipart body]';
      return trace.snapshot(parsed ?? unread, 'body');
    }
    // Mocks and some platforms hand over what was parsed, and nothing to read.
    const isValue = typeof parsed === 'object' && parsed !== null && !ArrayBuffer.isView(parsed);
    return isValue && Object.keys(parsed).length > 0 ? trace.snapshot(parsed, 'body') : undefined;
  }

  #askInput(trace: RecordedRequest): void {
    this.#askFor(trace, 'input', this.#settings.given.input, (input) => {
      if (input !== undefined && trace.columns === undefined) trace.setInput(input);
    });
  }

  /** The name that the option gives; one that is promised replaces the one by the route. */
  #name(trace: RecordedRequest): string | undefined {
    const { root } = trace;
    const isNamed = root.name !== '';
    let isTold = false;
    let name: string | undefined;
    this.#askFor(trace, 'name', this.#settings.given.name, (given) => {
      if (!isTold) name = given;
      else if (!isNamed) root.name = stepName(given, root.name);
    });
    isTold = true;
    return name;
  }

  /** The JSON text of the route's parameters. Those that are secret are remembered, to be taken out of the path. */
  #params(trace: RecordedRequest): string {
    const params = this.#ask('params', this.#settings.adapter.params);
    if (typeof params !== 'object' || params === null) return 'null';
    const { redactor } = trace.recorder;
    let isEmpty = true;
    for (const name in params) {
      isEmpty = false;
      if (redactor.isSecret(name)) this.#secrets.push(...partsOf(Reflect.get(params, name)));
    }
    return isEmpty || !this.#settings.capturesRequest ? 'null' : trace.snapshot(params, 'params');
  }

  #headersText(trace: RecordedRequest): string {
    const kept = new Members();
    for (const name of this.#settings.headers) {
      const value = this.#ask('header', (req) => this.#settings.adapter.header(req, name));
      if (value !== undefined) kept.set(name, trace.snapshot(value, name));
    }
    return `{${kept.toText()}}`;
  }

  #ask<R>(name: string, fn: ((req: Req) => R) | undefined): R | undefined {
    return this.#settings.ask(name, fn, this.#req);
  }

  #askFor<R>(
    trace: RecordedRequest,
    name: string,
    fn: ((req: Req) => R | PromiseLike<R>) | undefined,
    take: (value: R) => void,
  ): void {
    this.#settings.askFor(name, fn, this.#req, trace, take);
  }
}

/** What the handler set itself wins over what is said of all requests. */
function takeMetadata(trace: RecordedRequest, metadata: unknown): void {
  if (typeof metadata !== 'object' || metadata === null) return;
  mergeMetadata(trace.root, metadata as Readonly<Record<string, unknown>>, { replace: false });
}

function identity(
  id: unknown,
  keys: readonly [string, string],
  trace: RecordedRequest,
): string | undefined {
  return typeof id === 'number' || typeof id === 'string' ? identityOf(id, keys, trace) : undefined;
}
