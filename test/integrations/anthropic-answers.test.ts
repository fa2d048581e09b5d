/** What steps keep of Anthropic's answers, whole and streamed, there and on the clouds that offer its models. */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import Anthropic from 'anthropic1';
import { drain, json, type Reply, sse, stepOf } from './far-end.ts';

type Json = Record<string, unknown>;
type Options = Parameters<typeof traceAnthropic>[1];

const ASKED = {
  model: 'claude-sonnet-4-6',
  max_tokens: 9,
  messages: [{ role: 'user' as const, content: 'Hello' }],
};

function message(content: readonly Json[], over: Json = {}): Json {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-6',
    content,
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5 },
    ...over,
  };
}

/** The events that tell the same as the whole message. */
function eventsOf(whole: Json): (Json & { type: string })[] {
  const { content, usage, stop_reason, stop_sequence, stop_details, context_management, ...head } =
    whole;
  const { output_tokens, server_tool_use, iterations, ...first } = usage as Json;
  const events: (Json & { type: string })[] = [
    {
      type: 'message_start',
      message: {
        ...head,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { ...first, output_tokens: 1 },
      },
    },
  ];
  for (const [index, block] of (content as Json[]).entries()) {
    const [begun, deltas] = piecesOf(block);
    events.push({ type: 'content_block_start', index, content_block: begun });
    for (const delta of deltas) events.push({ type: 'content_block_delta', index, delta });
    events.push({ type: 'content_block_stop', index });
  }
  events.push({
    type: 'message_delta',
    delta: { stop_reason, stop_sequence, stop_details },
    context_management,
    usage: { input_tokens: null, output_tokens, server_tool_use, iterations },
  });
  return [...events, { type: 'message_stop' }];
}

function piecesOf(block: Json): [begun: Json, deltas: Json[]] {
  const { text, thinking, signature, citations, input, ...rest } = block;
  if (block.type === 'text') {
    const quoted = ((citations ?? []) as Json[]).map((citation) => ({
      type: 'citations_delta',
      citation,
    }));
    return [{ ...rest, text: '' }, [...quoted, ...halves(String(text), 'text_delta', 'text')]];
  }
  if (block.type === 'thinking') {
    return [
      { ...rest, thinking: '', signature: '' },
      [
        ...halves(String(thinking), 'thinking_delta', 'thinking'),
        { type: 'signature_delta', signature },
      ],
    ];
  }
  if (block.type === 'compaction') {
    const { content, encrypted_content, ...others } = block;
    return [
      { ...others, content: null, encrypted_content: null },
      [{ type: 'compaction_delta', content, encrypted_content }],
    ];
  }
  if (input === undefined) return [block, []];
  const said = JSON.stringify(input);
  return [
    { ...rest, input: {} },
    said === '{}' ? [] : halves(said, 'input_json_delta', 'partial_json'),
  ];
}

function halves(text: string, type: string, key: string): Json[] {
  const middle = text.length >> 1;
  return [text.slice(0, middle), text.slice(middle)].map((piece) => ({ type, [key]: piece }));
}

function ask(reply: Reply, stream: boolean, options?: Options): Promise<WireStep> {
  return stepOf(reply, async (baseURL) => {
    const client = traceAnthropic(new Anthropic({ apiKey: 'k', baseURL, maxRetries: 0 }), options);
    if (stream) await drain(await client.messages.create({ ...ASKED, stream }));
    else await client.messages.create(ASKED);
  });
}

/** The step of an answer that comes whole, and of the same in pieces. */
async function bothWays(whole: Json, options?: Options): Promise<readonly [WireStep, WireStep]> {
  const atOnce = await ask(json(whole), false, options);
  return [atOnce, await ask(sse(eventsOf(whole)), true, options)];
}

const SECRET = Buffer.alloc(75_000, 'q7').toString('base64');
const NAMED = `[encrypted, ${SECRET.length} characters]`;
const said = { type: 'text', text: 'It is so.' };

describe('the parts of a response of Anthropic', () => {
  const search = { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } };
  const citation = { type: 'web_search_result_location', url: 'https://e.x', cited_text: 'So.' };
  const cases: Record<string, [content: Json[], output: unknown]> = {
    'a text': [[said], 'It is so.'],
    'a tool without arguments': [
      [{ type: 'tool_use', id: 'a', name: 'now', input: {} }],
      { tool_calls: [{ name: 'now', arguments: {}, id: 'a' }] },
    ],
    'a tool that another called': [
      [
        {
          type: 'tool_use',
          id: 'a',
          name: 'click',
          input: { x: 1 },
          toolset_name: 'browser',
          caller: { type: 'code_execution_20250825', tool_id: 's1' },
        },
      ],
      {
        tool_calls: [
          {
            name: 'click',
            arguments: { x: 1 },
            id: 'a',
            toolset_name: 'browser',
            caller: { type: 'code_execution_20250825', tool_id: 's1' },
          },
        ],
      },
    ],
    'a search with encrypted results, and a text that cites them': [
      [
        search,
        {
          type: 'web_search_tool_result',
          tool_use_id: 's1',
          content: [
            {
              type: 'web_search_result',
              url: 'https://e.x',
              title: 'T',
              encrypted_content: SECRET,
            },
          ],
        },
        { ...said, citations: [citation] },
      ],
      {
        content: 'It is so.',
        tool_calls: [
          { name: 'web_search', arguments: { query: 'x' }, id: 's1', type: 'server_tool_use' },
        ],
        parts: [
          {
            type: 'web_search_tool_result',
            tool_use_id: 's1',
            content: [
              {
                type: 'web_search_result',
                url: 'https://e.x',
                title: 'T',
                encrypted_content: NAMED,
              },
            ],
          },
        ],
        citations: [citation],
      },
    ],
    'a tool of an MCP server and its result': [
      [
        { type: 'mcp_tool_use', id: 'm1', name: 'find', server_name: 'files', input: { q: 'a' } },
        {
          type: 'mcp_tool_result',
          tool_use_id: 'm1',
          is_error: false,
          content: [{ type: 'text', text: 'found' }],
        },
      ],
      {
        tool_calls: [
          {
            name: 'find',
            arguments: { q: 'a' },
            id: 'm1',
            type: 'mcp_tool_use',
            server_name: 'files',
          },
        ],
        parts: [
          {
            type: 'mcp_tool_result',
            tool_use_id: 'm1',
            is_error: false,
            content: [{ type: 'text', text: 'found' }],
          },
        ],
      },
    ],
    'a redacted thought': [
      [{ type: 'redacted_thinking', data: 'c2VjcmV0' }, said],
      {
        content: 'It is so.',
        parts: [{ type: 'redacted_thinking', data: '[encrypted, 8 characters]' }],
      },
    ],
    'a compaction': [
      [{ type: 'compaction', content: 'In short.', encrypted_content: SECRET }, said],
      {
        content: 'It is so.',
        parts: [{ type: 'compaction', content: 'In short.', encrypted_content: NAMED }],
      },
    ],
    'a file that the provider wrote': [
      [{ type: 'container_upload', file_id: 'file_1' }, said],
      { content: 'It is so.', parts: [{ type: 'container_upload', file_id: 'file_1' }] },
    ],
    'a block that nobody knows': [
      [{ type: 'hologram', light: { green: 3 } }, said],
      { content: 'It is so.', parts: [{ type: 'hologram', light: { green: 3 } }] },
    ],
  };
  for (const [name, [content, output]] of Object.entries(cases)) {
    it(`are kept: ${name}`, async () => {
      for (const step of await bothWays(message(content))) {
        assert.deepEqual(step.output, output);
        assert.ok(JSON.stringify(step).length < 5000);
      }
    });
  }

  it('are kept: thinking, with a name in place of its signature', async () => {
    const thought = { type: 'thinking', thinking: 'Let me see.', signature: SECRET };
    for (const { output, metadata } of await bothWays(message([thought, said]))) {
      assert.equal(output, 'It is so.');
      assert.equal(metadata.reasoning, 'Let me see.');
      assert.equal(metadata.thinkingSignature, NAMED);
    }
  });

  it('are kept if a stream has unknown events and deltas', async () => {
    const events = eventsOf(message([said]));
    events.splice(
      3,
      0,
      { type: 'content_block_delta', index: 0, delta: { type: 'aside_delta', aside: 'psst, ' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'aside_delta', aside: 'you' } },
      { type: 'weather', sky: 'blue' },
      { type: 'weather', sky: ' and grey' },
      { type: 'ping' },
    );
    const { output } = await ask(sse(events), true);
    assert.deepEqual(output, {
      content: 'It is so.',
      parts: [{ aside: 'psst, you' }, { type: 'weather', sky: 'blue and grey' }],
    });
  });
});

describe('the other fields of a response of Anthropic', () => {
  it('are recorded as metadata', async () => {
    const whole = message([said], {
      stop_reason: 'stop_sequence',
      stop_sequence: 'END',
      container: { id: 'container_1', expires_at: '2026-12-01', skills: null },
      context_management: { applied_edits: [{ type: 'clear_tool_uses_20250919' }] },
      diagnostics: { cache_miss_reason: { type: 'tools_changed' } },
      mood: 'sunny',
    });
    for (const { metadata } of await bothWays(whole)) {
      assert.equal(metadata.responseId, 'msg_1');
      assert.equal(metadata.finishReason, 'stop_sequence');
      assert.equal(metadata.stopSequence, 'END');
      assert.deepEqual(metadata.container, {
        id: 'container_1',
        expires_at: '2026-12-01',
        skills: null,
      });
      assert.deepEqual(metadata.context_management, whole.context_management);
      assert.deepEqual(metadata.diagnostics, whole.diagnostics);
      assert.equal(metadata.mood, 'sunny');
    }
  });

  it('have the text of a refusal', async () => {
    const details = { type: 'refusal', category: 'cyber', explanation: 'That would harm.' };
    const whole = message([said], { stop_reason: 'refusal', stop_details: details });
    for (const { output, metadata } of await bothWays(whole)) {
      assert.deepEqual(output, { content: 'It is so.', refusal: 'That would harm.' });
      assert.equal(metadata.finishReason, 'refusal');
      assert.deepEqual(metadata.stop_details, details);
      assert.equal(metadata.error, undefined);
    }
  });

  for (const reason of ['pause_turn', 'max_tokens', 'model_context_window_exceeded', 'new_one']) {
    it(`have the stop reason ${reason}`, async () => {
      for (const { metadata } of await bothWays(message([said], { stop_reason: reason }))) {
        assert.equal(metadata.finishReason, reason);
        assert.equal(metadata.partial, undefined);
      }
    });
  }

  it('have no content with content: false', async () => {
    const whole = message(
      [
        { ...said, text: 'SAID', citations: [{ cited_text: 'SAID' }] },
        { type: 'mcp_tool_use', id: 'm1', name: 'find', input: { q: 'SAID' } },
        { type: 'hologram', light: 'SAID' },
      ],
      { mood: 'SAID', stop_reason: 'refusal', stop_details: { explanation: 'SAID' } },
    );
    for (const step of await bothWays(whole, { content: false })) {
      assert.doesNotMatch(JSON.stringify(step), /SAID/);
      assert.equal(step.metadata.finishReason, 'refusal');
      assert.equal(step.promptTokens, 10);
    }
    for (const step of await bothWays(whole, { redact: () => '[masked]' })) {
      assert.doesNotMatch(JSON.stringify(step), /SAID/);
      assert.equal(step.metadata.mood, '[masked]');
    }
  });
});

describe('the tokens and billing of a response of Anthropic', () => {
  const cases: Record<string, [usage: Json, tokens: [number, number], billed: Json]> = {
    'caches beside the input': [
      { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 20 },
      [30, 5],
      {},
    ],
    'cache writes by lifetime': [
      {
        input_tokens: 10,
        output_tokens: 5,
        cache_creation_input_tokens: 248,
        cache_creation: { ephemeral_5m_input_tokens: 148, ephemeral_1h_input_tokens: 100 },
      },
      [258, 5],
      { tokens: { cacheCreationHour: 100 } },
    ],
    'cache writes that are told by lifetime alone': [
      {
        input_tokens: 10,
        output_tokens: 5,
        cache_creation: { ephemeral_5m_input_tokens: 148, ephemeral_1h_input_tokens: 100 },
      },
      [258, 5],
      { tokens: { cacheCreationHour: 100 } },
    ],
    'a tier, a speed and a place': [
      {
        input_tokens: 10,
        output_tokens: 5,
        service_tier: 'priority',
        speed: 'fast',
        inference_geo: 'us',
      },
      [10, 5],
      { serviceTier: 'priority', speed: 'fast', region: 'us' },
    ],
    'a batch': [
      { input_tokens: 10, output_tokens: 5, service_tier: 'batch' },
      [10, 5],
      { serviceTier: 'batch', isBatch: true },
    ],
    'tools of the provider': [
      {
        input_tokens: 10,
        output_tokens: 5,
        server_tool_use: { web_search_requests: 3, web_fetch_requests: 0 },
      },
      [10, 5],
      { toolUses: { web_search: 3 } },
    ],
    'a compaction, which is in no count of the whole': [
      {
        input_tokens: 23_000,
        output_tokens: 1000,
        iterations: [
          { type: 'compaction', input_tokens: 180_000, output_tokens: 3500 },
          { type: 'message', input_tokens: 23_000, output_tokens: 1000 },
        ],
      },
      [203_000, 4500],
      {},
    ],
    'an advisor, whose tokens have another price': [
      {
        input_tokens: 10,
        output_tokens: 5,
        iterations: [
          { type: 'message', input_tokens: 10, output_tokens: 5 },
          {
            type: 'advisor_message',
            model: 'claude-opus-4-7',
            input_tokens: 800,
            output_tokens: 90,
            cache_read_input_tokens: 0,
          },
        ],
      },
      [10, 5],
      {
        units: { 'claude-opus-4-7_input_tokens': 800, 'claude-opus-4-7_output_tokens': 90 },
      },
    ],
  };
  for (const [name, [usage, [input, output], billed]] of Object.entries(cases)) {
    it(`are recorded: ${name}`, async () => {
      for (const { promptTokens, completionTokens, tokens, metadata } of await bothWays(
        message([said], { usage }),
      )) {
        assert.deepEqual([promptTokens, completionTokens, tokens], [input, output, input + output]);
        assert.deepEqual(metadata.billed ?? {}, billed);
        const { iterations } = (metadata.usage ?? {}) as Json;
        assert.deepEqual(iterations, usage.iterations);
      }
    });
  }

  it('keep their values if a stream has null or nothing later', async () => {
    const events = eventsOf(message([said]));
    const delta = events.at(-2) as Json;
    delta.usage = { input_tokens: 0, cache_read_input_tokens: null, output_tokens: 7 };
    const start = events[0] as { message?: Json };
    Object.assign(start.message as Json, {
      usage: { input_tokens: 10, cache_read_input_tokens: 4, output_tokens: 1 },
    });
    const { promptTokens, completionTokens } = await ask(sse(events), true);
    assert.deepEqual([promptTokens, completionTokens], [14, 7]);
  });
});

describe('the end of a response of Anthropic', () => {
  it('is a failure if its body is an error with status 200', async () => {
    const body = {
      type: 'error',
      error: { type: 'overloaded_error', message: 'Overloaded' },
      request_id: 'req_1',
    };
    const { metadata } = await ask(json(body), false);
    assert.equal(metadata.error, 'Overloaded');
    assert.equal(metadata.errorType, 'overloaded_error');
    assert.equal(metadata.partial, undefined);
  });

  it("is partial if a stream is cut off, with the work of the provider's tools", async () => {
    const events = eventsOf(
      message([
        { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'x' } },
        { type: 'web_search_tool_result', tool_use_id: 's1', content: [] },
        said,
      ]),
    );
    const untilTheText = events.findIndex(
      ({ content_block }) => (content_block as Json | undefined)?.type === 'text',
    );
    const { output, metadata, completionTokens } = await ask(
      sse(events.slice(0, untilTheText)),
      true,
    );
    assert.deepEqual(output, {
      tool_calls: [
        { name: 'web_search', arguments: { query: 'x' }, id: 's1', type: 'server_tool_use' },
      ],
      parts: [{ type: 'web_search_tool_result', tool_use_id: 's1', content: [] }],
    });
    assert.equal(metadata.partial, true);
    assert.equal(completionTokens, null);
  });

  it('is partial at every cut before the last event, and at none after', async () => {
    const events = eventsOf(message([said]));
    for (let kept = 4; kept <= events.length; kept++) {
      const { metadata } = await ask(sse(events.slice(0, kept)), true);
      assert.equal(metadata.partial, kept === events.length ? undefined : true, `${kept} events`);
    }
  });

  it('is reached by an app that stops reading at the last event', async () => {
    const { metadata, output } = await stepOf(
      (res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        for (const event of eventsOf(message([said]))) {
          res.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
        }
        // The connection stays open.
      },
      async (baseURL) => {
        const client = traceAnthropic(new Anthropic({ apiKey: 'k', baseURL }));
        const stream = await client.messages.create({ ...ASKED, stream: true });
        for await (const event of stream) if (event.type === 'message_stop') break;
      },
    );
    assert.equal(output, 'It is so.');
    assert.equal(metadata.ended, undefined);
  });
});
