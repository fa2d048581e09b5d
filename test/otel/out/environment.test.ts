/** What OpenTelemetry's environment variables and the options decide. */

import assert from 'node:assert/strict';
import { ConfigError, createTracer, type Diagnostic } from '@openlayer-tracing/core';
import {
  type OpenlayerOtlpOptions,
  type OtelExportOptions,
  openlayerOtlp,
  otelExport,
} from '@openlayer-tracing/otel';
import { type OtlpBackend, startBackend } from './otlp-backend.ts';
import { rowOf, send, step } from './rows.ts';

type Variables = Readonly<Record<string, string>>;

const NAMES = /^(OTEL_|OPENLAYER_)/;

/** Runs with these variables of OpenTelemetry and the platform alone. */
async function withVariables<T>(variables: Variables, fn: () => T | Promise<T>): Promise<T> {
  const before = { ...process.env };
  for (const name of Object.keys(before)) if (NAMES.test(name)) delete process.env[name];
  Object.assign(process.env, variables);
  try {
    return await fn();
  } finally {
    for (const name of Object.keys(process.env)) if (NAMES.test(name)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

describe('the environment of otelExport', () => {
  let backend: OtlpBackend;
  before(async () => {
    backend = await startBackend();
  });
  after(() => backend[Symbol.asyncDispose]());

  const base = 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const own = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';

  const addressOf = (variables: Variables, options?: OtelExportOptions) =>
    withVariables(variables, () => otelExport(options).address);
  const problemsOf = (variables: Variables) =>
    withVariables(variables, () => otelExport().problems);

  const origin = () => `http://127.0.0.1:${backend.port}`;

  /** Sends to the backend, unless the options leave its address to the variables. */
  async function requestBy(variables: Variables, options: OtelExportOptions = {}) {
    const exported = await withVariables(variables, () =>
      otelExport({ url: backend.url, ...options }),
    );
    await send(exported, [rowOf(step())]);
    const request = backend.requests.at(-1);
    assert.ok(request);
    return { request, resource: backend.lastSpans()[0]?.resource ?? {} };
  }

  it('says where traces go: a base gets the path appended, an address of traces is used as it is', async () => {
    const cases: readonly (readonly [Variables, string])[] = [
      [{}, 'http://localhost:4318/v1/traces'],
      [{ [base]: '' }, 'http://localhost:4318/v1/traces'],
      [{ [base]: 'http://a:1' }, 'http://a:1/v1/traces'],
      [{ [base]: 'http://a:1/' }, 'http://a:1/v1/traces'],
      [{ [base]: ' https://a/otlp/ ' }, 'https://a/otlp/v1/traces'],
      [{ [base]: 'https://a/otlp?x=1' }, 'https://a/otlp/v1/traces?x=1'],
      [{ [own]: 'http://b:1' }, 'http://b:1/'],
      [{ [own]: 'http://b:1/own' }, 'http://b:1/own'],
      [{ [base]: 'http://a:1', [own]: 'http://b:1/own' }, 'http://b:1/own'],
    ];
    for (const [variables, address] of cases) assert.equal(await addressOf(variables), address);
    assert.equal(
      await addressOf({ [own]: 'http://b' }, { url: 'http://c/v1/traces' }),
      'http://c/v1/traces',
    );
  });

  it('gives headers, percent-decoded; those for traces and the options win', async () => {
    const headers = {
      OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20one, x-a = 1 ,x-b=b=c,,',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=Bearer%20two',
    };
    for (const address of [{ [base]: origin() }, { [own]: backend.url }]) {
      const { request } = await requestBy(
        { ...headers, ...address },
        { url: undefined, headers: { 'X-A': '2' } },
      );
      const { authorization, 'x-a': a, 'x-b': b } = request.headers;
      assert.deepEqual([authorization, a, b], ['Bearer two', '2', 'b=c']);
    }
  });

  it('keeps its headers, which may be keys, from an address that the options give', async () => {
    await using first = await startBackend();
    const variables = {
      [base]: `http://127.0.0.1:${first.port}`,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20first,x-team=1',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-api-key=first',
    };
    for (const options of [{}, { headers: { authorization: 'Bearer second' } }]) {
      const { headers } = (await requestBy(variables, options)).request;
      assert.equal(headers.authorization, options.headers?.authorization);
      assert.deepEqual([headers['x-team'], headers['x-api-key']], [undefined, undefined]);
    }
    await send(await withVariables(variables, () => otelExport()), [rowOf(step())]);
    const { authorization, 'x-team': team, 'x-api-key': key } = first.requests[0]?.headers ?? {};
    assert.deepEqual([authorization, team, key], ['Bearer first', '1', 'first']);
    // What is not used is not reported either.
    const malformed = { ...variables, OTEL_EXPORTER_OTLP_HEADERS: 'S3CRET' };
    const { problems } = await withVariables(malformed, () => otelExport({ url: backend.url }));
    assert.deepEqual(problems, []);
  });

  const UNSUITABLE: readonly (readonly [member: string, message: RegExp])[] = [
    ['User-Agent=my-app', /must not hold User-Agent/],
    ['x-team=%E2%82%AC', /the value of x-team must be/],
    ['x-team=a%0Ab', /the value of x-team must be/],
    ['a b=1', /is not the name of a header/],
    ['=1', /must be a list such as key=value/],
    ['alone', /must be a list such as key=value/],
  ];
  for (const [member, message] of UNSUITABLE) {
    it(`ignores the header ${member} alone, with a diagnostic`, async () => {
      for (const members of [
        `x-api-key=secret,${member},x-b=2`,
        `${member},x-api-key=secret,x-b=2`,
      ]) {
        const variables = { OTEL_EXPORTER_OTLP_HEADERS: members, [own]: backend.url };
        const { headers } = (await requestBy(variables, { url: undefined })).request;
        assert.deepEqual([headers['x-api-key'], headers['x-b']], ['secret', '2']);
        const problems = (await problemsOf(variables)) ?? [];
        assert.equal(problems.length, 1);
        assert.match(String(problems), message);
        assert.match(String(problems), /^OTEL_EXPORTER_OTLP_HEADERS.*; this header is ignored$/);
      }
    });
  }

  const MISSPELLED: readonly (readonly [
    variables: Variables,
    options: OtelExportOptions,
    isOff: boolean,
  ])[] = [
    [{ [base]: 'collector:4318' }, {}, true],
    [{ [base]: 'collector' }, {}, true],
    [{ [base]: 'http://user:S3CRET@collector' }, {}, true],
    [{ [own]: 'collector:4318/v1/traces' }, {}, true],
    [{ [own]: 'collector:4318/v1/traces', [base]: 'http://collector:4318' }, {}, true],
    [{ [own]: 'http://collector:4318/v1/traces', [base]: 'collector:4318' }, {}, false],
    [{ [base]: 'collector:4318' }, { url: 'http://collector:4318' }, false],
    [{ [base]: 'collector:4318' }, { exporter: { export() {}, async shutdown() {} } }, false],
  ];
  for (const [variables, options, isOff] of MISSPELLED) {
    it(`sends ${isOff ? 'nothing' : 'to the address that wins'} for ${JSON.stringify([variables, Object.keys(options)])}`, async () => {
      const exported = await withVariables(
        { ...variables, OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=secret' },
        () => otelExport(options),
      );
      assert.equal(exported.isOff, isOff);
      assert.equal(exported.problems?.length, isOff ? 1 : 0);
      if (isOff) assert.match(String(exported.problems), /; otelExport\(\) sends nothing$/);
    });
  }

  it('sends nothing to the default address if the address is misspelled, with one diagnostic', async () => {
    const said: Diagnostic[] = [];
    const tracer = await withVariables({ [base]: 'collector:4318' }, () =>
      createTracer({ exports: [otelExport()], onDiagnostic: (each) => said.push(each) }),
    );
    for (const name of ['a', 'b']) tracer.startTrace(name).end();
    await tracer.shutdown();
    assert.equal(tracer.stats().exports, undefined);
    assert.deepEqual(
      said.map(({ reason }) => reason),
      ['bad_environment'],
    );
    assert.match(String(said[0]?.message), /OTEL_EXPORTER_OTLP_ENDPOINT.*sends nothing/);
  });

  it('has words in any case, and 0 for no limit', async () => {
    const { request } = await requestBy({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'HTTP/Json',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'GZIP',
    });
    assert.equal(request.headers['content-type'], 'application/json');
    assert.equal(request.headers['content-encoding'], 'gzip');
    assert.deepEqual(
      await problemsOf({
        OTEL_EXPORTER_OTLP_COMPRESSION: 'None',
        OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '0',
        OTEL_SDK_DISABLED: 'False',
      }),
      [],
    );
    await using slow = await startBackend(() => ({ instead: 'hang' }));
    const exported = await withVariables({ OTEL_EXPORTER_OTLP_TIMEOUT: '0' }, () =>
      otelExport({ url: slow.url }),
    );
    const late = Symbol('late');
    const sent = send(exported, [rowOf(step())]).catch((error: unknown) => error);
    assert.equal(
      await Promise.race([sent, new Promise((end) => setTimeout(end, 100, late))]),
      late,
    );
  });

  it('decides protocol, compression and timeout', async () => {
    const json = await requestBy({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' });
    assert.equal(json.request.headers['content-type'], 'application/json');
    const own = await requestBy({
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
    });
    assert.equal(own.request.headers['content-type'], 'application/x-protobuf');
    const gzip = await requestBy({ OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' });
    assert.equal(gzip.request.headers['content-encoding'], 'gzip');
    const none = await requestBy(
      { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' },
      { compression: 'none' },
    );
    assert.equal(none.request.headers['content-encoding'], undefined);
    await using hung = await startBackend(() => ({ instead: 'hang' }));
    const exported = await withVariables({ OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: '50' }, () =>
      otelExport({ url: hung.url }),
    );
    await assert.rejects(send(exported, [rowOf(step())]), /within 50 ms/);
  });

  it('names the service', async () => {
    const nameBy = async (variables: Variables, resource?: OtelExportOptions['resource']) =>
      (await requestBy(variables, { resource })).resource['service.name'];
    const attributes = { OTEL_RESOURCE_ATTRIBUTES: 'service.name=a,team=b%20c,empty=' };
    assert.equal(await nameBy({}), 'unknown_service:node');
    assert.equal(await nameBy(attributes), 'a');
    assert.equal(await nameBy({ ...attributes, OTEL_SERVICE_NAME: 'b' }), 'b');
    assert.equal(await nameBy({ OTEL_SERVICE_NAME: 'b' }, { 'service.name': 'c' }), 'c');
    const { resource } = await requestBy(attributes);
    assert.deepEqual([resource.team, resource.empty], ['b c', '']);
  });

  it('switches the export off by OTEL_SDK_DISABLED', async () => {
    const before = backend.requests.length;
    const isOff = (value: string) =>
      withVariables({ OTEL_SDK_DISABLED: value }, () => otelExport().isOff);
    assert.deepEqual([await isOff('true'), await isOff('TRUE')], [true, true]);
    assert.deepEqual(
      [await isOff('false'), await isOff(''), await isOff('1')],
      [false, false, false],
    );
    await withVariables({ OTEL_SDK_DISABLED: 'true' }, async () => {
      const said: Diagnostic[] = [];
      const tracer = createTracer({
        exports: [otelExport({ url: backend.url })],
        onDiagnostic: (each) => said.push(each),
      });
      assert.equal(tracer.isEnabled, false);
      tracer.startTrace('a').end();
      await tracer.flush();
      assert.deepEqual(said, []);
      assert.equal(tracer.stats().exports, undefined);
    });
    assert.equal(backend.requests.length, before);
  });

  const NOTHING = 'otelExport() sends nothing';
  const HEADER = 'this header is ignored';
  const MALFORMED: readonly (readonly [string, string, RegExp, consequence?: string])[] = [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318', /must be a URL such as/, NOTHING],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'not a url', /must be a URL such as/, NOTHING],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'ftp://x', /must be a URL such as/, NOTHING],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:S3CRET@x', /hold no user and password/, NOTHING],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'S3CRET', /must be a list such as key=value/, HEADER],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a b=S3CRET', /is not the name of a header/, HEADER],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=S3CRET%0Ax', /the value of a must be/, HEADER],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'content-type=text/plain', /must not hold content-type/, HEADER],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '10s', /must be a number of at least 0/],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '-1', /must be a number of at least 0/],
    ['OTEL_EXPORTER_OTLP_COMPRESSION', 'zstd', /must be one of gzip, none/],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', /grpc, which is not supported: set http\/protobuf/],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'udp', /must be one of http\/protobuf, http\/json/],
    ['OTEL_RESOURCE_ATTRIBUTES', 'service.name', /must be a list such as key=value/],
    ['OTEL_SDK_DISABLED', 'yes', /must be true or false, but is "yes"/],
  ];
  for (const [name, value, message, consequence = 'it is ignored'] of MALFORMED) {
    it(`has one diagnostic for ${name}=${value}: ${consequence}`, async () => {
      const problems = (await problemsOf({ [name]: value })) ?? [];
      assert.equal(problems.length, 1, String(problems));
      const [problem = ''] = problems;
      assert.match(problem, message);
      assert.ok(problem.startsWith(name) && problem.endsWith(`; ${consequence}`), problem);
      assert.doesNotMatch(problem, /S3CRET/);
    });
  }

  it('reports what is malformed when the first trace starts', async () => {
    const said: Diagnostic[] = [];
    await withVariables({ OTEL_EXPORTER_OTLP_TIMEOUT: 'soon' }, async () => {
      const tracer = createTracer({
        exports: [otelExport({ url: backend.url })],
        onDiagnostic: (each) => said.push(each),
      });
      for (const name of ['a', 'b']) tracer.startTrace(name).end();
      await tracer.flush();
      assert.equal(tracer.stats().exports?.otel?.published, 2);
    });
    assert.deepEqual(
      said.map(({ reason }) => reason),
      ['bad_environment'],
    );
    assert.match(String(said[0]?.message), /OTEL_EXPORTER_OTLP_TIMEOUT/);
  });
});

describe('the options of otelExport', () => {
  const WRONG: readonly (readonly [unknown, RegExp])[] = [
    [7, /options of otelExport\(\) must be an object/],
    [{ urls: 'http://x' }, /otelExport.urls is not known; did you mean url/],
    [{ url: 7 }, /otelExport.url must be a string/],
    [{ url: 'x' }, /otelExport.url must be a URL/],
    [{ url: 'http://a:b@x' }, /no user and password/],
    [{ headers: 'a=b' }, /otelExport.headers must be an object/],
    [{ headers: { 'a b': 'c' } }, /not the name of a header/],
    [{ headers: { a: 7 } }, /the value of a must be/],
    [{ headers: { 'Content-Length': '7' } }, /must not hold Content-Length/],
    [{ protocol: 'grpc' }, /must be one of http\/protobuf, http\/json/],
    [{ compression: true }, /otelExport.compression must be one of gzip, none/],
    [{ profile: 'all' }, /otelExport.profile must be one of apm, llm/],
    [{ content: 'no' }, /otelExport.content must be true or false/],
    [{ maxAttributeBytes: 63 }, /otelExport.maxAttributeBytes must be a number of at least 64/],
    [{ timeoutMs: 0 }, /otelExport.timeoutMs must be a number of at least 1/],
    [{ resource: 'shop' }, /otelExport.resource must be an object/],
    [{ resource: { a: { b: 1 } } }, /otelExport.resource.a must be a string/],
    [{ exporter: {} }, /otelExport.exporter must have the methods export and shutdown/],
    [
      { exporter: { export() {}, shutdown() {} }, url: 'http://x' },
      /url has no effect with exporter/,
    ],
  ];
  for (const [options, message] of WRONG) {
    it(`${JSON.stringify(options)} are refused`, () => {
      assert.throws(
        () => otelExport(options as OtelExportOptions),
        (error) => error instanceof ConfigError && message.test(error.message),
      );
    });
  }
});

describe('openlayerOtlp', () => {
  const key = { OPENLAYER_API_KEY: 'key', OPENLAYER_INFERENCE_PIPELINE_ID: 'pipeline' };
  const made = (variables: Variables, options?: OpenlayerOtlpOptions) =>
    withVariables(variables, () => openlayerOtlp(options));

  it('goes to the platform by its name, with key and pipeline', async () => {
    const { address, name, isOff, problems } = await made(key);
    assert.equal(address, 'https://api.openlayer.com/v1/otel/v1/traces pipeline');
    assert.deepEqual([name, isOff, problems], ['openlayer-otlp', false, []]);
    await using backend = await startBackend();
    const exported = await made(
      {},
      {
        apiKey: 'own-key',
        inferencePipelineId: 'own',
        baseUrl: `http://127.0.0.1:${backend.port}/v1`,
      },
    );
    const otel = { parent_span_id: 'b7ad6b7169203331' };
    await send(exported, [rowOf(step({ inputs: { body: 'May I?' }, metadata: { otel } }))]);
    const [request] = backend.requests;
    assert.equal(request?.path, '/v1/otel/v1/traces');
    assert.equal(request.headers.authorization, 'Bearer own-key');
    assert.equal(request.headers['x-bt-parent'], 'pipeline_id:own');
    assert.equal(request.headers['content-type'], 'application/x-protobuf');
    const [root] = backend.lastSpans();
    assert.equal(root?.parentSpanId, undefined);
    assert.equal(root?.links.length, 1);
    assert.match(String(root?.attributes['gen_ai.input.messages']), /May I/);
  });

  it('sends the traces of a tracer', async () => {
    await using backend = await startBackend();
    const baseUrl = `http://127.0.0.1:${backend.port}/v1`;
    const exported = await made({ ...key, OPENLAYER_BASE_URL: baseUrl });
    const tracer = createTracer({ exports: [exported], logLevel: 'off' });
    tracer.startTrace('work').end();
    await tracer.shutdown();
    assert.equal(tracer.stats().exports?.['openlayer-otlp']?.published, 1);
    assert.equal(backend.spans().length, 1);
  });

  it('sends protobuf and to the platform alone, whatever the variables of OpenTelemetry say', async () => {
    await using backend = await startBackend();
    const exported = await made(
      {
        ...key,
        OPENLAYER_BASE_URL: `http://127.0.0.1:${backend.port}/v1`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_ENDPOINT: 'http://elsewhere',
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=other,x-other=1',
      },
      { compression: 'gzip' },
    );
    await send(exported, [rowOf(step())]);
    const { headers } = backend.requests[0] ?? {};
    assert.equal(headers?.['content-type'], 'application/x-protobuf');
    assert.equal(headers['content-encoding'], 'gzip');
    assert.equal(headers.authorization, 'Bearer key');
    assert.equal(headers['x-other'], undefined);
  });

  it('sends nothing without key or pipeline, or with an address that cannot be read', async () => {
    const without = await made({});
    assert.equal(without.isOff, true);
    assert.match(
      String(without.problems),
      /set OPENLAYER_API_KEY .* and OPENLAYER_INFERENCE_PIPELINE_ID/,
    );
    const wrong = await made({ ...key, OPENLAYER_BASE_URL: 'http://elsewhere/v1' });
    assert.equal(wrong.isOff, true);
    assert.match(String(wrong.problems), /OPENLAYER_BASE_URL must start with https/);
    const off = await made({ ...key, OTEL_SDK_DISABLED: 'true' });
    assert.equal(off.isOff, true);
  });

  it('refuses options that it does not have', () => {
    const wrong = (options: object) => () => openlayerOtlp(options as OpenlayerOtlpOptions);
    assert.throws(wrong({ protocol: 'http/json' }), /openlayerOtlp.protocol is not known/);
    assert.throws(
      wrong({ baseUrl: 'http://elsewhere' }),
      /openlayerOtlp.baseUrl must start with https/,
    );
    assert.throws(wrong({ apiKey: 'ke y' }), /openlayerOtlp.apiKey holds characters/);
  });
});
