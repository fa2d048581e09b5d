/**
 * A secret of its own in every place that a request, a call of a model and an update have, in each form that is known to be
 * one. None may be found in what leaves the process: the bodies that are sent, the files of the spool and of its quarantine,
 * the diagnostics with their errors and their printed lines, and the metrics.
 */

import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createTracer, type Tracer, type TracerOptions } from '@openlayer-tracing/core';
import { openlayerTracing } from '@openlayer-tracing/express';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import express, { type Request } from 'express';
import multer from 'multer';
import { temporaryFolder } from '../../faults/temporary-folder.ts';
import { PIPELINE, startCollector } from '../../support/collector.ts';
import { listen } from '../harness/frameworks.ts';

/** How a secret shows itself. `key` is what it stands under where a place has keys, `text` the value. */
interface Form {
  readonly key: string;
  text(canary: string): string;
  /** Whether it is known as one wherever it stands, under whatever key, and in names. */
  readonly isKnownAnywhere: boolean;
  readonly redact?: TracerOptions['redact'];
}

const forms: Readonly<Record<string, Form>> = {
  'under the key of a secret': {
    key: 'api_key',
    text: (canary) => canary,
    isKnownAnywhere: false,
  },
  'as user and password of a URL': {
    key: 'url',
    text: (canary) => `postgres://${canary}:${canary}@db.example:5432/app`,
    isKnownAnywhere: true,
  },
  'as the password of a URL that is not escaped': {
    key: 'url',
    text: (canary) => `postgres://ann:pa/ss#${canary}@db.example:5432/app`,
    isKnownAnywhere: true,
  },
  'in the query of a URL': {
    key: 'url',
    text: (canary) => `https://api.example/v1?alt=sse&key=${canary}&access_token=${canary}#x`,
    isKnownAnywhere: true,
  },
  'in JSON inside of a string': {
    key: 'note',
    text: (canary) => `said {"client_secret": {"of": "${canary}"}, "password":"${canary}"}`,
    isKnownAnywhere: true,
  },
  'as a text that the app has replaced': {
    key: 'note',
    text: (canary) => `call ${canary} now`,
    isKnownAnywhere: true,
    redact: { text: (text) => text.replaceAll(/S3CRET-\w+/g, '(hidden)') },
  },
};

type Secret = (place: string) => string;

interface Planting {
  readonly form: Form;
  /** A value that holds the canary of this place. */
  readonly secret: Secret;
  readonly tracer: Tracer;
  /** Of the app. */
  readonly url: string;
  /** Of the model's provider. */
  readonly provider: string;
}

/** Where a value stands under a key, and with it in every form. */
type Place = (planting: Planting) => unknown;

/** Set for the next request, since options are functions of the middleware. */
const asked: { user?: unknown; session?: unknown; metadata?: unknown; fails?: Error } = {};
let handle: (req: Request) => unknown = () => undefined;

const post = (url: string, type: string, body: string) =>
  fetch(url, { method: 'POST', headers: { 'content-type': type }, body }).then((r) => r.text());

const json = (url: string, value: unknown) => post(url, 'application/json', JSON.stringify(value));

/** Places in which values have keys. */
const keyed: Readonly<Record<string, Place>> = {
  query: ({ url, form, secret }) =>
    fetch(`${url}/?${new URLSearchParams({ [form.key]: secret('query') })}`),
  header: ({ url, form, secret }) =>
    fetch(url, {
      headers: { [form.key === 'api_key' ? 'x-client-secret' : `x-${form.key}`]: secret('header') },
    }),
  cookie: ({ url, form, secret }) =>
    fetch(url, { headers: { cookie: `${form.key}=${encodeURIComponent(secret('cookie'))}` } }),
  form: ({ url, form, secret }) =>
    post(
      url,
      'application/x-www-form-urlencoded',
      String(new URLSearchParams({ [form.key]: secret('form') })),
    ),
  jsonBody: ({ url, form, secret }) =>
    json(url, { a: [{ [form.key]: secret('jsonBody') }], [form.key]: secret('jsonBody') }),
  multipart: ({ url, form, secret }) => {
    const body = new FormData();
    body.set(form.key, secret('multipart'));
    body.set('file', new Blob(['x']), 'a.txt');
    return fetch(`${url}/upload`, { method: 'POST', body });
  },
  jsonAnswer: ({ url, form, secret }) => answer(url, { [form.key]: secret('jsonAnswer') }),
  nestedAnswer: ({ url, form, secret }) =>
    answer(url, { args: JSON.stringify({ [form.key]: secret('nestedAnswer') }) }),
  cutJsonAnswer: ({ url, form, secret }) =>
    answer(url, {
      [form.key]: { deep: [secret('cutJsonAnswer')] },
      again: JSON.stringify({ [form.key]: secret('cutJsonAnswer') }),
      long: 'x'.repeat(5000),
    }),
  events: ({ url, form, secret }) =>
    stream(url, [
      { type: 'status', [form.key]: secret('events') },
      { type: 'token', token: 'hi' },
    ]),
  listedEvents: ({ url, form, secret }) =>
    stream(url, [{ type: 'a', [form.key]: [secret('listedEvents')] }, { n: 1 }]),
  stepInputs: ({ tracer, form, secret }) => {
    traced(tracer, (t) =>
      t.step({ name: 's', inputs: { [form.key]: secret('stepInputs') } }, () => 1),
    );
  },
  stepOutput: ({ tracer, form, secret }) => {
    traced(tracer, (t) => t.step('s', () => ({ [form.key]: secret('stepOutput') })));
  },
  stepMetadata: ({ tracer, form, secret }) => {
    const metadata = {
      [form.key]: secret('stepMetadata'),
      list: [{ [form.key]: secret('stepMetadata') }],
    };
    traced(tracer, (t) => t.step({ name: 's', metadata }, () => 1));
  },
  toolArguments: ({ tracer, form, secret }) => {
    const args = { [form.key]: secret('toolArguments') };
    traced(tracer, (t) => {
      t.addStep({ name: 's', type: 'tool', functionName: 'f', arguments: args });
      t.addStep({ name: 's', type: 'tool', functionName: 'f', arguments: JSON.stringify(args) });
      t.addStep({ name: 's', type: 'handoff', handoffData: args });
      t.addStep({ name: 's', type: 'agent', action: args });
      t.addStep({ name: 's', type: 'retriever', documents: [args, JSON.stringify(args)] });
    });
  },
  modelParameters: ({ tracer, form, secret }) => {
    const held = { [form.key]: secret('modelParameters') };
    traced(tracer, (t) =>
      t.addStep({ name: 's', type: 'chat_completion', modelParameters: held, rawOutput: held }),
    );
  },
  traceUpdate: ({ tracer, form, secret }) => {
    const held = { [form.key]: secret('traceUpdate') };
    traced(tracer, (t) =>
      t.update({ input: held, output: held, groundTruth: held, metadata: held }),
    );
  },
  mapsAndClasses: ({ tracer, form, secret }) => {
    const value = secret('mapsAndClasses');
    class Model {
      readonly held = { [form.key]: value };
      toJSON() {
        return this.held;
      }
    }
    const output = [
      new Map([[form.key, value]]),
      new Model(),
      { toJSON: () => ({ [form.key]: value }) },
    ];
    traced(tracer, (t) => t.update({ output }));
  },
  optionMetadata: ({ url, form, secret }) => {
    asked.metadata = { [form.key]: secret('optionMetadata') };
    return fetch(url);
  },
  feedback: ({ tracer, form, secret }) =>
    tracer.feedback('row-1', {
      humanFeedback: 1,
      [form.key]: secret('feedback'),
      groundTruth: { [form.key]: secret('feedback') },
    }),
  updateRow: ({ tracer, form, secret }) =>
    tracer.updateRow('row-1', {
      [form.key]: secret('updateRow'),
      list: [{ [form.key]: secret('updateRow') }],
    }),
  modelCallOfTools: ({ provider, tracer, form, secret }) => {
    const args = JSON.stringify({ [form.key]: secret('modelCallOfTools') });
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: args } };
    const messages = [{ role: 'assistant', tool_calls: [call] }];
    return model(tracer, provider, {
      messages,
      tools: [{ [form.key]: secret('modelCallOfTools') }],
    });
  },
};

/** Places that have a string and no key of their own. */
const plain: Readonly<Record<string, Place>> = {
  queryName: ({ url, secret }) =>
    fetch(`${url}/?${new URLSearchParams({ [secret('queryName')]: '1' })}`),
  formName: ({ url, secret }) =>
    post(
      url,
      'application/x-www-form-urlencoded',
      String(new URLSearchParams({ [secret('formName')]: '1' })),
    ),
  jsonName: ({ url, secret }) => json(url, { deep: { [secret('jsonName')]: 1 } }),
  multipartName: ({ url, secret }) => {
    const body = new FormData();
    body.set(secret('multipartName'), '1');
    return fetch(`${url}/upload`, { method: 'POST', body });
  },
  textBody: ({ url, secret }) => post(url, 'text/plain', secret('textBody')),
  textAnswer: ({ url, secret }) => answer(url, secret('textAnswer')),
  textAnswerCut: ({ url, secret }) => answer(url, `${secret('textAnswerCut')} ${'x'.repeat(5000)}`),
  jsonNameInAnswer: ({ url, secret }) => answer(url, { [secret('jsonNameInAnswer')]: 1 }),
  streamedText: ({ url, secret }) =>
    stream(
      url,
      [...secret('streamedText')].map((token) => ({ token })),
    ),
  streamedUnknown: ({ url, secret }) =>
    stream(url, [{ a: 1, b: [secret('streamedUnknown'), 'x'] }]),
  responseHeader: ({ url, secret }) => {
    handle = (req) =>
      void req.res?.setHeader('x-note', encodeURIComponent(secret('responseHeader')));
    return fetch(url);
  },
  requestId: ({ url, secret }) => fetch(url, { headers: { 'x-request-id': secret('requestId') } }),
  referer: ({ url, secret }) => fetch(url, { headers: { 'x-came-from': secret('referer') } }),
  handlerError: ({ url, secret }) => {
    handle = () => {
      throw new Error(secret('handlerError'), { cause: new Error(secret('handlerError')) });
    };
    return fetch(url);
  },
  thrownText: ({ tracer, secret }) => failing(tracer, () => secret('thrownText')),
  thrownObject: ({ tracer, secret }) => failing(tracer, () => ({ note: secret('thrownObject') })),
  errorName: ({ tracer, secret }) =>
    failing(tracer, () => Object.assign(new Error('x'), { name: secret('errorName') })),
  loggedError: ({ tracer, secret }) => {
    const error = new AggregateError([new Error(secret('loggedError'))], secret('loggedError'), {
      cause: new TypeError(secret('loggedError')),
    });
    traced(tracer, (t) => t.update({ output: error, error, metadata: { error } }));
  },
  traceEndError: ({ tracer, secret }) =>
    tracer.startTrace('x').end(new Error(secret('traceEndError'))),
  urlObject: ({ tracer, secret }) => {
    const text = secret('urlObject');
    const url = URL.canParse(text) ? new URL(text) : text;
    traced(tracer, (t) => t.update({ output: { deep: [url] } }));
  },
  stringValue: ({ tracer, secret }) =>
    traced(tracer, (t) => t.update({ output: secret('stringValue') })),
  longValue: ({ tracer, secret }) => {
    const text = secret('longValue');
    // So that it is cut somewhere within.
    for (let at = 0; at < text.length; at += 3) {
      const output = `${'x'.repeat(65_536 - at - 1)} ${text} ${'x'.repeat(9000)}`;
      traced(tracer, (t) => t.update({ output }));
    }
  },
  longNames: ({ tracer, secret }) => {
    const text = secret('longNames');
    for (let at = 0; at < text.length; at += 3) {
      const name = `${'x'.repeat(255 - at)} ${text} ${'x'.repeat(900)}`;
      traced(tracer, (t) =>
        t.step({ name, metadata: { [name]: 1 }, inputs: { [name]: 1 } }, () => 1),
      );
    }
  },
  traceName: ({ tracer, secret }) => tracer.startTrace(secret('traceName')).end(),
  stepName: ({ tracer, secret }) => traced(tracer, (t) => t.step(secret('stepName'), () => 1)),
  stepRename: ({ tracer, secret }) =>
    traced(tracer, (t) => t.step('s', (s) => s.update({ name: secret('stepRename') }))),
  stepType: ({ tracer, secret }) =>
    traced(tracer, (t) => t.addStep({ name: 's', type: secret('stepType') as 'tool' })),
  metadataName: ({ tracer, secret }) =>
    traced(tracer, (t) => t.update({ metadata: { [secret('metadataName')]: 1 } })),
  inputName: ({ tracer, secret }) =>
    traced(tracer, (t) => t.update({ input: { [secret('inputName')]: 1 } })),
  tags: ({ tracer, secret }) => traced(tracer, (t) => t.update({ tags: [secret('tags')] })),
  question: ({ tracer, secret }) =>
    traced(tracer, (t) => t.update({ question: secret('question') })),
  context: ({ tracer, secret }) =>
    traced(tracer, (t) => t.update({ context: [secret('context')] })),
  groundTruth: ({ tracer, secret }) =>
    traced(tracer, (t) => t.update({ groundTruth: secret('groundTruth') })),
  userId: ({ tracer, secret }) => traced(tracer, (t) => t.update({ userId: secret('userId') })),
  sessionId: ({ tracer, secret }) =>
    traced(tracer, (t) => t.update({ sessionId: secret('sessionId') })),
  optionUser: ({ url, secret }) => {
    asked.user = secret('optionUser');
    return fetch(url);
  },
  optionSession: ({ url, secret }) => {
    asked.session = secret('optionSession');
    return fetch(url);
  },
  optionThrows: ({ url, secret }) => {
    const error = new Error(secret('optionThrows'), { cause: new Error(secret('optionThrows')) });
    asked.fails = Object.assign(error, { config: { note: secret('optionThrows') } });
    return fetch(url);
  },
  symbolsAndFunctions: ({ tracer, secret }) => {
    const text = secret('symbolsAndFunctions');
    const named = Object.defineProperty(() => 1, 'name', { value: text });
    traced(tracer, (t) =>
      t.update({ output: [Symbol(text), named, new Set([text]), new Map([[text, 1]])] }),
    );
  },
  feedbackText: ({ tracer, secret }) =>
    tracer.feedback('row-1', {
      humanFeedback: secret('feedbackText'),
      groundTruth: [secret('feedbackText')],
    }),
  feedbackName: ({ tracer, secret }) => tracer.feedback('row-1', { [secret('feedbackName')]: 1 }),
  updateRowText: ({ tracer, secret }) =>
    tracer.updateRow('row-1', { note: secret('updateRowText') }),
  modelMessages: ({ provider, tracer, secret }) =>
    model(tracer, provider, { messages: [{ role: 'user', content: secret('modelMessages') }] }),
  modelAnswer: ({ provider, tracer, secret }) =>
    model(tracer, `${provider}/answers/${encodeURIComponent(secret('modelAnswer'))}`, {}),
  modelError: ({ provider, tracer, secret }) =>
    model(tracer, `${provider}/fails/${encodeURIComponent(secret('modelError'))}`, {}),
  modelUnreadableError: ({ provider, tracer, secret }) =>
    model(
      tracer,
      `${provider}/fails-oddly/${encodeURIComponent(secret('modelUnreadableError'))}`,
      {},
    ),
  // What it reports is reported once a minute: last, so that it hides nothing.
  inferenceId: ({ tracer, secret }) =>
    traced(tracer, (t) => t.update({ inferenceId: secret('inferenceId') })),
};

/** Places that only a URL has. */
const addresses: Readonly<Record<string, Place>> = {
  providerUser: ({ provider, tracer }) =>
    model(tracer, provider.replace('//', '//S3CRET-providerUser:S3CRET-providerUser@'), {}),
  providerKey: ({ provider, tracer }) => model(tracer, `${provider}/?key=S3CRET-providerKey`, {}),
  unreachableProvider: ({ tracer }) =>
    model(tracer, 'http://127.0.0.1:1/v1/chat/completions?key=S3CRET-unreachableProvider', {}),
};

/** The row's path is not among the places here: the parts of it that may be secrets depend on its route. */

function traced(
  tracer: Tracer,
  record: (trace: ReturnType<Tracer['startTrace']>) => unknown,
): void {
  using trace = tracer.startTrace('x');
  record(trace);
}

function failing(tracer: Tracer, thrown: () => unknown): void {
  try {
    traced(tracer, (t) =>
      t.step('s', () => {
        throw thrown();
      }),
    );
  } catch {}
}

function answer(url: string, body: unknown): Promise<string> {
  handle = (req) => req.res?.send(body);
  return fetch(url).then((r) => r.text());
}

function stream(url: string, events: readonly object[]): Promise<string> {
  handle = (req) => {
    req.res?.setHeader('content-type', 'text/event-stream');
    for (const event of events) req.res?.write(`data: ${JSON.stringify(event)}\n\n`);
    req.res?.end();
  };
  return fetch(url).then((r) => r.text());
}

async function model(tracer: Tracer, url: string, params: object): Promise<void> {
  const trace = tracer.startTrace('x');
  const address = new URL(url);
  if (!address.pathname.endsWith('/chat/completions')) address.pathname += '/v1/chat/completions';
  const body = JSON.stringify({
    model: 'm',
    messages: [{ role: 'user', content: 'hi' }],
    ...params,
  });
  try {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer S3CRET-bearer' };
    const ask = () =>
      tracedFetch({ client: 'Model' })(String(address), { method: 'POST', headers, body });
    await (await trace.run(ask)).text();
  } catch {}
  trace.end();
}

/** A provider that says what its path tells it to. */
function startProvider() {
  return createServer((req, res) => {
    const [, kind = '', said = ''] = (req.url ?? '').split('/').map(decodeURIComponent);
    res.setHeader('content-type', 'application/json');
    res.setHeader('x-request-id', 'r-1');
    res.setHeader('set-cookie', 'session=S3CRET-providerCookie');
    if (kind.startsWith('fails')) {
      res.statusCode = 400;
      res.end(kind === 'fails' ? JSON.stringify({ error: { message: said } }) : said);
      return;
    }
    const message = { role: 'assistant', content: said || 'hi' };
    res.end(
      JSON.stringify({
        id: 'c',
        model: 'm',
        object: 'chat.completion',
        choices: [{ index: 0, message }],
      }),
    );
  });
}

function bytesIn(folder: string): string {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path).toString('utf8'))
    .join('\n');
}

/** All that leaves of one app in which every place holds a secret in this form, by where it goes. */
async function leavingOf(form: Form, isRefused: boolean) {
  using folder = temporaryFolder();
  const left = {
    sent: new Set<string>(),
    spool: new Set<string>(),
    diagnostics: new Set<string>(),
    printed: new Set<string>(),
    metrics: new Set<string>(),
  };
  const look = (where: keyof typeof left, text: string) => {
    for (const found of text.match(SIGNS) ?? []) left[where].add(found);
  };
  await using collector = await startCollector((request, response, body) => {
    look('sent', `${request.url} ${body.toString('utf8')}`);
    // What is refused stays in the quarantine until the end.
    if (!isRefused) look('spool', bytesIn(folder.path));
    if (request.method === 'PUT')
      response.setHeader('content-type', 'application/json').end('{"success":true}');
    else if (isRefused)
      response.writeHead(400, { 'content-type': 'application/json' }).end(`{"error":"no"}`);
    else return false;
    return true;
  });
  const listener = (message: unknown) => {
    look('diagnostics', inspect(message, { depth: 20, showHidden: true }));
  };
  subscribe('openlayer-tracing:diagnostic', listener);
  const { write } = process.stderr;
  process.stderr.write = ((line: string | Uint8Array) => {
    look('printed', String(line));
    return true;
  }) as typeof write;
  const tracer = createTracer({
    ...collector.tracer,
    inferencePipelineId: PIPELINE,
    spool: { dir: folder.path },
    logLevel: 'debug',
    ...(form.redact !== undefined && { redact: form.redact }),
  });
  const app = express();
  app.set('env', 'test');
  const failsWhereTold = <T>(value: T): T => {
    if (asked.fails !== undefined) throw asked.fails;
    return value;
  };
  app.use(
    openlayerTracing({
      tracer,
      capture: { maxBytes: 2000, headers: ['x-url', 'x-note', 'x-came-from'] },
      user: () => failsWhereTold(asked.user as string),
      session: () => failsWhereTold(asked.session as string),
      metadata: () => failsWhereTold(asked.metadata as Record<string, unknown>),
    }),
  );
  app.use(express.json(), express.urlencoded({ extended: true }), express.text());
  app.post('/upload', multer().any(), (_req, res) => void res.end());
  app.all('/', (req, res) => {
    handle(req);
    if (!res.headersSent) res.end('ok');
  });
  app.use((_error: unknown, _req: unknown, res: express.Response, _next: unknown) => {
    res.status(500).end('failed');
  });
  const server = createServer(app);
  const provider = startProvider();
  const secret: Secret = (place) => form.text(`S3CRET-${place}`);
  const planting = {
    form,
    secret,
    tracer,
    url: (await listen(server)).url,
    provider: (await listen(provider)).url,
  };
  try {
    const places = { ...keyed, ...(form.isKnownAnywhere && plain), ...addresses };
    for (const plant of Object.values(places)) {
      for (const key of Object.keys(asked)) Reflect.deleteProperty(asked, key);
      handle = () => undefined;
      await plant(planting);
    }
    await tracer.flush();
    look('metrics', tracer.metricsText());
    look('spool', bytesIn(folder.path));
    await tracer.shutdown();
    look('spool', bytesIn(folder.path));
  } finally {
    process.stderr.write = write;
    unsubscribe('openlayer-tracing:diagnostic', listener);
    server.closeAllConnections();
    server.close();
    provider.closeAllConnections();
    provider.close();
  }
  return left;
}

/** What is looked for: the secrets, and that something was masked at all. */
const SIGNS = /S3CRET-\w+|\[redacted\]|\(hidden\)|option_user_failed/g;

function secretsIn(signs: ReadonlySet<string>): string[] {
  return [...signs].filter((sign) => sign.startsWith('S3CRET'));
}

describe('a secret of its own in every place', () => {
  for (const [what, form] of Object.entries(forms)) {
    for (const isRefused of [false, true]) {
      it(`${what} does not leave the process, where rows are ${isRefused ? 'refused' : 'taken'}`, async () => {
        const left = await leavingOf(form, isRefused);
        const found = Object.entries(left).map(([where, signs]) => [where, secretsIn(signs)]);
        assert.deepEqual(Object.fromEntries(found), {
          sent: [],
          spool: [],
          diagnostics: [],
          printed: [],
          metrics: [],
        });
        const mask = form.redact === undefined ? '[redacted]' : '(hidden)';
        for (const where of ['sent', 'spool'] as const) assert.ok(left[where].has(mask), where);
        if (form.isKnownAnywhere) {
          for (const where of ['diagnostics', 'printed'] as const) {
            assert.ok(left[where].has(mask) && left[where].has('option_user_failed'), where);
          }
        }
      });
    }
  }

  for (const [what, form] of Object.entries(forms)) {
    it(`${what} is found in all of them where redaction is off`, async () => {
      const { sent, printed } = await leavingOf({ ...form, redact: false }, false);
      const places = [...Object.keys(keyed), ...(form.isKnownAnywhere ? Object.keys(plain) : [])];
      const missing = places.filter(
        (place) => !sent.has(`S3CRET-${place}`) && !printed.has(`S3CRET-${place}`),
      );
      // Cookies, headers of credentials and the headers of answers are not recorded, and none of these is a valid id.
      const never = form.isKnownAnywhere
        ? ['cookie', 'responseHeader', 'requestId', 'inferenceId']
        : ['header', 'cookie'];
      assert.deepEqual(missing, never);
    });
  }
});
