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
