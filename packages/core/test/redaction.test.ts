import assert from 'node:assert/strict';
import {
  createTracer,
  type RedactOptions,
  type StartedTrace,
  trace,
} from '@openlayer-tracing/core';
import { record, rootOf, stepOf } from './support.ts';

const MASK = '[redacted]';

/** What is sent of a trace that logs by `log`: its row, its bytes as text, and how often each diagnostic came. */
async function sentOf(log: (trace: StartedTrace) => void, redact?: RedactOptions | false) {
  let text = '';
  const reasons: string[] = [];
  const tracer = createTracer({
    ...(redact !== undefined && { redact }),
    onDiagnostic: ({ reason }) => reasons.push(reason),
    transport: {
      async send(batch) {
        text += batch.layout + batch.rows.map((row) => Buffer.from(row.bytes).toString()).join('');
        return { delivered: batch.rows.length, lost: {} };
      },
      close() {},
    },
  });
  const trace = tracer.startTrace('job');
  log(trace);
  trace.end();
  await tracer.flush();
  return { text, reasons, row: JSON.parse(text.slice(text.indexOf('{"inferenceTimestamp"'))) };
}

const outputOf = async (output: unknown, redact?: RedactOptions | false) =>
  (await sentOf((t) => t.update({ output }), redact)).row.output;

describe('secrets under the keys that are known', () => {
  const SECRET_KEYS = `
    password Password PASSWORD userPassword user_password db-password passwords passwordHash
    passwd passphrase pwd userPwd
    secret client_secret clientSecret CLIENT_SECRET secretKey AWS_SECRET_ACCESS_KEY
    token accessToken access_token ACCESS_TOKEN refreshToken idToken id-token csrf_token
    x-amz-security-token sessionToken bearerToken bearer_token authToken X-Auth-Token
    accesstoken refreshtoken authtoken sessiontoken csrfmiddlewaretoken
    APIToken CSRFToken SSOToken
    apiKey api_key apikey API_KEY x-api-key X-Api-Key ApiKey openaiApiKey OPENAI_API_KEY
    privateKey private_key accessKey access_key_id signingKey encryption_key
    Ocp-Apim-Subscription-Key subscriptionKey x-functions-key
    credential credentials awsCredentials
    authorization Authorization proxy-authorization Proxy-Authorization
    cookie Cookie cookies set-cookie Set-Cookie setCookie
    jwt userJwt userJWT otp cvv cvc ssn connectionString connection_string
  `
    .split(/\s+/)
    .filter(Boolean);

  for (const key of SECRET_KEYS) {
    it(`are masked: ${key}`, async () => {
      const { text, row } = await sentOf((t) => {
        t.update({
          output: { [key]: 'sk-canary', deep: [{ [key]: { inner: 'sk-canary' } }] },
          metadata: { [key]: 'sk-canary' },
          input: { [key]: 'sk-canary' },
        });
        t.addStep({ name: 's', metadata: { map: new Map([[key, 'sk-canary']]) } });
      });
      assert.doesNotMatch(text, /sk-canary/);
      assert.deepEqual(row.output, { [key]: MASK, deep: [{ [key]: MASK }] });
      assert.equal(row.metadata[key], MASK);
      assert.equal(row[key], MASK);
    });
  }

  const FALSE_FRIENDS: Readonly<Record<string, unknown>> = {
    tokens: 7,
    maxTokens: 7,
    max_tokens: 7,
    promptTokens: 7,
    completion_tokens: 7,
    token_count: 7,
    tokenCount: 7,
    tokenizer: 'cl100k',
    tokensPerSecond: 5,
    apiTokensUsed: 5,
    invalidTokens: ['x'],
    eosTokenId: 2,
    token: 17,
    author: 'Ada',
    authors: ['Ada'],
    authority: 'x',
    authenticated: true,
    cookiesAccepted: true,
    hasPassword: true,
    password: null,
    secret: false,
    monkey: 'x',
    keyboard: 'x',
    key: 'x',
    keys: ['x'],
    primaryKey: 'id',
    passage: 'x',
    passenger: 'x',
    compass: 'x',
    session: 'x',
    sessionId: 's-1',
    user: 'ada',
    message: 'x',
    content: 'x',
    private: 'x',
    access: 'x',
  };
  for (const [key, value] of Object.entries(FALSE_FRIENDS)) {
    it(`are no false friends: ${key}: ${JSON.stringify(value)}`, async () => {
      assert.deepEqual(await outputOf({ [key]: value }), { [key]: value });
    });
  }

  it('are masked where they are no texts', async () => {
    const given = { password: 1234, otp: 123456, secret: ['a'], token: { a: 1 }, apiKey: 7n };
    assert.deepEqual(
      await outputOf(given),
      Object.fromEntries(Object.keys(given).map((key) => [key, MASK])),
    );
  });

  it('are masked in arguments, results, items of streams and step fields', async () => {
    using traces = record();
    const search = trace(
      function* (options: { apiKey: string }) {
        yield { token: options.apiKey };
      },
      { name: 'search', type: 'tool' },
    );
    trace(
      () => {
        for (const _ of search({ apiKey: 'sk-canary' }));
      },
      { name: 'root' },
    )();
    const recorded = stepOf(await traces.rows(), 'search');
    assert.deepEqual(recorded.inputs, { args: [{ apiKey: MASK }] });
    assert.deepEqual(recorded.output, [{ token: MASK }]);
  });

  it('are masked in what a toJSON returns', async () => {
    assert.deepEqual(await outputOf({ toJSON: () => ({ password: 'sk-canary' }) }), {
      password: MASK,
    });
  });

  it('are sent where redaction is switched off', async () => {
    assert.deepEqual(await outputOf({ password: 'open' }, false), { password: 'open' });
    assert.deepEqual(await outputOf({ password: 'open' }, { defaults: false }), {
      password: 'open',
    });
  });

  it('decide by the first 256 characters of a key', async () => {
    const key = `password${'x'.repeat(100_000)}`;
    const { text } = await sentOf((t) => t.update({ output: { [key]: 'sk-canary' } }));
    assert.doesNotMatch(text, /sk-canary/);
  });
});

describe('secrets under keys of the app', () => {
  it('are masked by whole names, whatever their case, and by patterns', async () => {
    const keys = ['iban', /^internal_/g, /note/y];
    for (let round = 0; round < 3; round++) {
      assert.deepEqual(
        await outputOf(
          { IBAN: 'x', ibanCountry: 'x', internal_id: 'x', note: 'x', other: 'x' },
          { keys },
        ),
        { IBAN: MASK, ibanCountry: 'x', internal_id: MASK, note: MASK, other: 'x' },
      );
    }
  });

  it('add to the known ones, or take their place', async () => {
    const given = { iban: 'x', password: 'x' };
    assert.deepEqual(await outputOf(given, { keys: ['iban'] }), { iban: MASK, password: MASK });
    assert.deepEqual(await outputOf(given, { keys: ['iban'], defaults: false }), {
      iban: MASK,
      password: 'x',
    });
  });
});

describe('secrets inside of strings', () => {
  const masked: readonly (readonly [text: string, sent: string])[] = [
    ['https://ann:pw@h.example/p', 'https://[redacted]@h.example/p'],
    ['https://ghp_x@h.example', 'https://[redacted]@h.example'],
    ['https://:pw@h', 'https://[redacted]@h'],
    ['amqp://a%40b:c%2Fd@h:5672/v', 'amqp://[redacted]@h:5672/v'],
    ['mongodb+srv://a:p@ss@w@h1:1,h2:2/db', 'mongodb+srv://[redacted]@h1:1,h2:2/db'],
    ['postgres://u:a/b?c#d@h/x', 'postgres://[redacted]@h/x'],
    ['postgres://u:a"b@h/x', 'postgres://[redacted]@h/x'],
    ['jdbc:mysql://u:p@h/x, redis://:p@h', 'jdbc:mysql://[redacted]@h/x, redis://[redacted]@h'],
    [
      'see <https://u:p@h> and "ftp://u:p@h"',
      'see <https://[redacted]@h> and "ftp://[redacted]@h"',
    ],
    ['https://a/?next=https://u:p@h', 'https://a/?next=https://[redacted]@h'],
    ['{"url":"https:\\/\\/h"}{"password":"x"}', '{"url":"https:\\/\\/h"}{"password":"[redacted]"}'],
    ['https://h/?key=x&q=1', 'https://h/?key=[redacted]&q=1'],
    [
      'https://h/?sig=x&X-Amz-Signature=y#t',
      'https://h/?sig=[redacted]&X-Amz-Signature=[redacted]#t',
    ],
    ['GET /login?access_token=x HTTP/1.1', 'GET /login?access_token=[redacted] HTTP/1.1'],
    ['/back#id_token=x&state=y', '/back#id_token=[redacted]&state=y'],
    ['400 {"api_key": "x", "n": 1}', '400 {"api_key": "[redacted]", "n": 1}'],
    ['{"secret":["x",{"a":"]"}],"n":1}', '{"secret":"[redacted]","n":1}'],
    ['{"a":"{\\"password\\":\\"x\\\\\\"y\\"}"}', '{"a":"{\\"password\\":\\"[redacted]\\"}"}'],
    ['{"password":"cut off he', '{"password":"[redacted]"'],
  ];
  for (const [text, sent] of masked) {
    it(`are masked: ${text}`, async () => {
      assert.equal(await outputOf(text), sent);
      assert.deepEqual(await outputOf([{ text }]), [{ text: sent }]);
      // What was masked is not masked again.
      assert.equal(await outputOf(sent), sent);
      assert.equal(await outputOf(text, { defaults: false }), text);
    });
  }

  const HARMLESS = `
    https://h.example:8080/p@2x.png https://unpkg.com/@scope/name@1.0 https://h?mail=a@b.example
    https://[::1]:3000/@ann http://h1:1,h2:2/a@b a@b.example ://x@ x:y@z mailto:a@b.example
    /search?q=token&key_word=a {"tokens":5,"token":17,"password":null} "key":"x" a=b key=x
  `
    .split(/\s+/)
    .filter((text) => text !== '' && text !== '://x@');
  for (const text of HARMLESS) {
    it(`are no false friends: ${text}`, async () => {
      assert.equal(await outputOf(text), text);
    });
  }

  it('are found in time that grows with the text alone', async () => {
    const limits = { maxValueChars: 3_000_000, maxTraceChars: 100_000_000 };
    const patterns = [
      '://',
      '://a:b',
      'a://b:c/',
      '@',
      '://@',
      'x://[',
      '?a',
      '&token=',
      '"',
      '\\',
      '\\"',
      '"a":',
      '{"a":',
      '{"token":1,',
      '[{"secret":',
      '":',
      '?a=b',
      '://a,',
      '://a:1,',
    ];
    const tracer = createTracer({
      limits,
      transport: { send: async ({ rows }) => ({ delivered: rows.length, lost: {} }), close() {} },
    });
    for (const pattern of patterns) {
      const text = pattern.repeat(200_000 / pattern.length);
      const trace = tracer.startTrace(text);
      trace.update({ output: text, metadata: { [text]: text } });
      trace.end(new Error(text));
      await tracer.flush();
    }
    assert.equal(tracer.stats().published, patterns.length);
  });

  it('are masked in ids, by the keys that apps and the platform have for them', async () => {
    const log = (t: StartedTrace) => t.update({ userId: 'ann', sessionId: 7 });
    for (const keys of [
      ['user_id', 'sessionId'],
      ['userId', 'session_id'],
    ]) {
      const { row } = await sentOf(log, { keys });
      assert.deepEqual([row.user_id, row.session_id], [MASK, MASK]);
    }
    const { row } = await sentOf((t) => t.update({ userId: 'redis://u:p@h', sessionId: '?otp=1' }));
    assert.deepEqual([row.user_id, row.session_id], ['redis://[redacted]@h', '?otp=[redacted]']);
  });
});

describe('a text function', () => {
  const noEmails = (text: string) => text.replace(/[\w.]+@[\w.]+/g, '(email)');

  it('sees every text, with its key', async () => {
    const seen: string[] = [];
    const { row } = await sentOf(
      (t) => {
        t.update({
          output: { a: 'ada@example.com', b: ['x'], n: 1, none: null },
          question: 'who is ada@example.com?',
          context: ['mail ada@example.com'],
          userId: 'ada@example.com',
        });
        t.addStep({ name: 's', error: new Error('no mail to ada@example.com') });
      },
      {
        text: (text, key) => {
          seen.push(`${key}=${text}`);
          return noEmails(text);
        },
      },
    );
    assert.ok(seen.includes('a=ada@example.com'));
    assert.deepEqual(row.output, { a: '(email)', b: ['x'], n: 1, none: null });
    assert.equal(row._question, 'who is (email)?');
    assert.deepEqual(row.context, ['mail (email)']);
    assert.equal(row.user_id, '(email)');
    assert.equal(stepOf([row], 's').metadata.error, 'no mail to (email)');
    assert.doesNotMatch(JSON.stringify(row), /ada@/);
  });

  it('does not see the inference ID, which is the key of the row', async () => {
    const inferenceId = 'ada@example.com';
    const { row } = await sentOf(
      (t) => t.update({ inferenceId, metadata: { asked: inferenceId } }),
      { text: noEmails },
    );
    assert.deepEqual([row.inferenceId, row.asked], [inferenceId, '(email)']);
  });

  it('sees names and keys, and leaves them where it replaces everything', async () => {
    const log = (t: StartedTrace) => {
      t.update({ output: { 'ada@example.com': 1 }, metadata: { 'to ada@example.com': 'x' } });
      t.addStep({
        name: 'mail ada@example.com',
        error: Object.assign(new Error('x'), { name: 'E ada@example.com' }),
      });
    };
    const { text, row } = await sentOf(log, { text: noEmails });
    assert.doesNotMatch(text, /ada@/);
    assert.deepEqual(row.output, { '(email)': 1 });
    assert.equal(row.metadata['to (email)'], 'x');
    assert.equal(stepOf([row], 'mail (email)').metadata.errorType, 'E (email)');
    for (const hide of [() => 'hidden', (text: string) => `${text.length} characters`]) {
      const { row } = await sentOf(log, { text: hide });
      assert.deepEqual(Object.keys(row.output), ['ada@example.com']);
      assert.ok(stepOf([row], 'mail ada@example.com'));
    }
  });

  it('sees the message and the stack of an error that is logged', async () => {
    const { text } = await sentOf((t) => t.update({ output: new Error('to ada@example.com') }), {
      text: noEmails,
    });
    assert.doesNotMatch(text, /ada@/);
  });

  const FAILING: readonly (readonly [string, (text: string) => unknown])[] = [
    [
      'throws',
      () => {
        throw new Error('redactor broke');
      },
    ],
    ['returns a promise', async (text) => text],
    [
      'returns a promise that rejects',
      async () => {
        throw new Error('redactor broke');
      },
    ],
    ['returns nothing', () => undefined],
    ['returns an object', (text) => ({ text })],
  ];
  for (const [what, text] of FAILING) {
    it(`fails closed where it ${what}, and that is counted`, async () => {
      const sent = await sentOf(
        (t) => {
          t.update({ output: 'sk-canary', metadata: { a: 'sk-canary' }, question: 'sk-canary' });
          t.addStep({ name: 's', error: new Error('sk-canary') });
        },
        { text: text as (text: string) => string },
      );
      assert.doesNotMatch(sent.text, /sk-canary/);
      assert.equal(sent.row.output, '[redaction failed]');
      assert.deepEqual(sent.reasons, ['redaction_failed']);
    });
  }

  for (const [what, fail] of FAILING) {
    it(`marks names and keys where it ${what} at first, and replaces them afterwards`, async () => {
      let calls = 0;
      const log = (t: StartedTrace) => {
        for (let i = 0; i < 6; i++) {
          t.update({ output: { 'ada@example.com': 1 }, metadata: { 'to ada@example.com': 'x' } });
          t.addStep({ name: 'mail ada@example.com' });
        }
      };
      const text = (seen: string) => (calls++ < 3 ? fail(seen) : noEmails(seen));
      const sent = await sentOf(log, { text: text as (text: string) => string });
      assert.doesNotMatch(sent.text, /ada@/);
      assert.deepEqual(sent.row.output, { '(email)': 1 });
      assert.ok(stepOf([sent.row], 'mail (email)'));
      assert.deepEqual(sent.reasons, ['redaction_failed']);
    });

    it(`marks names and keys where it always ${what}`, async () => {
      const { text: sent, row } = await sentOf(
        (t) => {
          t.update({ output: { 'ada@example.com': 1 } });
          t.addStep({ name: 'mail ada@example.com' });
        },
        { text: fail as (text: string) => string },
      );
      assert.doesNotMatch(sent, /ada@/);
      assert.deepEqual(row.output, { '[redaction failed]': 1 });
    });
  }

  it('sees at most 64 KB of a text, and what it returns is bounded too', async () => {
    let longest = 0;
    const output = await outputOf('x'.repeat(10_000_000), {
      text: (text) => {
        longest = Math.max(longest, text.length);
        return text.repeat(100);
      },
    });
    assert.ok(longest <= 65_536 + 64, `saw ${longest}`);
    assert.ok(output.length <= 2 * 65_536, `returned ${output.length}`);
  });
});

describe('40 canary secrets', () => {
  it('are nowhere in what is sent', async () => {
    const canary = (n: number) => `sk-canary-${n}`;
    const keys = ['authorization', 'cookie', 'set-cookie', 'proxy-authorization', 'x-api-key'];
    const more = ['password', 'access_token', 'clientSecret', 'privateKey', 'credentials'];
    let n = 0;
    const secrets = () => Object.fromEntries([...keys, ...more].map((key) => [key, canary(n++)]));
    class Model {
      readonly #values = secrets();
      toJSON() {
        return this.#values;
      }
    }
    const { text } = await sentOf((t) => {
      t.update({ input: { request: { headers: secrets() } }, output: [new Model()] });
      t.update({ metadata: { ...secrets(), list: [new Map(Object.entries(secrets()))] } });
    });
    assert.equal(n, 40);
    assert.doesNotMatch(text, /sk-canary/);
    assert.ok((text.match(/\[redacted\]/g)?.length ?? 0) >= 40);
  });

  it('are not in the names of a trace that recorded them as values', async () => {
    const { row } = await sentOf((t) => t.update({ metadata: { password: 'sk-canary' } }));
    assert.equal(rootOf(row).metadata.password, MASK);
    assert.equal(row.password, MASK);
  });
});
