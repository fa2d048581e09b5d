/** The inputs and other facts of a request: read before the app runs if they are known then, else at the end. */

import { stepName } from '../../trace/content/step-name.js';
import type { RecordedTrace } from '../../trace/recorded-trace.js';
import { JsonMembers } from '../../values/json/json-members.js';
import { isThenable } from '../../values/reading/thenable.js';
import type { Redactor } from '../../values/redaction/redactor.js';
import { bodyText } from '../body/body-value.js';
import type { RequestBody } from '../body/request-body.js';
import { withFiles } from '../body/uploaded-files.js';
import type { RequestConfig } from '../options/request-config.js';
import type { Place, PlaceFacts, RequestFacts } from '../trace/request-facts.js';
import { pathAtStart } from '../trace/request-name.js';
import { maskedPath, partsOf } from '../trace/request-path.js';
import type { Naming, RequestReader } from '../trace/request-reader.js';

const COLUMNS: readonly string[] = ['body', 'query', 'params'];

/** Reads the facts of one request through the adapter of its framework. */
export class FrameworkRequestReader<Req extends object, Res> implements RequestReader {
  readonly #config: RequestConfig<Req, Res>;
  readonly #req: Req;
  readonly #res: Res;
  /** Whether the app runs. A response may have ended before. */
  #hasStarted = false;
  /** Undefined for a request without a body. */
  readonly #body: RequestBody | undefined;
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

  constructor(config: RequestConfig<Req, Res>, req: Req, res: Res, body: RequestBody | undefined) {
    this.#config = config;
    this.#req = req;
    this.#res = res;
    this.#body = body;
  }

  isOf(req: object): boolean {
    return req === this.#req;
  }

  get isReadLater(): boolean {
    return !this.#hasStarted || this.#config.callsAppAtEnd;
  }

  get capturedBytes(): number {
    return this.#body?.capture?.bytes ?? 0;
  }

  readCachedBody(): void {
    this.#body?.readCached?.();
  }

  /** Reads what is known before the app runs. */
  readAtStart(trace: RecordedTrace): void {
    const body = this.#body;
    const { adapter, input, capturesRequest } = this.#config;
    // With the option `input`, which is called at the end, nothing is captured.
    if (input === undefined && capturesRequest) {
      if (this.#read('query', adapter.hasQuery) === true)
        this.#queryText = trace.values.snapshot(
          this.#read('query', adapter.query) ?? null,
          'query',
        );
      if (body === undefined) this.#bodyText = 'null';
      else if (body.isParsed)
        this.#bodyText = trace.values.snapshot(this.#readParsed() ?? null, 'body');
    }
    this.#hasStarted = true;
  }

  readAtPlace(trace: RecordedTrace, place: Place): void {
    const { adapter } = this.#config;
    this.#place = place;
    this.#route = place === 'route' ? this.#read('route', adapter.route) : undefined;
    if (place === 'mount') this.#mount = this.#read('mount', adapter.mount);
    else this.#mount = undefined;
    if (place !== 'app') this.readParams(trace);
  }

  readParams(trace: RecordedTrace): void {
    this.#paramsText = this.#collectParams(trace);
  }

  /**
   * Reads what is known at the end: inputs, headers, and what the options `input`, `user`, `session` and `metadata` return.
   * @returns the facts for the name and metadata of the trace
   */
  readAtEnd(trace: RecordedTrace, path: string): RequestFacts {
    const { user, session, metadata, headers } = this.#config;
    this.#paramsText ??= this.#collectParams(trace);
    if (trace.columns.inputs === undefined) this.#readInputs(trace);
    if (user !== undefined && trace.columns.userId === undefined) {
      this.#callAsyncOption(trace, 'user', user, (id) => {
        if (trace.columns.userId === undefined && isIdentity(id)) trace.columns.setUser(id);
      });
    }
    if (session !== undefined && trace.columns.sessionId === undefined) {
      this.#callAsyncOption(trace, 'session', session, (id) => {
        if (trace.columns.sessionId === undefined && isIdentity(id)) trace.columns.setSession(id);
      });
    }
    if (metadata !== undefined)
      this.#callAsyncOption(trace, 'metadata', metadata, (value) => recordMetadata(trace, value));
    if (headers.length > 0) trace.root.setMetadata('headers', this.#headersText(trace));
    return this.readFacts(trace, path, { step: trace.root, nameAtStart: '' });
  }

  readFacts(trace: RecordedTrace, path: string, naming: Naming): RequestFacts {
    const { adapter } = this.#config;
    this.#paramsText ??= this.#collectParams(trace);
    const hasPlace = this.#place !== undefined;
    const route = hasPlace ? this.#route : this.#read('route', adapter.route);
    const mount = hasPlace ? this.#mount : this.#read('mount', adapter.mount);
    return {
      route,
      mount: route === undefined ? mount : undefined,
      path: this.#secrets === undefined ? path : maskedPath(path, this.#secrets),
      name: this.#name(trace, naming),
    };
  }

  placeSoFar(trace: RecordedTrace, path: string): PlaceFacts {
    const { adapter } = this.#config;
    const hasPlace = this.#place !== undefined;
    const route = hasPlace ? this.#route : this.#read('route', adapter.route);
    if (route === undefined) return { route, mount: this.#mount, path: pathAtStart(path) };
    this.#noteSecrets(this.#read('params', adapter.params), trace.recorder.redactor);
    return { route, mount: undefined, path: maskedPath(path, this.#secrets ?? []) };
  }

  inputsSoFar(trace: RecordedTrace): JsonMembers | undefined {
    const { input, capturesRequest } = this.#config;
    if (input !== undefined || !capturesRequest) return undefined;
    const isWhole = this.#body?.capture?.isPart === false;
    if (isWhole) this.#bodyText ??= this.#capturedBody(trace);
    const params = this.#paramsText ?? this.#collectParams(trace);
    return new JsonMembers(COLUMNS, [this.#bodyText ?? 'null', this.#queryText, params]);
  }

  requestOf(adapter: object): object | undefined {
    return adapter === this.#config.adapter ? this.#req : undefined;
  }

  replaceEchoedId(before: string, inferenceId: string): void {
    const { adapter, echo, idHeader } = this.#config;
    if (!echo) return;
    const sent = adapter.responseHeader(this.#res, idHeader);
    if (sent === undefined || sent === before) {
      adapter.setResponseHeader(this.#res, idHeader, inferenceId);
    }
  }

  #readInputs(trace: RecordedTrace): void {
    const { input, capturesRequest } = this.#config;
    if (input !== undefined) {
      this.#callAsyncOption(trace, 'input', input, (value) => {
        if (value !== undefined && trace.columns.inputs === undefined)
          trace.columns.setInput(value);
      });
    } else if (capturesRequest && this.capturedBytes === 0) {
      this.#bodyText ??= this.#parsedBody(trace);
    }
  }

  recordInputs(trace: RecordedTrace): void {
    const { input, capturesRequest } = this.#config;
    if (trace.columns.inputs !== undefined || input !== undefined || !capturesRequest) return;
    const body = this.#bodyText ?? this.#capturedBody(trace) ?? this.#formText(trace) ?? 'null';
    trace.columns.setInputs(
      new JsonMembers(COLUMNS, [body, this.#queryText, this.#paramsText ?? 'null']),
    );
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
    const parsed = this.#readParsed();
    if (body.capture === undefined) {
      const unread = body.contentType === undefined ? null : this.#unreadForm();
      // A parser that refuses a form, or reads no forms, may set an object without members.
      const isUnread = unread !== null && isEmpty(parsed);
      return trace.values.snapshot(isUnread ? unread : (parsed ?? unread), 'body');
    }
    // Mocks and some platforms provide a parsed body, and no stream.
    const isValue = typeof parsed === 'object' && parsed !== null && !ArrayBuffer.isView(parsed);
    return isValue && Object.keys(parsed).length > 0
      ? trace.values.snapshot(parsed, 'body')
      : undefined;
  }

  /** A mark for a form of which no value was captured; undefined for other bodies. */
  #formText(trace: RecordedTrace): string | undefined {
    return this.#body?.contentType?.startsWith('multipart/') === true
      ? trace.values.snapshot(this.#unreadForm(), 'body')
      : undefined;
  }

  /** The body as the app parsed it, with marks for its files. */
  #readParsed(): unknown {
    const { adapter } = this.#config;
    const parsed = this.#read('body', adapter.body);
    const files = this.#read('files', adapter.files);
    return files === undefined ? parsed : withFiles(parsed, files);
  }

  /** A mark for a form that nobody parsed. */
  #unreadForm(): string {
    const { adapter } = this.#config;
    const length = this.#read('headers', (req) => adapter.header(req, 'content-length'));
    return length === undefined ? '[multipart body]' : `[multipart/form-data: ${length} bytes]`;
  }

  /** The result of the option `name`; a promise sets the name later, in place of the name by the route. */
  #name(trace: RecordedTrace, { step, nameAtStart }: Naming): string | undefined {
    const name = this.#config.guarded.callOption('name', this.#config.name, this.#req);
    if (!isThenable(name)) return name;
    const isNamed = step.name !== nameAtStart;
    trace.awaitOption('name', name, (value) => {
      if (!isNamed) step.setName(stepName(value, step.name));
    });
    return undefined;
  }

  /** The JSON text of the route's parameters. Remembers secret values, to mask them in the path. */
  #collectParams(trace: RecordedTrace): string {
    const params = this.#read('params', this.#config.adapter.params);
    const isEmpty = this.#noteSecrets(params, trace.recorder.redactor);
    return isEmpty || !this.#config.capturesRequest
      ? 'null'
      : trace.values.snapshot(params, 'params');
  }

  /** Remembers the values of secret parameters. @returns whether there are no parameters */
  #noteSecrets(params: unknown, redactor: Redactor): boolean {
    if (typeof params !== 'object' || params === null) return true;
    let isEmpty = true;
    for (const name in params) {
      isEmpty = false;
      if (redactor.isSecret(name)) this.#addSecrets(partsOf(Reflect.get(params, name)));
    }
    return isEmpty;
  }

  /** Each layer of the app may show the same parameter. */
  #addSecrets(values: readonly string[]): void {
    this.#secrets ??= [];
    for (const value of values) if (!this.#secrets.includes(value)) this.#secrets.push(value);
  }

  #headersText(trace: RecordedTrace): string {
    const headers = new JsonMembers();
    for (const name of this.#config.headers) {
      const value = this.#read('headers', (req) => this.#config.adapter.header(req, name));
      if (value !== undefined) headers.set(name, trace.values.snapshot(value, name));
    }
    return `{${headers.toText()}}`;
  }

  #read<R>(fact: string, read: ((req: Req) => R) | undefined): R | undefined {
    return this.#config.guarded.readRequest(fact, read, this.#req);
  }

  #callAsyncOption<R>(
    trace: RecordedTrace,
    name: string,
    fn: (req: Req) => R | PromiseLike<R>,
    take: (value: R) => void,
  ): void {
    this.#config.guarded.callAsyncOption(name, fn, this.#req, trace, take);
  }
}

/** Merges the result of the option `metadata`; keys that the handler set win. */
function recordMetadata(trace: RecordedTrace, metadata: unknown): void {
  if (typeof metadata !== 'object' || metadata === null) return;
  trace.root.fillMetadata(metadata as Readonly<Record<string, unknown>>);
}

function isIdentity(id: unknown): boolean {
  return typeof id === 'number' || typeof id === 'string';
}

/** Whether the value is an object without members. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
