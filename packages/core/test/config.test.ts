import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import {
  ConfigError,
  configure,
  createTracer,
  type Diagnostic,
  getTracer,
  type TracerOptions,
  trace,
} from '@openlayer-tracing/core';
import { captureTraces, memoryTransport } from '@openlayer-tracing/core/testing';
import { startLocalServer } from '@openlayer-tracing/local';
import { sleep } from './support.ts';
import { withoutTracer } from './without-tracer.ts';

const KEY = 'sk-canary-0123456789';
const PIPELINE = '7b9f4c10-1f3e-4f63-9d3c-52f0a2d3f001';
const VARIABLES = [
  'OPENLAYER_API_KEY',
  'OPENLAYER_INFERENCE_PIPELINE_ID',
  'OPENLAYER_BASE_URL',
  'OPENLAYER_DISABLE_PUBLISH',
  'OPENLAYER_LOG',
  'OPENLAYER_SPOOL_DIR',
];

/** Runs `fn` with these variables and none of the others that we read. */
function withEnv<R>(variables: Readonly<Record<string, string>>, fn: () => R): R {
  const before = VARIABLES.map((name) => [name, process.env[name]] as const);
  for (const name of VARIABLES) delete process.env[name];
  Object.assign(process.env, variables);
  try {
    return fn();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

function diagnosticsOf(options: TracerOptions): { isEnabled: boolean; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const tracer = createTracer({ ...options, onDiagnostic: (each) => diagnostics.push(each) });
  assert.deepEqual(
    diagnostics,
    [],
    'what is missing is said with the first trace that is asked for',
  );
  tracer.startTrace('first').end();
  tracer.startTrace('second').end();
  return { isEnabled: tracer.isEnabled, diagnostics };
}

describe('a wrong option', () => {
  const good = { apiKey: KEY, inferencePipelineId: PIPELINE };
  const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
    ['null for all', null, /^the options of \w+\(\) must be an object, but is null$/],
    ['a text for all', 'key', /^the options of \w+\(\) must be an object, but is string$/],
    ['apiKey', { apiKey: 5 }, /apiKey must be a string, but is of type number/],
    ['apiKey', { apiKey: null }, /apiKey must be a string/],
    ['apiKey', { apiKey: `${KEY}\n${KEY}` }, /apiKey holds control characters; copy it again/],
    ['apiKey', { apiKey: `${KEY}\u200b` }, /apiKey holds characters .* copy it again/],
    ['apiKey', { apiKey: `“${KEY}”` }, /apiKey holds characters .* copy it again/],
    ['inferencePipelineId', { inferencePipelineId: {} }, /inferencePipelineId must be a string/],
    ...['.', '..', '...', '../projects', 'a/b', '%2e%2e', 'a b', '"a"', 'a?b', 'a#b', 'ä'].map(
      (inferencePipelineId) =>
        [
          'inferencePipelineId',
          { inferencePipelineId },
          /inferencePipelineId is not the id of a pipeline; copy it from/,
        ] as const,
    ),
    ['baseUrl', { baseUrl: 'api.openlayer.com' }, /baseUrl is not a URL; give one such as https/],
    [
      'baseUrl',
      { baseUrl: 'ftp://api.openlayer.com' },
      /baseUrl must start with https:\/\/(?!.*Http)/,
    ],
    ['baseUrl', { baseUrl: 'localhost:8080/v1' }, /baseUrl must start with https:\/\/(?!.*Http)/],
    [
      'baseUrl',
      { baseUrl: 'http://api.openlayer.com/v1' },
      /for plain http to api\.openlayer\.com set dangerouslyAllowHttp: true/,
    ],
    ['baseUrl', { baseUrl: 'http://127.evil.com' }, /must start with https/],
    ['baseUrl', { baseUrl: 'http://127.0.0.1.evil.com' }, /must start with https/],
    ['baseUrl', { baseUrl: 'http://localhost.evil.com' }, /must start with https/],
    ['baseUrl', { baseUrl: 'http://0.0.0.0:3000' }, /must start with https/],
    ['baseUrl', { baseUrl: 'http://192.168.0.1' }, /must start with https/],
    ['baseUrl', { baseUrl: 'http://[::]' }, /must start with https/],
    [
      'baseUrl',
      { baseUrl: `https://${KEY}@api.openlayer.com` },
      /must hold no user, password, query or fragment/,
    ],
    ['baseUrl', { baseUrl: `https://a:${KEY}@api.openlayer.com` }, /must hold no user/],
    ['baseUrl', { baseUrl: `https://api.openlayer.com/v1?key=${KEY}` }, /must hold no user/],
    ['baseUrl', { baseUrl: `https://api.openlayer.com/v1#${KEY}` }, /must hold no user/],
    ['baseUrl', { baseUrl: 7 }, /baseUrl must be a string/],
    [
      'dangerouslyAllowHttp',
      { dangerouslyAllowHttp: 'no' },
      /dangerouslyAllowHttp must be true or false/,
    ],
    ['publish', { publish: 'false' }, /publish must be true or false/],
    ['publish', { publish: 0 }, /publish must be true or false/],
    ['timeoutMs', { timeoutMs: 0 }, /^timeoutMs must be a number of at least 1, but is 0/],
    ['timeoutMs', { timeoutMs: -1 }, /timeoutMs must be a number of at least 1/],
    ['timeoutMs', { timeoutMs: Number.NaN }, /timeoutMs must be a number/],
    ['timeoutMs', { timeoutMs: Number.POSITIVE_INFINITY }, /timeoutMs must be a number/],
    ['timeoutMs', { timeoutMs: '5' }, /timeoutMs must be a number/],
    ['limits', { limits: null }, /limits must be an object, but is null/],
    ['limits', { limits: 5 }, /limits must be an object, but is number/],
    [
      'limits.maxSteps',
      { limits: { maxSteps: 0 } },
      /limits\.maxSteps must be a number of at least 1/,
    ],
    ['limits.maxSteps', { limits: { maxSteps: '9' } }, /limits\.maxSteps must be a number/],
    [
      'limits.maxstep',
      { limits: { maxstep: 9 } },
      /limits\.maxstep is not known; did you mean maxSteps\?/,
    ],
    [
      'batch.maxBatchRows',
      { batch: { maxBatchRows: Number.NaN } },
      /batch\.maxBatchRows must be a number/,
    ],
    [
      'batch.maxDelayMs',
      { batch: { maxDelayMs: -1 } },
      /batch\.maxDelayMs must be a number of at least 0/,
    ],
    [
      'batch.maxQueueBytes',
      { batch: { maxQueueBytes: Infinity } },
      /batch\.maxQueueBytes must be a number/,
    ],
    ['retry.baseMs', { retry: { baseMs: -5 } }, /retry\.baseMs must be a number/],
    [
      'retry.tries',
      { retry: { tries: 5 } },
      /retry\.tries is not known; retry takes baseMs, capMs, maxElapsedMs/,
    ],
    ['apikey', { apikey: KEY }, /^\w+: apikey is not known; did you mean apiKey\?$/],
    [
      'pipeline',
      { pipeline: 'p' },
      /^\w+: pipeline is not known; known keys: apiKey, inferencePipelineId/,
    ],
    ['redact.key', { redact: { key: [] } }, /^redact\.key is not known; did you mean keys\?$/],
    ['spool.dri', { spool: { dri: '' } }, /^spool\.dri is not known; did you mean dir\?$/],
    ['spool', { spool: 'traces' }, /spool takes \{ dir: '\.\.\.' \}, not a string/],
    ['logLevel', { logLevel: 'loud' }, /logLevel must be one of off, error, warn, info, debug/],
    ['onDiagnostic', { onDiagnostic: 'print' }, /onDiagnostic must be a function/],
    ['redact', { redact: true }, /redact must be an object, but is boolean/],
    ['redact', { redact: null }, /redact must be an object, but is null/],
    [
      'redact.keys',
      { redact: { keys: 'password' } },
      /redact\.keys must be an array of strings and regular expressions/,
    ],
    [
      'redact.keys',
      { redact: { keys: [5] } },
      /redact\.keys must hold strings and regular expressions only/,
    ],
    ['redact.text', { redact: { text: 'mask' } }, /redact\.text must be a function/],
    ['redact.defaults', { redact: { defaults: 'no' } }, /redact\.defaults must be true or false/],
    ['scope', { scope: {} }, /scope must have the methods get and run/],
    ['scope', { scope: 'als' }, /scope must have the methods get and run/],
    ['transport', { transport: {} }, /transport must have the methods send and close/],
    ['transport', { transport: 'http' }, /transport must have the methods send and close/],
  ];
  for (const [name, options, text] of WRONG) {
    it(`is refused at construction: ${name} ${inspect((options as Record<string, unknown> | null)?.[name] ?? options)}`, () => {
      const given =
        typeof options === 'object' && options !== null ? { ...good, ...options } : options;
      for (const make of [createTracer, configure]) {
        assert.throws(
          () => make(given as TracerOptions),
          (error) => {
            assert.ok(error instanceof ConfigError);
            assert.equal(error.name, 'ConfigError');
            assert.match(error.message, text);
            assert.doesNotMatch(error.message, make === configure ? /createTracer/ : /configure/);
            assert.doesNotMatch(inspect(error), /sk-canary/);
            return true;
          },
        );
      }
    });
  }

  it('is reported with the function that was called', () => {
    const wrong = { apikey: KEY } as never;
    assert.throws(() => createTracer(wrong), /^ConfigError: createTracer: apikey is not known/);
    assert.throws(() => configure(wrong), /^ConfigError: configure: apikey is not known/);
  });

  it('leaves the process-wide tracer as it was', () => {
    using _traces = captureTraces();
    const before = getTracer();
    assert.throws(() => configure({ timeoutMs: -1 }), ConfigError);
    assert.equal(getTracer(), before);
  });

  it('changes no option of the caller', () => {
    const options = Object.freeze({
      ...good,
      limits: Object.freeze({ maxSteps: 5 }),
      redact: Object.freeze({ keys: Object.freeze(['x']) }),
    });
    createTracer(options);
    assert.deepEqual(options.limits, { maxSteps: 5 });
  });
});

describe('the base URL', () => {
  for (const baseUrl of [
    'https://api.openlayer.com/v1',
    'https://openlayer.example.com:8443/v1/',
    'http://localhost:8080/v1',
    'http://127.0.0.1:8080',
    'http://127.1.2.3',
    'http://[::1]:8080/v1',
    ' https://api.openlayer.com/v1 ',
    '',
  ]) {
    it(`may be ${JSON.stringify(baseUrl)}`, () => {
      assert.ok(createTracer({ apiKey: KEY, inferencePipelineId: PIPELINE, baseUrl }).isEnabled);
    });
  }

  it('may be plain http elsewhere where that is asked for', () => {
    const baseUrl = 'http://collector.internal/v1';
    assert.ok(
      createTracer({
        apiKey: KEY,
        inferencePipelineId: PIPELINE,
        baseUrl,
        dangerouslyAllowHttp: true,
      }).isEnabled,
    );
  });
});

describe('the environment', () => {
  const env = { OPENLAYER_API_KEY: KEY, OPENLAYER_INFERENCE_PIPELINE_ID: PIPELINE };

  it('configures what no option does', () => {
    withEnv(env, () => {
      const { isEnabled, diagnostics } = diagnosticsOf({});
      assert.equal(isEnabled, true);
      assert.deepEqual(diagnostics, []);
    });
  });

  it('is unset where it is blank: one warning says what is missing', () => {
    for (const blank of ['', '  ', '\t']) {
      withEnv({ OPENLAYER_API_KEY: blank, OPENLAYER_INFERENCE_PIPELINE_ID: blank }, () => {
        const { isEnabled, diagnostics } = diagnosticsOf({});
        assert.equal(isEnabled, false);
        assert.equal(diagnostics.length, 1);
        assert.equal(diagnostics[0]?.level, 'warn');
        assert.equal(
          diagnostics[0]?.message,
          'set OPENLAYER_API_KEY (or the option apiKey) and OPENLAYER_INFERENCE_PIPELINE_ID (or the option inferencePipelineId); requests are not traced until then',
        );
      });
    }
    withEnv({ OPENLAYER_API_KEY: KEY }, () => {
      assert.match(diagnosticsOf({}).diagnostics[0]?.message ?? '', /^set OPENLAYER_INFERENCE_/);
    });
  });

  it('loses against options, of which a blank one counts for nothing', () => {
    withEnv({ ...env, OPENLAYER_BASE_URL: 'no url' }, () => {
      assert.match(
        diagnosticsOf({}).diagnostics[0]?.message ?? '',
        /^OPENLAYER_BASE_URL is not a URL; give one .*; requests are not traced until then$/,
      );
      assert.ok(createTracer({ baseUrl: 'https://api.openlayer.com/v1' }).isEnabled);
    });
    withEnv(env, () => assert.ok(createTracer({ apiKey: ' ' }).isEnabled));
  });

  for (const value of ['true', 'on', '1', ' true ', 'TRUE', 'On']) {
    it(`switches publishing off by OPENLAYER_DISABLE_PUBLISH=${value}`, () => {
      withEnv({ ...env, OPENLAYER_DISABLE_PUBLISH: value }, () => {
        const { isEnabled, diagnostics } = diagnosticsOf({});
        assert.equal(isEnabled, false);
        assert.deepEqual(diagnostics, []);
        assert.ok(createTracer({ publish: true }).isEnabled);
      });
    });
  }
  for (const value of ['', 'false', 'off', '0', 'no']) {
    it(`leaves publishing on by OPENLAYER_DISABLE_PUBLISH=${value}`, () => {
      withEnv({ ...env, OPENLAYER_DISABLE_PUBLISH: value }, () =>
        assert.ok(createTracer().isEnabled),
      );
    });
  }

  it('sets the log level, of which one that is unknown counts for nothing', () => {
    const said = (level: string) =>
      withEnv({ OPENLAYER_LOG: level }, () => diagnosticsOf({}).diagnostics.length);
    assert.deepEqual(
      ['off', 'error', 'warn', 'info', 'debug', 'loud', '', ' OFF ', 'Error'].map(said),
      [0, 0, 1, 1, 1, 1, 1, 0, 0],
    );
  });

  it('that cannot work harms no annotated function, and is said', async () => {
    const lines: string[] = [];
    const { write } = process.stderr;
    using traces = captureTraces();
    traces.restore();
    process.stderr.write = ((line: string) => lines.push(line)) as never;
    try {
      const result = withEnv({ ...env, OPENLAYER_BASE_URL: 'no url' }, () => {
        using _none = withoutTracer();
        return [trace(() => 1)(), trace(() => 2)()];
      });
      assert.deepEqual(result, [1, 2]);
    } finally {
      process.stderr.write = write;
    }
    assert.equal(lines.length, 1, lines.join());
    assert.match(lines[0] ?? '', /OPENLAYER_BASE_URL is not a URL/);
  });
});

describe('configure() without options', () => {
  it('creates the process-wide tracer from the environment', () => {
    using _traces = captureTraces();
    const tracer = withEnv(
      { OPENLAYER_API_KEY: KEY, OPENLAYER_INFERENCE_PIPELINE_ID: PIPELINE },
      () => configure(),
    );
    assert.equal(tracer.isEnabled, true);
    assert.equal(getTracer(), tracer);
  });
});

describe('a process-wide tracer that configure() replaced', () => {
  it('still traces for who has it, also once the process has let it go', async () => {
    using traces = captureTraces();
    const transport = memoryTransport();
    const scope = {
      name: 'own',
      get: () => undefined,
      run: (_step: unknown, fn: (a: never, b: never) => unknown, a: unknown, b: unknown) =>
        fn(a as never, b as never),
    };
    const all = () => process.listenerCount('SIGTERM');
    // Other libraries of the same process may listen, too.
    const others = all();
    const listens = () => all() - others;
    const former = configure({ transport, scope: scope as never, handleSignals: true });
    assert.equal(listens(), 1);
    former.startTrace('before').end();
    configure({ transport: memoryTransport() });
    await former.flush();
    for (const start = performance.now(); listens() > 0 && performance.now() - start < 20_000; ) {
      await sleep(50);
    }
    assert.equal(listens(), 0);
    const trace = former.startTrace('behind');
    assert.equal(listens(), 1);
    trace.end();
    await former.flush();
    assert.deepEqual(
      transport.rows.map(({ steps }) => steps[0]?.name),
      ['before', 'behind'],
    );
    await former.shutdown();
    assert.equal(listens(), 0);
    traces.restore();
  });
});

describe('the API key', () => {
  it('is in no inspection of a tracer', () => {
    const tracer = createTracer({ apiKey: KEY, inferencePipelineId: PIPELINE });
    for (const text of [
      inspect(tracer, { depth: 20, showHidden: true, getters: true }),
      JSON.stringify(tracer),
      String(tracer),
      inspect(tracer.startTrace('job'), { depth: 20, showHidden: true, getters: true }),
    ]) {
      assert.doesNotMatch(text, /sk-canary/);
    }
  });

  it('is in no diagnostic and no error, although the server says it back', async () => {
    await using server = await startLocalServer({
      intercept: (request, response) => {
        response.writeHead(401, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ error: `unknown key ${request.headers.authorization}` }));
        return true;
      },
    });
    const diagnostics: Diagnostic[] = [];
    const tracer = createTracer({
      apiKey: KEY,
      inferencePipelineId: PIPELINE,
      baseUrl: server.url,
      logLevel: 'debug',
      retry: { baseMs: 1, maxElapsedMs: 5 },
      onDiagnostic: (each) => diagnostics.push(each),
    });
    tracer.startTrace('job').end();
    await tracer.flush();
    const result = await tracer.updateRow('job-7', { comment: 'x' });
    assert.equal(result.ok, false);
    assert.ok(diagnostics.length > 0);
    assert.match(inspect(result, { depth: 20 }), /401/);
    assert.doesNotMatch(
      inspect([result, diagnostics], { depth: 20, showHidden: true }),
      /sk-canary/,
    );
    await tracer.shutdown({ deadlineMs: 100 });
  });
});

describe('deadlines', () => {
  it('of flush and shutdown may be as long as one likes', async () => {
    const transport = memoryTransport();
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const tracer = createTracer({
      transport: {
        ...transport,
        send: (batch, options) => gate.then(() => transport.send(batch, options)),
      },
    });
    tracer.startTrace('job').end();
    let isOver = false;
    const flushed = tracer.flush({ deadlineMs: Number.POSITIVE_INFINITY }).then(() => {
      isOver = true;
    });
    await sleep(20);
    assert.equal(isOver, false);
    release();
    await flushed;
    assert.equal(transport.rows.length, 1);
  });

  it('of flush and shutdown has its default where JavaScript passes null', async () => {
    const transport = memoryTransport();
    const tracer = createTracer({ transport });
    tracer.startTrace('job').end();
    await tracer.flush(null as never);
    await tracer.shutdown(null as never);
    assert.equal(transport.rows.length, 1);
  });
});
