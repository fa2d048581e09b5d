import assert from 'node:assert/strict';
import { resolveConfig } from '../../src/config/config.ts';
import type { TracerOptions } from '../../src/config/tracer-options.ts';
import { unknownKeyMessage } from '../../src/diagnostics/unknown-key.ts';

type Variables = Readonly<Record<string, string | undefined>>;

const resolve = (options: unknown = {}, variables: Variables = {}) =>
  resolveConfig(options as TracerOptions, variables);

const send = () => {};

describe('the configuration', () => {
  it('has its defaults where nothing is given', () => {
    const { limits, batch, retry, ...config } = resolve();
    assert.deepEqual(
      { ...config, ...limits, ...batch, ...retry },
      {
        problems: [],
        apiKey: undefined,
        inferencePipelineId: undefined,
        baseUrl: 'https://api.openlayer.com/v1',
        publish: true,
        scope: undefined,
        redact: {},
        spool: undefined,
        handleSignals: false,
        timeoutMs: 30_000,
        logLevel: 'warn',
        onDiagnostic: undefined,
        exports: [],
        transport: undefined,
        pricing: undefined,
        onUsage: undefined,
        budget: undefined,
        maxSteps: 1000,
        maxDepth: 64,
        maxValueChars: 65_536,
        maxTraceChars: 1_048_576,
        maxOpenTraces: 10_000,
        maxBatchRows: 100,
        maxBatchBytes: 1_048_576,
        maxDelayMs: 1000,
        maxQueueBytes: 33_554_432,
        baseMs: 1000,
        capMs: 60_000,
        maxElapsedMs: 900_000,
      },
    );
  });

  for (const [what, options] of Object.entries({
    'by default': {},
    'with every group given': {
      limits: { maxSteps: 5 },
      batch: { maxDelayMs: 5 },
      retry: { baseMs: 5 },
      redact: { keys: ['a'] },
      budget: { usd: 1, onExceeded: 'abort' },
      pricing: { price() {} },
      exports: [{ name: 'a', address: 'b', transport: { send() {}, close() {} } }],
    },
  })) {
    it(`is frozen, and shares no object of options with the app: ${what}`, () => {
      const config = resolve(options);
      const groups = [
        'limits',
        'batch',
        'retry',
        'redact',
        'budget',
        'exports',
        'problems',
      ] as const;
      for (const name of groups) assert.ok(Object.isFrozen(config[name]), name);
      for (const [name, given] of Object.entries(options)) {
        if (name === 'pricing') continue;
        assert.notEqual(config[name as keyof typeof config], given, name);
      }
    });
  }

  const WRONG: readonly (readonly [options: unknown, message: RegExp])[] = [
    [null, /^the options of createTracer\(\) must be an object, but is null$/],
    ['x', /^the options of createTracer\(\) must be an object, but is string$/],
    [{ apikey: 'x' }, /^createTracer: apikey is not known; did you mean apiKey\?$/],
    [{ apiKey: 7 }, /^apiKey must be a string, but is of type number$/],
    [{ apiKey: 'a\nb' }, /control characters/],
    [{ apiKey: 'a b' }, /no key has/],
    [{ apiKey: '"abc"' }, /quotation marks/],
    [{ apiKey: 'k\u00e9y' }, /no key has/],
    [{ inferencePipelineId: '..' }, /is not the id of a pipeline/],
    [{ inferencePipelineId: 'a/b' }, /is not the id of a pipeline/],
    [{ inferencePipelineId: 'a'.repeat(129) }, /is not the id of a pipeline/],
    [{ baseUrl: 'nowhere' }, /^baseUrl is not a URL/],
    [{ baseUrl: 'https://a b' }, /^baseUrl is not a URL/],
    [{ baseUrl: 'https://u@host' }, /must hold no user/],
    [{ baseUrl: 'https://:p@host' }, /must hold no user/],
    [{ baseUrl: 'https://host?a=1' }, /must hold no user/],
    [{ baseUrl: 'https://host#a' }, /must hold no user/],
    [{ baseUrl: 'http://host' }, /must start with https/],
    [{ baseUrl: 'ftp://localhost', dangerouslyAllowHttp: true }, /must start with https/],
    [{ baseUrl: 'http://127.0.0.1.evil.com' }, /must start with https/],
    [{ baseUrl: 'http://localhost.evil.com' }, /must start with https/],
    [{ dangerouslyAllowHttp: 'yes' }, /^dangerouslyAllowHttp must be true or false$/],
    [{ publish: 'no' }, /^publish must be true or false$/],
    [{ handleSignals: 1 }, /^handleSignals must be true or false$/],
    [{ scope: { get: send } }, /^scope must have the methods get and run$/],
    [{ scope: null }, /^scope must have the methods get and run$/],
    [{ transport: { send } }, /^transport must have the methods send and close$/],
    [{ transport: 'x' }, /^transport must have the methods/],
    [{ pricing: {} }, /^pricing must have the methods price$/],
    [{ onDiagnostic: 'x' }, /^onDiagnostic must be a function$/],
    [{ onUsage: {} }, /^onUsage must be a function$/],
    [{ logLevel: 'verbose' }, /^logLevel must be one of off, error, warn, info, debug$/],
    [{ timeoutMs: 0 }, /^timeoutMs must be a number of at least 1, but is 0$/],
    [{ timeoutMs: '5' }, /^timeoutMs must be a number of at least 1, but is "5"$/],
    [{ timeoutMs: Object.create(null) }, /^timeoutMs must .*, but is of type object$/],
    [{ timeoutMs: Number.NaN }, /^timeoutMs must be a number/],
    [{ timeoutMs: '5' }, /^timeoutMs must be a number/],
    [{ limits: { maxSteps: 0 } }, /^limits\.maxSteps must be a number of at least 1/],
    [{ limits: { steps: 1 } }, /^limits\.steps is not known; limits takes/],
    [{ limits: 7 }, /^limits must be an object, but is number$/],
    [{ batch: { maxDelayMs: -1 } }, /^batch\.maxDelayMs must be a number of at least 0/],
    [{ retry: { baseMs: Infinity } }, /^retry\.baseMs must be a number/],
    [{ spool: './spool' }, /^spool takes \{ dir: '\.\.\.' \}, not a string$/],
    [{ spool: 7 }, /^spool must be an object/],
    [{ spool: {} }, /^spool needs dir/],
    [{ spool: { folder: 'x' } }, /^spool\.folder is not known/],
    [{ spool: { dir: 'x', mode: 'on' } }, /^spool\.mode must be one of wal, failure-only, off$/],
    [{ spool: { dir: 'x', durability: 'x' } }, /^spool\.durability must be one of process, fsync$/],
    [{ spool: { dir: 'x', maxBytes: 0 } }, /^spool\.maxBytes must be a number of at least 1/],
    [{ redact: 'all' }, /^redact must be an object/],
    [{ redact: true }, /^redact must be an object/],
    [{ redact: null }, /^redact must be an object/],
    [{ redact: { key: [] } }, /^redact\.key is not known; did you mean keys\?$/],
    [{ redact: { keys: 'email' } }, /^redact\.keys must be an array/],
    [{ redact: { keys: [7] } }, /^redact\.keys must hold strings and regular expressions only$/],
    [{ redact: { keys: ['a', null] } }, /^redact\.keys must hold/],
    [{ redact: { text: 'x' } }, /^redact\.text must be a function$/],
    [{ redact: { defaults: 'x' } }, /^redact\.defaults must be true or false$/],
    [{ budget: 5 }, /^budget must be an object/],
    [{ budget: { usd: 1, onExceeded: 'abort', x: 1 } }, /^budget\.x is not known/],
    [{ budget: { usd: 0, onExceeded: 'abort' } }, /^budget\.usd must be a number/],
    [{ budget: { usd: '1', onExceeded: 'abort' } }, /^budget\.usd must be a number/],
    [{ budget: { usd: Number.NaN, onExceeded: 'abort' } }, /^budget\.usd must be a number/],
    [{ budget: { usd: 1 } }, /^budget\.onExceeded must be a function or 'abort'$/],
    [{ budget: { usd: 1, onExceeded: 'abort' } }, /^budget needs pricing/],
  ];
  for (const [options, message] of WRONG) {
    it(`refuses ${JSON.stringify(options)}: ${message.source}`, () =>
      assert.throws(() => resolve(options), { name: 'ConfigError', message }));
  }

  const pricing = { price: () => 1 };
  const FINE: readonly (readonly [options: object, expected: object])[] = [
    [{ apiKey: '  k  ' }, { apiKey: 'k' }],
    [{ apiKey: ' ' }, { apiKey: undefined }],
    [{ inferencePipelineId: 'a'.repeat(128) }, { inferencePipelineId: 'a'.repeat(128) }],
    [{ inferencePipelineId: '_a.b~c-1' }, { inferencePipelineId: '_a.b~c-1' }],
    [{ baseUrl: 'https://host/v1//' }, { baseUrl: 'https://host/v1' }],
    [{ baseUrl: 'http://localhost:3000' }, { baseUrl: 'http://localhost:3000' }],
    [{ baseUrl: 'http://127.1.2.3' }, { baseUrl: 'http://127.1.2.3' }],
    [{ baseUrl: 'http://[::1]:1' }, { baseUrl: 'http://[::1]:1' }],
    [{ baseUrl: 'http://host', dangerouslyAllowHttp: true }, { baseUrl: 'http://host' }],
    [{ publish: false }, { publish: false }],
    [{ handleSignals: true }, { handleSignals: true }],
    [{ timeoutMs: 1 }, { timeoutMs: 1 }],
    [{ timeoutMs: 1e12 }, { timeoutMs: 2 ** 31 - 1 }],
    [{ logLevel: 'off' }, { logLevel: 'off' }],
    [{ redact: false }, { redact: false }],
    [
      { redact: { keys: ['a', /b/], defaults: false } },
      { redact: { keys: ['a', /b/], defaults: false } },
    ],
    [{ redact: { text: String } }, { redact: { text: String } }],
    [{ spool: { mode: 'off' } }, { spool: undefined }],
    [{ spool: { dir: '/x', mode: 'off' } }, { spool: undefined }],
    [
      { spool: { dir: '/x', maxAgeMs: 1e12 } },
      {
        spool: {
          dir: '/x',
          maxBytes: 268_435_456,
          maxAgeMs: 1e12,
          mode: 'wal',
          durability: 'process',
        },
      },
    ],
    [
      { budget: { usd: 0.1, onExceeded: 'abort' }, pricing },
      { budget: { usd: 0.1, onExceeded: 'abort' } },
    ],
  ];
  for (const [options, expected] of FINE) {
    it(`takes ${JSON.stringify(options)}`, () => {
      const config = resolve(options) as unknown as Readonly<Record<string, unknown>>;
      for (const [name, value] of Object.entries(expected)) assert.deepEqual(config[name], value);
    });
  }

  it('cuts durations to what a timer can wait, and ages to nothing', () => {
    const { batch, retry } = resolve({
      batch: { maxDelayMs: 1e12, maxBatchRows: undefined },
      retry: { capMs: 1e12, maxElapsedMs: 1e12, baseMs: 0 },
    });
    assert.deepEqual([batch.maxDelayMs, batch.maxBatchRows], [2 ** 31 - 1, 100]);
    assert.deepEqual([retry.capMs, retry.maxElapsedMs, retry.baseMs], [2 ** 31 - 1, 1e12, 0]);
  });
});

describe('the environment', () => {
  it('fills in what no option says', () => {
    const variables = {
      OPENLAYER_API_KEY: ' env ',
      OPENLAYER_INFERENCE_PIPELINE_ID: 'pipeline',
      OPENLAYER_BASE_URL: 'https://other/v1/',
      OPENLAYER_DISABLE_PUBLISH: 'true',
      OPENLAYER_LOG: ' Debug ',
      OPENLAYER_SPOOL_DIR: '/spool',
    };
    const found = resolve({}, variables);
    assert.deepEqual(
      [found.apiKey, found.inferencePipelineId, found.baseUrl, found.publish, found.logLevel],
      ['env', 'pipeline', 'https://other/v1', false, 'debug'],
    );
    assert.equal(found.spool?.dir, '/spool');
    const won = resolve(
      { apiKey: 'option', publish: true, logLevel: 'error', spool: { mode: 'off' } },
      variables,
    );
    assert.deepEqual(
      [won.apiKey, won.publish, won.logLevel, won.spool],
      ['option', true, 'error', undefined],
    );
    assert.deepEqual(resolve({ spool: {} }, variables).spool?.mode, 'wal');
  });

  for (const [variable, value] of [
    ['OPENLAYER_API_KEY', '"quoted"'],
    ['OPENLAYER_API_KEY', 'two words'],
    ['OPENLAYER_INFERENCE_PIPELINE_ID', "'quoted'"],
    ['OPENLAYER_INFERENCE_PIPELINE_ID', 'a/b'],
    ['OPENLAYER_DISABLE_PUBLISH', 'maybe'],
    ['OPENLAYER_LOG', 'loud'],
    ['OPENLAYER_SPOOL_DIR', 'a\u0000b'],
  ] as const) {
    it(`that is malformed counts as unset, and is said: ${variable}=${value}`, () => {
      const found = resolve({}, { [variable]: value });
      assert.deepEqual(
        found.problems.map((problem) => problem.variable),
        [variable],
      );
      const { problems: _, ...others } = found;
      const { problems: __, ...unset } = resolve();
      assert.deepEqual(others, unset);
    });
  }

  it('names no other platform where its address is malformed', () => {
    const found = resolve({}, { OPENLAYER_BASE_URL: 'http://host' });
    assert.deepEqual([found.baseUrl, found.problems.length], [undefined, 1]);
    const given = resolve({ baseUrl: 'https://a' }, { OPENLAYER_BASE_URL: 'http://host' });
    assert.deepEqual([given.baseUrl, given.problems.length], ['https://a', 0]);
  });

  it('says of a spool that is malformed no second time that it is missing', () => {
    const found = resolve({ spool: {} }, { OPENLAYER_SPOOL_DIR: '"quoted"' });
    assert.deepEqual([found.spool, found.problems.length], [undefined, 1]);
  });

  for (const [value, publish] of [
    ['true', false],
    [' ON ', false],
    ['1', false],
    ['false', true],
    ['off', true],
    ['0', true],
    ['no', true],
    ['', true],
  ] as const) {
    it(`switches publishing: OPENLAYER_DISABLE_PUBLISH=${value}`, () => {
      const found = resolve({}, { OPENLAYER_DISABLE_PUBLISH: value });
      assert.deepEqual([found.publish, found.problems], [publish, []]);
    });
  }
});

describe('a key that is not known', () => {
  const KNOWN = ['name', 'metadata', 'maxBytes'];
  const CASES: readonly (readonly [string, string])[] = [
    ['nmae', 'nmae is not known; did you mean name?'],
    ['nam', 'nam is not known; did you mean name?'],
    ['naame', 'naame is not known; did you mean name?'],
    ['NAME', 'NAME is not known; did you mean name?'],
    ['neme', 'neme is not known; did you mean name?'],
    ['meta', 'meta is not known; known keys: name, metadata, maxBytes'],
    ['metdaat', 'metdaat is not known; did you mean metadata?'],
    ['max_bytes', 'max_bytes is not known; did you mean maxBytes?'],
    ['zzzz', 'zzzz is not known; known keys: name, metadata, maxBytes'],
  ];
  for (const [key, message] of CASES) {
    it(`is told with what was meant: ${key}`, () =>
      assert.equal(unknownKeyMessage(key, KNOWN), message));
  }

  it('is told with what takes it', () => {
    assert.equal(unknownKeyMessage('x', ['dir'], 'spool'), 'x is not known; spool takes dir');
    assert.equal(unknownKeyMessage('x', [], 'flush'), 'x is not known; flush takes no options');
  });
});
