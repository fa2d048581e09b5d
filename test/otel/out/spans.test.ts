/** What the spans of a row say: ids, parents, kinds, status, attributes and their limits. */

import assert from 'node:assert/strict';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { type OtelExportOptions, otelExport } from '@openlayer-tracing/otel';
import { type JsonSpan, type OtlpBackend, startBackend } from './otlp-backend.ts';
import { PARENT_ID, ROOT_ID, rowOf, send, step, TRACE_ID } from './rows.ts';

const SERVER = 2;
const CLIENT = 3;
const INTERNAL = 1;
const ERROR = 2;

const http = { method: 'POST', route: '/chat', path: '/chat', status: 200, bytes: 12 };
const child = (number: number, facts: Parameters<typeof step>[0] = {}) =>
  step({ id: `e52a7274-c856-46f4-84ab-00000000000${number}`, ...facts });
const call = (number: number, facts: Parameters<typeof step>[0]) =>
  child(number, { type: 'function_call', ...facts });

describe('the spans of otelExport', () => {
  let backend: OtlpBackend;
  before(async () => {
    backend = await startBackend();
  });
  after(() => backend[Symbol.asyncDispose]());

  async function spansOf(row: WireRow, options: OtelExportOptions = {}): Promise<JsonSpan[]> {
    const delivery = await send(otelExport({ url: backend.url, ...options }), [row]);
    assert.equal(delivery.delivered, 1);
    return [...backend.lastSpans()];
  }

  async function rootOf(row: WireRow, options: OtelExportOptions = {}): Promise<JsonSpan> {
    const [root] = await spansOf(row, options);
    assert.ok(root);
    return root;
  }

  const messagesOf = ({ attributes }: JsonSpan, name: string): unknown =>
    JSON.parse(String(attributes[name]));

  it('are a tree in the order of the steps, with the request as a SERVER span', async () => {
    const row = rowOf(
      step({
        name: 'POST /chat',
        metadata: { http },
        steps: [
          child(1, { type: 'agent', name: 'agent', steps: [child(2, { name: 'inner' })] }),
          child(3, { type: 'chat_completion', model: 'gpt-5' }),
        ],
      }),
    );
    const spans = await spansOf(row);
    const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
    assert.deepEqual(
      spans.map(({ name, parentSpanId = '', kind }) => [name, names.get(parentSpanId), kind]),
      [
        ['POST /chat', undefined, SERVER],
        ['invoke_agent agent', 'POST /chat', INTERNAL],
        ['inner', 'invoke_agent agent', INTERNAL],
        ['chat gpt-5', 'POST /chat', CLIENT],
      ],
    );
    const [root] = spans;
    assert.ok(root);
    assert.equal(root.attributes['http.request.method'], 'POST');
    assert.equal(root.attributes['http.route'], '/chat');
    assert.equal(root.attributes['url.path'], '/chat');
    assert.equal(root.attributes['http.response.status_code'], 200);
    assert.equal(root.attributes['openlayer.inference_id'], 'request-1');
    assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([TRACE_ID]));
  });

  it('start in the order of the steps, also within a millisecond, and never before their parent', async () => {
    const same = Array.from({ length: 5 }, (_, i) =>
      child(i + 2, { name: `step ${i}`, steps: [step({ id: `inner ${i}`, name: `inner ${i}` })] }),
    );
    const spans = await spansOf(
      rowOf(step({ steps: [child(1, { startTime: 1_790_000_000_100 }), ...same] })),
    );
    const startOf = new Map(spans.map((span) => [span.spanId, BigInt(span.startTimeUnixNano)]));
    const [root, early, ...later] = spans;
    assert.equal(early?.startTimeUnixNano, '1790000000100000000');
    const tops = later.filter(({ parentSpanId }) => parentSpanId === root?.spanId);
    const inOrder = [...tops].sort((a, b) =>
      Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)),
    );
    assert.deepEqual(
      inOrder.map(({ name }) => name),
      ['step 0', 'step 1', 'step 2', 'step 3', 'step 4'],
    );
    for (const { parentSpanId = '', startTimeUnixNano, endTimeUnixNano } of later) {
      const start = BigInt(startTimeUnixNano);
      assert.ok(start >= (startOf.get(parentSpanId) ?? 0n));
      assert.ok(start < 1_790_000_000_124_000_000n);
      assert.equal(BigInt(endTimeUnixNano) - start, 12_345_000n);
    }
  });

  it('start in the order of the steps, however many begin in one millisecond', async () => {
    const many = (startTime: number, count: number, from: number) =>
      Array.from({ length: count }, (_, i) =>
        step({ id: `many ${from + i}`, name: `${from + i}`, startTime }),
      );
    const at = 1_790_000_000_123;
    const [, ...spans] = await spansOf(
      rowOf(
        step({
          steps: [...many(at, 2500, 0), ...many(at + 1, 10, 2500), ...many(at + 9, 2, 2510)],
        }),
      ),
    );
    const starts = spans.map(({ startTimeUnixNano }) => BigInt(startTimeUnixNano));
    assert.equal(starts.length, 2512);
    starts.forEach((start, i) => {
      assert.ok(i === 0 || start > (starts[i - 1] ?? 0n), `step ${i} starts before step ${i - 1}`);
    });
    assert.equal(starts[2510], BigInt(at + 9) * 1_000_000n);
  });

  it('that began before their sibling start when they began', async () => {
    const at = 1_790_000_000_500;
    const steps = [child(1, { startTime: at }), child(2, { startTime: at - 300 })];
    const [, , early] = await spansOf(rowOf(step({ steps })));
    assert.equal(early?.startTimeUnixNano, `${at - 300}000000`);
  });

  it('have an INTERNAL root for work outside requests', async () => {
    assert.equal((await rootOf(rowOf(step({ name: 'nightly' })))).kind, INTERNAL);
    const call = step({ type: 'chat_completion', model: 'gpt-5' });
    assert.equal((await rootOf(rowOf(call))).kind, CLIENT);
  });

  it('are CLIENT for calls of databases and HTTP servers, INTERNAL for other functions', async () => {
    const row = rowOf(
      step({
        steps: [
          call(1, { metadata: { database: { system: 'postgresql', namespace: 'shop' } } }),
          call(2, { inputs: { method: 'GET', url: 'http://a.b/' }, metadata: { http: {} } }),
          call(3, { metadata: { server: { host: 'a.b', port: 50051 } } }),
          call(4, { inputs: { method: 'GET', url: 'http://a.b/' } }),
          call(5, { inputs: { n: 1 }, metadata: { database: 'none' } }),
          child(6, { type: 'chain', metadata: { database: { system: 'redis' } } }),
        ],
      }),
    );
    for (const content of [true, false]) {
      const [, ...calls] = await spansOf(row, { content });
      assert.deepEqual(
        calls.map(({ kind }) => kind),
        [CLIENT, CLIENT, CLIENT, INTERNAL, INTERNAL, INTERNAL],
      );
    }
  });

  const METHODS: readonly (readonly [sent: string, method: string, original?: string])[] = [
    ...('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' ') as string[]).map(
      (method) => [method, method] as const,
    ),
    ['FOO', '_OTHER', 'FOO'],
    ['get', '_OTHER', 'get'],
    ['PROPFIND', '_OTHER', 'PROPFIND'],
  ];
  for (const [sent, method, original] of METHODS) {
    it(`have the method ${sent} as ${method}, in both directions`, async () => {
      const asked = call(1, {
        inputs: { method: sent, url: 'http://a.test/b' },
        metadata: { http: {} },
      });
      const metadata = { http: { ...http, method: sent, scheme: 'https' } };
      const [root, client] = await spansOf(
        rowOf(step({ name: `${sent} /chat`, metadata, steps: [asked] })),
      );
      assert.equal(root?.name, `${method === '_OTHER' ? 'HTTP' : sent} /chat`);
      assert.equal(root.attributes['url.scheme'], 'https');
      for (const span of [root, client]) {
        assert.equal(span?.attributes['http.request.method'], method);
        assert.equal(span?.attributes['http.request.method_original'], original);
      }
    });
  }

  it('keep a name that the app chose, and have no scheme that the row does not have', async () => {
    const root = await rootOf(
      rowOf(step({ name: 'FOOD', metadata: { http: { ...http, method: 'FOO' } } })),
    );
    assert.equal(root.name, 'FOOD');
    assert.equal(root.attributes['url.scheme'], undefined);
  });

  it('have the attributes of OpenTelemetry for calls of databases and HTTP servers', async () => {
    const query = call(1, {
      inputs: { query: 'SELECT 1' },
      metadata: {
        database: { system: 'postgresql', namespace: 'shop', operation: 'SELECT' },
        server: { host: 'db.test', port: 5432 },
      },
    });
    const request = call(2, {
      inputs: { method: 'GET', url: 'http://a.test/b' },
      output: { status: 200 },
      metadata: { http: { host: 'a.test', port: 80, path: '/b' } },
    });
    const ofConventions = ({ attributes }: JsonSpan) =>
      Object.fromEntries(
        Object.entries(attributes).filter(([key]) => !key.startsWith('openlayer.')),
      );
    const row = rowOf(step({ steps: [query, request] }));
    assert.deepEqual((await spansOf(row)).slice(1).map(ofConventions), [
      {
        'db.system.name': 'postgresql',
        'db.namespace': 'shop',
        'db.operation.name': 'SELECT',
        'server.address': 'db.test',
        'server.port': 5432,
        'db.query.text': 'SELECT 1',
      },
      {
        'server.address': 'a.test',
        'server.port': 80,
        'http.request.method': 'GET',
        'url.full': 'http://a.test/b',
        'http.response.status_code': 200,
      },
    ]);
    const [, first] = await spansOf(row, { content: false });
    assert.equal(first?.attributes['db.query.text'], undefined);
    assert.equal(first?.attributes['db.system.name'], 'postgresql');
  });

  it('have the same ids whenever the row is sent, and no two the same', async () => {
    const same = { steps: [child(1), child(1), step({ id: 'no uuid' }), step({ id: 'no uuid' })] };
    const row = rowOf(step(same));
    const first = (await spansOf(row)).map(({ spanId }) => spanId);
    const second = (await spansOf(row)).map(({ spanId }) => spanId);
    assert.deepEqual(first, second);
    assert.equal(new Set(first).size, 5);
    for (const id of first) assert.match(id, /^(?!0{16})[0-9a-f]{16}$/);
  });

  it('have the span id that other services were sent', async () => {
    const otel = { span_id: 'aaaaaaaaaaaaaaaa' };
    assert.equal((await rootOf(rowOf(step({ metadata: { otel } })))).spanId, otel.span_id);
    for (const wrong of ['AAAAAAAAAAAAAAAA', '0'.repeat(16), 'abc', 7, null]) {
      const { spanId } = await rootOf(rowOf(step({ metadata: { otel: { span_id: wrong } } })));
      assert.equal(spanId, (await rootOf(rowOf(step()))).spanId);
    }
  });

  it('of a row without a trace id get one by its inference ID', async () => {
    const without = (inferenceId: string) => rowOf(step(), { inferenceId, trace_id: '' });
    const uuid = '0b54ae1a-d84e-4aae-9d1c-ec7d5b9b2f9b';
    assert.equal((await rootOf(without(uuid))).traceId, '0b54ae1ad84e4aae9d1cec7d5b9b2f9b');
    const ids = new Set<string>();
    for (const id of ['a', 'b', 'aa', 'ab', 'ba', '', '00000000-0000-0000-0000-000000000000']) {
      const { traceId } = await rootOf(without(id));
      assert.match(traceId, /^(?!0{32})[0-9a-f]{32}$/);
      assert.equal((await rootOf(without(id))).traceId, traceId);
      ids.add(traceId);
    }
    assert.equal(ids.size, 7);
  });

  describe('with a caller', () => {
    const otel = { span_id: 'aaaaaaaaaaaaaaaa', parent_span_id: PARENT_ID, sampled: false };
    const row = rowOf(step({ metadata: { http, otel }, steps: [child(1)] }));

    it('continue its trace, by the profile apm', async () => {
      const [root, inner] = await spansOf(row);
      assert.equal(root?.parentSpanId, PARENT_ID);
      assert.equal(root.flags & 0x300, 0x300);
      assert.deepEqual(root.links, []);
      assert.equal(inner?.parentSpanId, root.spanId);
      assert.equal(inner.flags & 0x300, 0x100);
    });

    it('have a root without parent and a link, by the profile llm', async () => {
      const [root, inner] = await spansOf(row, { profile: 'llm' });
      assert.equal(root?.parentSpanId, undefined);
      assert.equal(root?.flags, 0x101);
      assert.deepEqual(
        root?.links.map(({ traceId, spanId }) => [traceId, spanId]),
        [[TRACE_ID, PARENT_ID]],
      );
      assert.equal(inner?.parentSpanId, root?.spanId);
    });

    it('are sampled, whatever the caller decided', async () => {
      for (const { flags } of await spansOf(row)) assert.equal(flags & 1, 1);
    });
  });

  it('carry errors as status and event, and responses of 500 as errors', async () => {
    const metadata = { http, error: 'no drills', errorType: 'RangeError', Exceptions: 'no drills' };
    const root = await rootOf(rowOf(step({ metadata })));
    assert.deepEqual(root.status, { code: ERROR, message: 'no drills' });
    assert.equal(root.attributes['error.type'], 'RangeError');
    const [event] = root.events;
    assert.equal(event?.name, 'exception');
    assert.equal(event.timeUnixNano, root.endTimeUnixNano);
    assert.deepEqual(event.attributes, {
      'exception.type': 'RangeError',
      'exception.message': 'no drills',
    });
    const statusOf = async (status: number) => {
      const { status: found, attributes } = await rootOf(
        rowOf(step({ metadata: { http: { ...http, status } } })),
      );
      return [found.code, attributes['error.type']];
    };
    assert.deepEqual(await statusOf(499), [0, undefined]);
    assert.deepEqual(await statusOf(500), [ERROR, '500']);
  });

  it('carry model calls, tools, users and sessions by the GenAI conventions', async () => {
    const row = rowOf(
      step({
        metadata: { http, tags: ['beta'] },
        steps: [
          child(1, {
            type: 'chat_completion',
            provider: 'google',
            model: 'gemini-3',
            promptTokens: 10,
            completionTokens: 4,
            tokens: 14,
            usageDetails: { cached_tokens: 3 },
            modelParameters: { temperature: 0.5 },
            inputs: { prompt: [{ role: 'user', content: 'May I?' }] },
            output: 'Yes.',
            metadata: { finishReason: 'stop', timeToFirstToken: 250 },
          }),
          child(2, {
            type: 'tool',
            functionName: 'search',
            arguments: { q: 'drill' },
            inputs: { q: 'drill' },
            output: { found: 2 },
          }),
        ],
      }),
      { user_id: 'ada', session_id: 's-1' },
    );
    const [root, call, tool] = await spansOf(row);
    assert.equal(root?.attributes['user.id'], 'ada');
    assert.equal(root.attributes['session.id'], 's-1');
    assert.deepEqual(root.attributes['openlayer.tags'], ['beta']);
    const facts = call?.attributes ?? {};
    assert.equal(facts['gen_ai.operation.name'], 'chat');
    assert.equal(facts['gen_ai.provider.name'], 'gcp.gemini');
    assert.equal(facts['gen_ai.request.model'], 'gemini-3');
    assert.equal(facts['gen_ai.usage.input_tokens'], 10);
    assert.equal(facts['gen_ai.usage.output_tokens'], 4);
    assert.equal(facts['gen_ai.usage.cache_read.input_tokens'], 3);
    assert.equal(facts['gen_ai.request.temperature'], 0.5);
    assert.equal(facts['gen_ai.response.time_to_first_chunk'], 0.25);
    assert.deepEqual(facts['gen_ai.response.finish_reasons'], ['stop']);
    assert.deepEqual(messagesOf(call as JsonSpan, 'gen_ai.input.messages'), [
      { role: 'user', parts: [{ type: 'text', content: 'May I?' }] },
    ]);
    assert.equal(tool?.name, 'execute_tool search');
    assert.equal(tool.attributes['gen_ai.tool.call.arguments'], '{"q":"drill"}');
    assert.equal(tool.attributes['gen_ai.tool.call.result'], '{"found":2}');
  });

  it('leave out steps that the app exports by its own SDK, or not', async () => {
    const own = { trace_id: TRACE_ID, span_id: 'cccccccccccccccc' };
    const elsewhere = { trace_id: 'd'.repeat(32), span_id: 'dddddddddddddddd' };
    const row = rowOf(
      step({
        metadata: { http },
        steps: [
          child(1, {
            name: 'foreign',
            metadata: { otel: own },
            steps: [child(2, { name: 'inner' })],
          }),
          child(3, { name: 'of another trace', metadata: { otel: elsewhere } }),
        ],
      }),
    );
    const named = (spans: readonly JsonSpan[]) =>
      spans.map(({ name, parentSpanId }) => [name, parentSpanId]);
    const all = await spansOf(row, { foreign: 'send' });
    const [root, foreign] = all;
    assert.equal(foreign?.spanId, own.span_id);
    const kept = [
      ['work', undefined],
      ['inner', own.span_id],
      ['of another trace', root?.spanId],
    ];
    assert.deepEqual(named(await spansOf(row)), kept);
    assert.deepEqual(named(await spansOf(row, { foreign: 'skip', profile: 'llm' })), kept);
    assert.equal((await spansOf(row, { profile: 'llm' })).length, 4);
    assert.equal(all.length, 4);
  });

  describe('of the profile llm', () => {
    const conversation = async (row: WireRow) => {
      const root = await rootOf(row, { profile: 'llm' });
      const text = (name: string) =>
        root.attributes[name] === undefined
          ? undefined
          : (messagesOf(root, name) as { role: string; parts: { content: unknown }[] }[]).map(
              ({ role, parts }) => [role, ...parts.map(({ content }) => content)],
            );
      return [text('gen_ai.input.messages'), text('gen_ai.output.messages')];
    };

    it('have the conversation at the root', async () => {
      const messages = [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'May I?' },
      ];
      assert.deepEqual(
        await conversation(rowOf(step({ inputs: { body: { messages } }, output: 'Yes.' }))),
        [
          [
            ['system', 'be brief'],
            ['user', 'May I?'],
          ],
          [['assistant', 'Yes.']],
        ],
      );
    });

    it('have the question, the body or the inputs there where the request holds no messages', async () => {
      const body = { text: 'May I?' };
      const question = rowOf(step({ inputs: { body } }), { _question: 'Drill?' });
      assert.deepEqual(await conversation(question), [[['user', 'Drill?']], undefined]);
      assert.deepEqual(await conversation(rowOf(step({ inputs: { body: 'plain' } }))), [
        [['user', 'plain']],
        undefined,
      ]);
      assert.deepEqual(await conversation(rowOf(step({ inputs: { body }, output: { a: 1 } }))), [
        [['user', '{"text":"May I?"}']],
        [['assistant', '{"a":1}']],
      ]);
      assert.deepEqual(await conversation(rowOf(step({ inputs: { q: 1 } }))), [
        [['user', '{"q":1}']],
        undefined,
      ]);
      assert.deepEqual(await conversation(rowOf(step())), [undefined, undefined]);
    });
  });

  describe('with content: false', () => {
    it('hold no inputs, outputs, messages, arguments, results or questions', async () => {
      const secret = 'S3CRET';
      const types = [
        'user_call chat_completion embedding agent tool retriever chain handoff guardrail',
        'function_call',
      ]
        .join(' ')
        .split(' ') as readonly ReturnType<typeof step>['type'][];
      const steps = types.map((type, i) =>
        child(i, {
          type,
          inputs: { prompt: [{ role: 'user', content: secret }], query: secret },
          output: secret,
          groundTruth: secret,
          metadata: { reasoning: secret, finishReason: 'stop', kept: 'kept' },
          provider: 'openai',
          model: 'gpt-5',
          promptTokens: 3,
          modelParameters: { temperature: 1, system: `${secret} instructions` },
          functionName: 'search',
          arguments: { q: secret },
          documents: [{ content: secret }],
          handoffData: secret,
          rawOutput: secret,
          detectedEntities: [secret],
          action: secret,
        }),
      );
      const inputs = { body: { messages: [{ role: 'user', content: secret }] } };
      const row = rowOf(step({ inputs, output: secret, metadata: { http }, steps }), {
        _question: secret,
        context: [secret],
        body: { messages: [secret] },
      });
      for (const profile of ['apm', 'llm'] as const) {
        const spans = await spansOf(row, { content: false, profile });
        assert.equal(spans.length, types.length + 1);
        assert.doesNotMatch(JSON.stringify(spans), /S3CRET/);
        const call = spans.find(({ name }) => name === 'chat gpt-5');
        assert.equal(call?.attributes['gen_ai.usage.input_tokens'], 3);
        assert.equal(call.attributes['gen_ai.request.temperature'], 1);
        assert.match(String(call.attributes['openlayer.step.metadata']), /kept/);
        assert.match(JSON.stringify(await spansOf(row, { profile })), /S3CRET/);
      }
    });
  });

  describe('with limits', () => {
    it('cut long values by bytes, and JSON so that it stays JSON', async () => {
      const messages = Array.from({ length: 40 }, (_, i) => ({
        role: i % 2 === 0 ? 'user' : 'assistant',
        content: `${i} ${'日本🙂'.repeat(500)}`,
      }));
      const row = rowOf(
        step({
          output: 'ü'.repeat(5000),
          metadata: { http, error: 'é'.repeat(5000) },
          steps: [child(1, { type: 'chat_completion', inputs: { prompt: messages } })],
        }),
      );
      for (const maxAttributeBytes of [64, 100, 2048, 65_536]) {
        const spans = await spansOf(row, { maxAttributeBytes, profile: 'llm' });
        for (const { attributes, events, status } of spans) {
          const all = [attributes, ...events.map((event) => event.attributes)];
          for (const [key, value] of all.flatMap((each) => Object.entries(each))) {
            if (typeof value !== 'string') continue;
            assert.ok(Buffer.byteLength(value) <= maxAttributeBytes, `${key}: ${value}`);
            assert.equal(value, value.toWellFormed());
            if (/messages$|metadata$/.test(key)) JSON.parse(value);
          }
          assert.ok(Buffer.byteLength(status.message ?? '') <= maxAttributeBytes);
        }
        const [root, call] = spans;
        const cut = call?.attributes['openlayer.cut_attributes'];
        assert.deepEqual(cut, ['gen_ai.input.messages']);
        if (maxAttributeBytes >= 2048) {
          const read = messagesOf(call as JsonSpan, 'gen_ai.input.messages') as object[];
          assert.ok(read.length > 4 && read.every((each) => 'role' in each && 'parts' in each));
        }
        const text = String(root?.attributes['openlayer.step.output']);
        if (maxAttributeBytes === 2048) assert.match(text, /^"ü{1000,}…"$/);
      }
    });

    it('keep what just fits, and cut one byte more', async () => {
      const text = 'x'.repeat(2046);
      const output = async (value: string) =>
        (await rootOf(rowOf(step({ output: value })), { maxAttributeBytes: 2048 })).attributes[
          'openlayer.step.output'
        ];
      assert.equal(await output(text), `"${text}"`);
      assert.equal(await output(`${text}y`), `"${text.slice(0, 2043)}…"`);
    });
  });

  it('have the resource of the options and the library as their scope', async () => {
    const { resource } = await rootOf(rowOf(step()), {
      resource: { 'service.name': 'shop', 'service.version': '7', zones: ['a'] },
    });
    assert.deepEqual(resource, {
      'service.name': 'shop',
      'service.version': '7',
      zones: ['a'],
      'telemetry.sdk.name': 'openlayer-tracing',
      'telemetry.sdk.language': 'nodejs',
      'telemetry.sdk.version': '0.1.0',
    });
  });

  it('are not made of rows that cannot be read, which count as lost', async () => {
    const before = backend.requests.length;
    const exported = otelExport({ url: backend.url });
    const wrong = [{ steps: [] }, { inferenceId: 'x' }, [], { steps: [7] }];
    assert.deepEqual(await send(exported, wrong), { delivered: 0, lost: { internal_error: 4 } });
    assert.equal(backend.requests.length, before, 'an empty request was sent');
    const mixed = await send(exported, [rowOf(step()), { steps: [] }]);
    assert.deepEqual([mixed.delivered, mixed.lost], [1, { internal_error: 1 }]);
    assert.equal(backend.lastSpans().length, 1);
  });

  it('bear hostile rows', async () => {
    const odd = {
      steps: [
        {
          id: null,
          name: null,
          type: 'unknown',
          startTime: 'soon',
          latency: -1,
          metadata: [],
          steps: [null, 7, { id: ROOT_ID, type: '__proto__', metadata: { http: 'x' }, steps: {} }],
        },
      ],
    };
    assert.equal(
      (await send(otelExport({ url: backend.url, profile: 'llm' }), [odd])).delivered,
      1,
    );
    assert.equal(backend.lastSpans().length, 2);
  });
});
