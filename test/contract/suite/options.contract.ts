import assert from 'node:assert/strict';
import { ConfigError, type TracerOptions } from '@openlayer-tracing/core';
import { postJson } from '../harness/clients.ts';
import type { App, Framework } from '../harness/frameworks.ts';
import { pause } from '../harness/pause.ts';
import { stageOf, stepsOf } from '../harness/stage.ts';

export function options(framework: Framework): void {
  describe('options', () => {
    it('name traces, users and sessions, and add metadata', async () => {
      await using stage = await stageOf(framework, {
        define: hello,
        options: {
          name: ({ path }) => `ask ${path}`,
          user: ({ header }) => header('x-user'),
          session: () => 7,
          metadata: ({ header }) => ({ tenant: header('x-tenant'), list: [1], plan: 'free' }),
        },
      });
      const headers = { 'x-user': 'ann', 'x-tenant': 'library' };
      await (await fetch(`${stage.url}/hello`, { headers })).text();
      const row = await stage.only();
      assert.equal(row.steps[0]?.name, 'ask /hello');
      const { http, ...metadata } = row.metadata ?? {};
      assert.deepEqual(metadata, { plan: 'pro', tenant: 'library', list: [1] });
      assert.deepEqual(
        [row.user_id, row.session_id, row.tenant, row.plan],
        ['ann', '7', 'library', 'pro'],
      );
    });

    it('give way to what the handler says', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('GET', '/', (call) => {
            call.trace.update({ name: 'mine', userId: 'mine', sessionId: 'mine' });
            call.trace.update({ tags: ['a'], groundTruth: 'forty-two' });
            return { text: 'ok' };
          }),
        options: { name: () => 'option', user: () => 'option', session: () => 'option' },
      });
      await (await fetch(stage.url)).text();
      const row = await stage.only();
      assert.equal(row.steps[0]?.name, 'mine');
      assert.deepEqual([row.user_id, row.session_id], ['mine', 'mine']);
      assert.deepEqual([row.metadata?.tags, row.groundTruth], [['a'], 'forty-two']);
    });

    it('skip requests, whose handlers find a trace that records nothing', async () => {
      await using stage = await stageOf(framework, {
        define: hello,
        options: { skip: ({ path }) => path === '/hello' },
      });
      const headers = { 'x-request-id': 'mine' };
      const response = await fetch(`${stage.url}/hello`, { headers });
      assert.equal(await response.text(), 'Hello!');
      assert.equal(response.headers.get('x-request-id'), null);
      await (await fetch(`${stage.url}/nowhere`)).text();
      assert.equal((await stage.only()).steps[0]?.name, 'GET /nowhere');
      assert.equal((await stage.stats()).started, 1);
    });

    it('that throw harm nothing: each is said once, and the request is traced without it', async () => {
      const broken = (): never => {
        throw new Error('broken option');
      };
      await using stage = await stageOf(framework, {
        define: hello,
        options: {
          name: broken,
          skip: broken,
          input: broken,
          user: broken,
          session: broken,
          metadata: broken,
          output: broken,
          sample: broken,
          inferenceId: { from: broken, trust: broken },
        },
        diagnostics: [
          'option_skip_failed',
          'option_inferenceId.from_failed',
          'option_inferenceId.trust_failed',
          'option_output_failed',
          'option_input_failed',
          'option_user_failed',
          'option_session_failed',
          'option_metadata_failed',
          'option_name_failed',
          'sample_failed',
        ],
      });
      for (let n = 0; n < 2; n++) {
        const headers = { 'x-request-id': 'mine' };
        const response = await fetch(`${stage.url}/hello`, { headers });
        assert.equal(await response.text(), 'Hello!');
      }
      for (const row of await stage.rows(2)) {
        assert.equal(row.steps[0]?.name, 'GET /hello');
        // It may have been meant to leave something out.
        assert.equal(row.output, null);
      }
    });

    for (const [given, message] of wrong) {
      it(`that cannot work throw where they are given: ${JSON.stringify(given)}`, async () => {
        const refusal = await stageOf(framework, { define: hello, options: given }).then(
          (stage) => stage[Symbol.asyncDispose](),
          (error: unknown) => error,
        );
        assert.ok(refusal instanceof ConfigError, String(refusal));
        assert.match(refusal.message, message);
      });
    }
  });

  describe('sampling', () => {
    it('at rate 0 publishes nothing and counts all', async () => {
      await using stage = await stageOf(framework, { define: hello, options: { sample: 0 } });
      for (let n = 0; n < 10; n++) await (await fetch(`${stage.url}/hello`)).text();
      await stage.rows(0);
      assert.equal((await stage.stats()).sampledOut, 10);
    });

    it('at rate 1 publishes all', async () => {
      await using stage = await stageOf(framework, { define: hello, options: { sample: 1 } });
      for (let n = 0; n < 10; n++) await (await fetch(`${stage.url}/hello`)).text();
      await stage.rows(10);
      assert.equal((await stage.stats()).sampledOut, 0);
    });

    it('by a function decides on the settled trace, such as to keep what failed', async () => {
      await using stage = await stageOf(framework, {
        define: (app) => {
          app.route('GET', '/hello', async () => {
            await pause(1);
            return { text: 'Hello!' };
          });
          app.route('GET', '/fail', async () => {
            await pause(1);
            throw new Error('no such shelf');
          });
        },
        options: ({ tell }) => ({
          sample: ({ name, outcome, statusCode, hasError, latencyMs }) => {
            tell('asked', `${name} ${outcome} ${statusCode} ${hasError} ${latencyMs > 0}`);
            return hasError;
          },
        }),
      });
      for (const path of ['/hello', '/fail', '/hello']) {
        await (await fetch(`${stage.url}${path}`)).text();
      }
      assert.match(stepsOf(await stage.only()), /error {2}500/);
      assert.deepEqual(await stage.told('asked', 3), [
        'GET /hello completed 200 false true',
        'GET /fail error 500 true true',
        'GET /hello completed 200 false true',
      ]);
      assert.equal((await stage.stats()).sampledOut, 2);
    });
  });

  describe('where nothing is published', () => {
    const reasons: readonly (readonly [string, TracerOptions])[] = [
      ['publishing is off', { publish: false }],
      ['the key is missing', { apiKey: '' }],
      ['key and pipeline are missing', { apiKey: '', inferencePipelineId: '' }],
    ];
    for (const [why, tracer] of reasons) {
      it(`since ${why}, handlers run as ever on a trace that does nothing`, async () => {
        const isOff = 'publish' in tracer;
        await using stage = await stageOf(framework, {
          define: useTrace,
          tracer,
          diagnostics: isOff ? [] : ['not_configured'],
        });
        for (let n = 0; n < 3; n++) {
          const response = await postJson(stage.url, { question: 'Why?' });
          assert.equal(response.headers.get('x-request-id'), null);
          assert.deepEqual(await response.json(), {
            result: 42,
            question: 'Why?',
            isAborted: false,
            headers: {},
            hasId: true,
          });
        }
        await stage.rows(0);
        assert.equal((await stage.stats()).started, 0);
        const [diagnostic] = await stage.diagnostics();
        assert.equal(diagnostic?.level, isOff ? undefined : 'warn');
        if (!isOff) assert.match(diagnostic?.message ?? '', /set OPENLAYER_API_KEY/);
      });
    }
  });
}

const wrong: readonly (readonly [object, RegExp])[] = [
  [{ name: 'chat' }, /name must be a function/],
  [{ inferenceId: { header: 'no header' } }, /inferenceId\.header/],
  [{ inferenceId: { header: 7 } }, /inferenceId\.header must be the name of an HTTP header/],
  [{ capture: { headers: ['Authorization'] } }, /Authorization.*never captured/],
  [{ apikey: 'x' }, /^openlayerTracing: apikey is not known; did you mean apiKey\?/],
  [{ users: () => 'ada' }, /^openlayerTracing: users is not known; did you mean user\?$/],
  [{ capture: { headers: 'user-agent' } }, /capture\.headers must be an array of names/],
  [{ capture: { body: true } }, /capture\.body is not known; capture takes request, response/],
  [{ capture: { response: 'no' } }, /capture\.response must be true or false/],
  [{ inferenceId: { headers: 'x' } }, /inferenceId\.headers is not known; did you mean header\?/],
  [{ inferenceId: { trust: 'no' } }, /inferenceId\.trust must be true, false or a function/],
  [{ inferenceId: { echo: 'no' } }, /inferenceId\.echo must be true or false/],
  [{ sample: '0.5' }, /sample must be a rate from 0 to 1 or a function, but is "0\.5"/],
  [{ capture: { maxBytes: 0 } }, /capture\.maxBytes must be a number above 0/],
  [{ sample: 1.5 }, /sample must be a rate from 0 to 1/],
  [{ maxAgeMs: -1 }, /maxAgeMs must be a number above 0/],
  [{ tracer: {} }, /tracer must come from createTracer/],
  [{ tracer: undefined, baseUrl: 'ftp://example.com' }, /baseUrl must start with https/],
];

function hello(app: App): void {
  app.route('GET', '/hello', (call) => {
    call.trace.update({ metadata: { plan: 'pro' } });
    return { text: 'Hello!' };
  });
}

/** Every method that a handler may call. */
function useTrace(app: App): void {
  app.route('POST', '/', async (call) => {
    const { trace } = call;
    trace.update({ userId: 'ann', metadata: { n: 1 } });
    trace.updateStep({ metadata: { n: 1 } });
    trace.addStep({ name: 'before', latency: 5 });
    trace.root.update({ output: 'x' });
    using started = trace.startStep({ name: 'open', type: 'tool' });
    started.update({ functionName: 'f' });
    await trace.waitUntil(pause(1));
    const bound = trace.bind((n: number) => n + 1);
    const result = await trace.step('work', async (step) => {
      step.update({ output: 1 });
      return step.step('inner', () => trace.run(() => bound(41)));
    });
    const { question } = (await call.body()) as { question: string };
    const isAborted = trace.signal.aborted;
    const hasId = trace.inferenceId.length > 0;
    const tokens = trace.usage.tokens;
    return { json: { result, question, isAborted, hasId, tokens, headers: trace.headers() } };
  });
}
