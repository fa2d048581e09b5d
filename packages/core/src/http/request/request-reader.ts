/** The inputs and other facts of a request: read before the app runs if they are known then, else at the end. */

import { stepName } from '../../trace/content/step-name.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import { JsonMembers } from '../../values/json-members.js';
import { isThenable } from '../../values/thenable.js';
import { bodyText } from '../body/body-value.js';
import type { RequestBody } from '../body/request-body.js';
import type { RequestSettings } from '../options/request-settings.js';
import type { Place, RequestDetails, RequestReader } from '../trace/request-facts.js';
import { maskedPath, partsOf } from '../trace/request-path.js';

const COLUMNS: readonly string[] = ['body', 'query', 'params'];

/** Reads the facts of one request through the adapter of its framework. */
export class FrameworkRequestReader<Req extends object, Res> implements RequestReader {
  readonly #settings: RequestSettings<Req, Res>;
  readonly #req: Req;
  readonly #res: Res;
  /** Whether the app runs. A response may have ended before. */
  #hasStarted = false;
  /** Undefined before `readAtStart`, and for a request without a body. */
  #body: RequestBody | undefined = undefined;
  /** JSON text of the body; undefined while it is not read. */
  #bodyText: string | undefined = undefined;
  #queryText = 'null';
  /** Where the framework ran code last; undefined if the adapter does not call `readAtPlace`. */
  #place: Place | undefined = undefined;
  #route: string | undefined = undefined;
  #mount: string | undefined = undefined;
  #paramsText: string | undefined = undefined;
  /** Values of secret parameters, to be masked in the path; undefined if there are none. */
  #secrets: string[] | undefined = undefined;

  constructor(settings: RequestSettings<Req, Res>, req: Req, res: Res) {
    this.#settings = settings;
    this.#req = req;
    this.#res = res;
  }

  isOf(req: object): boolean {
    return req === this.#req;
  }

  get isReadLater(): boolean {
    return !this.#hasStarted || this.#settings.callsAppAtEnd;
  }

  get capturedBytes(): number {
    return this.#body?.capture?.bytes ?? 0;
  }

  readCachedBody(): void {
    this.#body?.readCached?.();
  }

  /**
   * Reads what is known before the app runs.
   * @param body undefined for a request without a body
   */
  readAtStart(trace: RecordedTrace, body: RequestBody | undefined): void {
    this.#body = body;
    const { adapter, input, capturesRequest } = this.#settings;
    // With the option `input`, which is called at the end, nothing is captured.
    if (input === undefined && capturesRequest) {
      if (this.#read('query', adapter.hasQuery) === true)
        this.#queryText = trace.values.snapshot(
          this.#read('query', adapter.query) ?? null,
          'query',
        );
      if (body === undefined) this.#bodyText = 'null';
      else if (body.isParsed)
        this.#bodyText = trace.values.snapshot(this.#read('body', adapter.body) ?? null, 'body');
    }
    this.#hasStarted = true;
  }

  readAtPlace(trace: RecordedTrace, place: Place): void {
    const { adapter } = this.#settings;
    this.#place = place;
    this.#route = place === 'route' ? this.#read('route', adapter.route) : undefined;
    if (place === 'mount') this.#mount = this.#read('mount', adapter.mount);
    else this.#mount = undefined;
    if (place !== 'app') this.#paramsText = this.#collectParams(trace);
  }

  /**
   * Reads what is known at the end: inputs, headers, and what the options `input`, `user`, `session` and `metadata` return.
   * @returns the facts for the name and metadata of the trace
   */
  readAtEnd(trace: RecordedTrace, path: string): RequestDetails {
    const { adapter, user, session, metadata, headers } = this.#settings;
    this.#paramsText ??= this.#collectParams(trace);
    if (trace.columns === undefined) this.#readInputs(trace);
    if (user !== undefined && trace.userId === undefined) {
      this.#callAsyncOption(trace, 'user', user, (id) => {
        if (trace.userId === undefined && isIdentity(id)) trace.setUser(id);
      });
    }
    if (session !== undefined && trace.sessionId === undefined) {
      this.#callAsyncOption(trace, 'session', session, (id) => {
        if (trace.sessionId === undefined && isIdentity(id)) trace.setSession(id);
      });
    }
    if (metadata !== undefined)
      this.#callAsyncOption(trace, 'metadata', metadata, (value) => recordMetadata(trace, value));
    if (headers.length > 0) trace.root.setMetadata('headers', this.#headersText(trace));
    const hasPlace = this.#place !== undefined;
    const route = hasPlace ? this.#route : this.#read('route', adapter.route);
    const mount = hasPlace ? this.#mount : this.#read('mount', adapter.mount);
    return {
      route,
      mount: route === undefined ? mount : undefined,
      path: this.#secrets === undefined ? path : maskedPath(path, this.#secrets),
      name: this.#name(trace),
    };
  }

  replaceEchoedId(before: string, inferenceId: string): void {
    const { adapter, echo, idHeader } = this.#settings;
    if (!echo) return;
    const sent = adapter.responseHeader(this.#res, idHeader);
    if (sent === undefined || sent === before) {
      adapter.setResponseHeader(this.#res, idHeader, inferenceId);
    }
  }

  #readInputs(trace: RecordedTrace): void {
    const { input, capturesRequest } = this.#settings;
    if (input !== undefined) {
      this.#callAsyncOption(trace, 'input', input, (value) => {
        if (value !== undefined && trace.columns === undefined) trace.setInput(value);
      });
    } else if (capturesRequest && this.capturedBytes === 0) {
      this.#bodyText ??= this.#parsedBody(trace);
    }
  }

  recordInputs(trace: RecordedTrace): void {
    const { input, capturesRequest } = this.#settings;
    if (trace.columns !== undefined || input !== undefined || !capturesRequest) return;
    const body = this.#bodyText ?? this.#capturedBody(trace) ?? 'null';
    trace.setColumns(new JsonMembers(COLUMNS, [body, this.#queryText, this.#paramsText ?? 'null']));
  }

  #capturedBody(trace: RecordedTrace): string | undefined {
    const body = this.#body;
    if (body?.capture === undefined || this.capturedBytes === 0) return undefined;
    try {
      return bodyText(trace, body.capture, body, { key: 'body' });
    } catch (failure) {
      trace.reportFailure('body', failure);
      return undefined;
    }
  }

  /** The body as the app parsed it, where its bytes were not seen. */
  #parsedBody(trace: RecordedTrace): string | undefined {
    const body = this.#body;
    if (body === undefined) return undefined;
    const parsed = this.#read('body', this.#settings.adapter.body);
    if (body.capture === undefined) {
      const unread = body.contentType === undefined ? null : '[multipart body]';
      return trace.values.snapshot(parsed ?? unread, 'body');
    }
    // Mocks and some platforms provide a parsed body, and no stream.
    const isValue = typeof parsed === 'object' && parsed !== null && !ArrayBuffer.isView(parsed);
    return isValue && Object.keys(parsed).length > 0
      ? trace.values.snapshot(parsed, 'body')
      : undefined;
  }

  /** The result of the option `name`; a promise sets the name later, in place of the name by the route. */
  #name(trace: RecordedTrace): string | undefined {
    const name = this.#settings.callOption('name', this.#settings.name, this.#req);
    if (!isThenable(name)) return name;
    const { root } = trace;
    const isNamed = root.name !== '';
    trace.awaitOption('name', name, (value) => {
      if (!isNamed) root.setName(stepName(value, root.name));
    });
    return undefined;
  }

  /** The JSON text of the route's parameters. Remembers secret values, to mask them in the path. */
  #collectParams(trace: RecordedTrace): string {
    const params = this.#read('params', this.#settings.adapter.params);
    if (typeof params !== 'object' || params === null) return 'null';
    const { redactor } = trace.recorder;
    let isEmpty = true;
    for (const name in params) {
      isEmpty = false;
      if (redactor.isSecret(name)) this.#addSecrets(partsOf(Reflect.get(params, name)));
    }
    return isEmpty || !this.#settings.capturesRequest
      ? 'null'
      : trace.values.snapshot(params, 'params');
  }

  /** Each layer of the app may show the same parameter. */
  #addSecrets(values: readonly string[]): void {
    this.#secrets ??= [];
    for (const value of values) if (!this.#secrets.includes(value)) this.#secrets.push(value);
  }

  #headersText(trace: RecordedTrace): string {
    const headers = new JsonMembers();
    for (const name of this.#settings.headers) {
      const value = this.#read('headers', (req) => this.#settings.adapter.header(req, name));
      if (value !== undefined) headers.set(name, trace.values.snapshot(value, name));
    }
    return `{${headers.toText()}}`;
  }

  #read<R>(fact: string, read: ((req: Req) => R) | undefined): R | undefined {
    return this.#settings.readRequest(fact, read, this.#req);
  }

  #callAsyncOption<R>(
    trace: RecordedTrace,
    name: string,
    fn: (req: Req) => R | PromiseLike<R>,
    take: (value: R) => void,
  ): void {
    this.#settings.callAsyncOption(name, fn, this.#req, trace, take);
  }
}

/** Merges the result of the option `metadata`; keys that the handler set win. */
function recordMetadata(trace: RecordedTrace, metadata: unknown): void {
  if (typeof metadata !== 'object' || metadata === null) return;
  trace.root.addMetadata(metadata as Readonly<Record<string, unknown>>);
}

function isIdentity(id: unknown): boolean {
  return typeof id === 'number' || typeof id === 'string';
}
