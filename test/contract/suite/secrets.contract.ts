import assert from 'node:assert/strict';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { postJson } from '../harness/clients.ts';
import type { Framework } from '../harness/frameworks.ts';
import { httpOf, stageOf } from '../harness/stage.ts';

const CANARY = 'canary-4711';

export function secrets(framework: Framework): void {
  describe('secrets', () => {
    it('are masked wherever they stand under a key that says so', async () => {
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('POST', '/login/:n', async (call) => {
            call.trace.update({ metadata: { api_key: CANARY, nested: { accessToken: CANARY } } });
            await call.trace.step(
              { name: 'check', type: 'tool', inputs: { password: CANARY, user: 'ann' } },
              async (step) => {
                step.update({ metadata: { 'client-secret': CANARY } });
                return { user: 'ann', sessionToken: CANARY };
              },
            );
            return { json: { user: 'ann', token: CANARY, list: [{ apiKey: CANARY }] } };
          }),
      });
      const sent = { user: 'ann', password: CANARY, deep: [{ api_key: CANARY }] };
      const url = `${stage.url}/login/1?q=tea&access_token=${CANARY}`;
      const headers = { authorization: `Bearer ${CANARY}`, cookie: `session=${CANARY}` };
      await (await postJson(url, sent, headers)).text();
      const row = await stage.only();
      assertNoCanary(stage.collector.server.batches);
      assert.deepEqual(row.body, {
        user: 'ann',
        password: '[redacted]',
        deep: [{ api_key: '[redacted]' }],
      });
      assert.deepEqual(row.query, { q: 'tea', access_token: '[redacted]' });
      assert.deepEqual(row.output, {
        user: 'ann',
        token: '[redacted]',
        list: [{ apiKey: '[redacted]' }],
      });
      const [step] = row.steps[0]?.steps ?? [];
      assert.deepEqual(step?.inputs, { password: '[redacted]', user: 'ann' });
      assert.deepEqual(step?.output, { user: 'ann', sessionToken: '[redacted]' });
      assert.equal(httpOf(row).path, '/login/1');
    });

    it('are masked in forms, in JSON that was cut, and in streams of JSON', async () => {
      await using stage = await stageOf(framework, {
        mounts: ['tracing', 'json', 'urlencoded'],
        options: { capture: { maxBytes: 80 } },
        define: (app) => {
          app.route('POST', '/json', () => ({
            json: { password: CANARY, text: 'long '.repeat(50) },
          }));
          app.route('POST', '/lines', () => ({
            stream: line(`{"n":1,"secret":"${CANARY}"}\n`),
            headers: { 'content-type': 'application/x-ndjson' },
          }));
        },
      });
      const body = new URLSearchParams({ user: 'ann', password: CANARY });
      await (await fetch(`${stage.url}/json`, { method: 'POST', body })).text();
      const long = { password: CANARY, text: 'long '.repeat(50) };
      await (await postJson(`${stage.url}/lines`, long)).text();
      await stage.rows(2);
      assertNoCanary(stage.collector.server.batches);
    });

    it('in headers are never taken, and other headers only where they are named', async () => {
      await using stage = await stageOf(framework, {
        define: (app) => app.route('POST', '/', () => ({ text: 'ok' })),
        options: { capture: { headers: ['User-Agent', 'x-tenant', 'x-missing'] } },
      });
      const headers = {
        authorization: `Bearer ${CANARY}`,
        cookie: CANARY,
        'x-api-key': CANARY,
        'x-tenant': 'library',
        'user-agent': 'mocha',
      };
      await (await postJson(stage.url, {}, headers)).text();
      const row = await stage.only();
      assert.deepEqual(row.metadata?.headers, { 'user-agent': 'mocha', 'x-tenant': 'library' });
      assertNoCanary(stage.collector.server.batches);
    });
  });

  describe('columns of ours', () => {
    it('are never overwritten by what a client sends', async () => {
      const sent = Object.fromEntries(RESERVED.map((name) => [name, CANARY]));
      await using stage = await stageOf(framework, {
        define: (app) =>
          app.route('POST', '/', async (call) => {
            // Careless, and not unheard of: the client chooses the keys.
            const body = (await call.body()) as Record<string, unknown>;
            call.trace.update({ metadata: body, input: body });
            return { text: 'the answer' };
          }),
      });
      const headers = { 'x-request-id': 'the-id' };
      await (await postJson(stage.url, sent, headers)).text();
      const row = await stage.row('the-id');
      assertOwn(row);
      assert.deepEqual(row.steps[0]?.inputs, sent);
      for (const name of RESERVED) assert.equal(row[`input_${name}`], CANARY);
    });

    it('are never overwritten by metadata, or by a client that names a prototype', async () => {
      await using stage = await stageOf(framework, {
        define: (app, { tell }) =>
          app.route('POST', '/', async (call) => {
            call.trace.update({ metadata: (await call.body()) as Record<string, unknown> });
            tell('polluted', Object.hasOwn(Object.prototype, 'polluted'));
            return { text: 'the answer' };
          }),
      });
      const sent = `{"__proto__":{"polluted":true},"constructor":1,"body":"taken","query":"taken","http":"taken",${RESERVED.map(
        (name) => `"${name}":"${CANARY}"`,
      )}}`;
      const response = await fetch(stage.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': 'the-id' },
        body: sent,
      });
      assert.equal(response.status, framework.refusesPrototypes ? 400 : 200);
      const row = await stage.row('the-id');
      assertOwn(row, await response.text());
      assert.deepEqual(row.body, JSON.parse(sent));
      assert.equal(row.query, null);
      assert.equal(httpOf(row).outcome, 'completed');
      if (framework.refusesPrototypes) return;
      assert.deepEqual(await stage.told('polluted'), [false]);
    });
  });
}

const RESERVED = [
  'inferenceTimestamp',
  'inferenceId',
  'output',
  'groundTruth',
  'latency',
  'cost',
  'tokens',
  'steps',
  'metadata',
  'user_id',
  'session_id',
  'context',
  '_question',
];

function assertOwn(row: WireRow, answer = 'the answer'): void {
  assert.equal(row.inferenceId, 'the-id');
  assert.equal(row.output, answer);
  assert.ok(row.latency >= 0 && row.inferenceTimestamp > 1e9);
  assert.deepEqual([row.cost, row.tokens], [null, null]);
  assert.equal(row.steps.length, 1);
  assert.equal(typeof row.metadata, 'object');
  for (const name of ['groundTruth', 'user_id', 'session_id', 'context', '_question']) {
    assert.equal(row[name], undefined, name);
  }
}

function assertNoCanary(sent: unknown): void {
  assert.doesNotMatch(JSON.stringify(sent), new RegExp(CANARY));
}

async function* line(text: string): AsyncGenerator<string> {
  yield text;
}
