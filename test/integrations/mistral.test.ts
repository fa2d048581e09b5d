/** What Mistral's client is answered, and what of it is recorded. */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { Mistral } from 'mistral2';
import { type Reply, read, stepOfCall, stepsOfCalls } from './answering.ts';

function mistral(url: string, options: Parameters<typeof traceMistral>[1] = {}): Mistral {
  return traceMistral(new Mistral({ apiKey: 'k', serverURL: url }), options);
}

const model = 'mistral-large-latest';
const ask = { model, messages: [{ role: 'user' as const, content: 'hi' }] };
const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
const head = { id: 'c1', object: 'chat.completion', created: 1, model: 'mistral-large-2512' };

function assertHolds(value: unknown, expected: object): void {
  assert.deepEqual({ ...(value as object), ...expected }, value);
}

/** The step of an answer, whole and as the events of a stream. */
async function bothWays(
  check: (step: WireStep, how: string) => void,
  whole: object,
  events: readonly (object | string)[],
): Promise<void> {
  check(await stepOfCall({ json: whole }, (url) => mistral(url).chat.complete(ask)), 'whole');
  check(
    await stepOfCall({ events }, async (url) => read(await mistral(url).chat.stream(ask))),
    'streamed',
  );
}

const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) => ({
  ...head,
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
});

describe("Mistral's chats", () => {
  const parts = [
    { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }], signature: 's'.repeat(50) },
    { type: 'text', text: 'It is ' },
    { type: 'reference', reference_ids: [1, 2] },
    { type: 'text', text: 'noon.' },
  ];

  it('keep their parts and other fields', () =>
    bothWays(
      ({ output, metadata, promptTokens, model: told }, how) => {
        assert.deepEqual(
          output,
          {
            content: 'It is noon.',
            parts: [
              { type: 'thinking', signature: '[encrypted, 50 characters]' },
              { type: 'reference', reference_ids: [1, 2] },
            ],
          },
          how,
        );
        assert.equal(metadata.reasoning, 'Hm.', how);
        assert.deepEqual([told, promptTokens], ['mistral-large-2512', 5], how);
        assert.equal(metadata.somethingNew, 'kept', how);
        assert.equal(metadata.newOfChoice, 'kept too', how);
        assert.deepEqual(metadata.billed, { seconds: 3, serviceTier: 'priority' }, how);
        assert.deepEqual(metadata.otherUsage, { request_count: 1 }, how);
      },
      {
        ...head,
        choices: [
          {
            index: 0,
            message: { role: 'assistant', content: parts },
            finish_reason: 'stop',
            newOfChoice: 'kept too',
          },
        ],
        somethingNew: 'kept',
        usage: { ...usage, prompt_audio_seconds: 3, service_tier: 'priority', request_count: 1 },
      },
      [
        ...parts.map((part) => chunk({ content: [part] })),
        {
          ...head,
          choices: [
            { index: 0, delta: { content: '' }, finish_reason: 'stop', newOfChoice: 'kept too' },
          ],
          somethingNew: 'kept',
          usage: { ...usage, prompt_audio_seconds: 3, service_tier: 'priority', request_count: 1 },
        },
        '[DONE]',
      ],
    ));

  it('call several tools with the same index, by their ids and without arguments', () =>
    bothWays(
      ({ output }, how) =>
        assert.deepEqual(
          output,
          {
            tool_calls: [
              { name: 'a', arguments: { x: 1 }, id: 'c1' },
              { name: 'b', arguments: {}, id: 'c2' },
            ],
          },
          how,
        ),
      {
        ...head,
        choices: [
          {
            index: 0,
            finish_reason: 'tool_calls',
            message: {
              content: '',
              tool_calls: [
                { id: 'c1', function: { name: 'a', arguments: { x: 1 } } },
                { id: 'c2', function: { name: 'b', arguments: '' } },
              ],
            },
          },
        ],
        usage,
      },
      [
        chunk({ tool_calls: [{ id: 'c1', index: 0, function: { name: 'a', arguments: '{"x"' } }] }),
        chunk({ tool_calls: [{ id: 'null', index: 0, function: { name: '', arguments: ':1}' } }] }),
        chunk({ tool_calls: [{ id: 'c2', index: 0, function: { name: 'b', arguments: '' } }] }),
        chunk({ content: '' }, 'tool_calls', { usage }),
        '[DONE]',
      ],
    ));

  it('have the size of audio in their prompt', async () => {
    const inputAudio = Buffer.alloc(300, 9).toString('base64');
    const content = [{ type: 'input_audio' as const, inputAudio }];
    const whole = { ...head, choices: [{ index: 0, message: { role: 'assistant' } }], usage };
    const { inputs } = await stepOfCall({ json: whole }, (url) =>
      mistral(url).chat.complete({ model, messages: [{ role: 'user', content }] }),
    );
    const audio = { type: 'input_audio', input_audio: '[base64, 300 bytes]' };
    assert.deepEqual(inputs, { prompt: [{ role: 'user', content: [audio] }] });
  });

  it('have several answers', () =>
    bothWays(
      ({ output, metadata }, how) => {
        assert.deepEqual(output, ['One.', 'Two.'], how);
        assert.deepEqual(
          metadata.choices,
          [{ finishReason: 'stop' }, { finishReason: 'length' }],
          how,
        );
      },
      {
        ...head,
        choices: [
          { index: 0, message: { content: 'One.' }, finish_reason: 'stop' },
          { index: 1, message: { content: 'Two.' }, finish_reason: 'length' },
        ],
        usage,
      },
      [
        { ...head, choices: [{ index: 1, delta: { content: 'Tw' }, finish_reason: null }] },
        { ...head, choices: [{ index: 0, delta: { content: 'One.' }, finish_reason: 'stop' }] },
        {
          ...head,
          choices: [{ index: 1, delta: { content: 'o.' }, finish_reason: 'length' }],
          usage,
        },
        '[DONE]',
      ],
    ));

  for (const [name, json, event, message] of [
    [
      'a choice that failed',
      { ...head, choices: [{ index: 0, message: { content: '' }, finish_reason: 'error' }], usage },
      chunk({ content: '' }, 'error', { usage }),
      'the model stopped: error',
    ],
    [
      'an error under a status of success',
      { object: 'error', type: 'internal', message: 'no luck', code: 3000 },
      { object: 'error', type: 'internal', message: 'no luck', code: 3000 },
      'no luck',
    ],
  ] as const) {
    it(`fail with ${name}`, () =>
      bothWays(({ metadata }, how) => assert.equal(metadata.error, message, how), json, [event]));
  }

  it('are partial if their stream is cut off', async () => {
    const { metadata } = await stepOfCall({ events: [chunk({ content: 'So' })] }, async (url) =>
      read(await mistral(url).chat.stream(ask)),
    );
    assert.equal(metadata.partial, true);
  });
});

describe("Mistral's conversations", () => {
  const told = {
    prompt_tokens: 188,
    completion_tokens: 55,
    connector_tokens: 7112,
    total_tokens: 7355,
    connectors: { web_search: 1 },
  };
  const whole = {
    object: 'conversation.response',
    conversation_id: 'conv_1',
    outputs: [
      {
        type: 'agent.handoff',
        previous_agent_id: 'a',
        previous_agent_name: 'A',
        next_agent_id: 'b',
        next_agent_name: 'B',
      },
      {
        type: 'tool.execution',
        id: 't1',
        name: 'web_search',
        arguments: '{"query":"q"}',
        info: { n: 1 },
      },
      {
        type: 'function.call',
        id: 'f1',
        tool_call_id: 'c1',
        name: 'now',
        arguments: '',
        confirmation_status: 'pending',
      },
      {
        type: 'message.output',
        model: 'm-1',
        agent_id: 'b',
        content: [
          { type: 'text', text: 'It is noon.' },
          { type: 'tool_reference', tool: 'web_search', title: 'T', url: 'u' },
        ],
      },
    ],
    usage: told,
    guardrails: [{ name: 'g' }],
  };
  const events = [
    { type: 'conversation.response.started', conversation_id: 'conv_1' },
    {
      type: 'agent.handoff.started',
      output_index: 0,
      id: 'h',
      previous_agent_id: 'a',
      previous_agent_name: 'A',
    },
    {
      type: 'agent.handoff.done',
      output_index: 0,
      id: 'h',
      next_agent_id: 'b',
      next_agent_name: 'B',
    },
    {
      type: 'tool.execution.started',
      output_index: 1,
      id: 't1',
      name: 'web_search',
      arguments: '',
    },
    {
      type: 'tool.execution.delta',
      output_index: 1,
      id: 't1',
      name: 'web_search',
      arguments: '{"query":"q"}',
    },
    { type: 'tool.execution.done', output_index: 1, id: 't1', name: 'web_search', info: { n: 1 } },
    {
      type: 'function.call.delta',
      output_index: 2,
      id: 'f1',
      tool_call_id: 'c1',
      name: 'now',
      arguments: '',
      confirmation_status: 'pending',
    },
    {
      type: 'message.output.delta',
      output_index: 3,
      id: 'm',
      model: 'm-1',
      agent_id: 'b',
      role: 'assistant',
      content: 'It is ',
    },
    { type: 'message.output.delta', output_index: 3, id: 'm', role: 'assistant', content: 'noon.' },
    {
      type: 'message.output.delta',
      output_index: 3,
      id: 'm',
      role: 'assistant',
      content: { type: 'tool_reference', tool: 'web_search', title: 'T', url: 'u' },
    },
    { type: 'conversation.response.done', usage: told, guardrails: [{ name: 'g' }] },
  ].map((data) => ({ event: data.type, created_at: '2026-01-01T00:00:00Z', ...data }));

  for (const [name, complete, stream] of [
    [
      'started',
      (m: Mistral) => m.beta.conversations.start({ model, inputs: 'hi' }),
      (m: Mistral) => m.beta.conversations.startStream({ model, inputs: 'hi' }),
    ],
    [
      'continued',
      (m: Mistral) =>
        m.beta.conversations.append({
          conversationId: 'conv_1',
          conversationAppendRequest: { inputs: 'hi' },
        }),
      (m: Mistral) =>
        m.beta.conversations.appendStream({
          conversationId: 'conv_1',
          conversationAppendStreamRequest: { inputs: 'hi' },
        }),
    ],
    [
      'begun anew',
      (m: Mistral) =>
        m.beta.conversations.restart({
          conversationId: 'conv_1',
          conversationRestartRequest: { inputs: 'hi', fromEntryId: 'e' },
        }),
      (m: Mistral) =>
        m.beta.conversations.restartStream({
          conversationId: 'conv_1',
          conversationRestartStreamRequest: { inputs: 'hi', fromEntryId: 'e' },
        }),
    ],
  ] as const) {
    it(`are recorded: ${name}, whole and streamed`, async () => {
      for (const [how, reply, call] of [
        ['whole', { json: whole }, complete],
        ['streamed', { events }, async (m: Mistral) => read(await stream(m))],
      ] as const) {
        const step = await stepOfCall(reply as Reply, (url) => call(mistral(url)));
        const { content, tool_calls, parts } = step.output as Record<string, unknown>;
        assert.equal(content, 'It is noon.', how);
        assert.deepEqual(
          tool_calls,
          [{ name: 'now', arguments: {}, id: 'c1', confirmation_status: 'pending' }],
          how,
        );
        const [handoff, search, reference] =
          how === 'whole' ? (parts as object[]) : [1, 2, 0].map((i) => (parts as object[])[i]);
        assertHolds(handoff, {
          type: 'agent.handoff',
          previous_agent_id: 'a',
          next_agent_name: 'B',
        });
        assertHolds(search, {
          type: 'tool.execution',
          name: 'web_search',
          arguments: '{"query":"q"}',
          info: { n: 1 },
        });
        assertHolds(reference, { type: 'tool_reference', url: 'u' });
        assert.deepEqual(
          [step.model, step.promptTokens, step.completionTokens, step.tokens],
          ['m-1', 7300, 55, 7355],
          how,
        );
        const { responseId, agentId, billed, guardrails } = step.metadata;
        assert.deepEqual(
          { responseId, agentId, billed, guardrails },
          {
            responseId: 'conv_1',
            agentId: 'b',
            billed: { toolUses: { web_search: 1 } },
            guardrails: [{ name: 'g' }],
          },
        );
        assert.deepEqual(step.inputs, { prompt: [{ role: 'user', content: 'hi' }] });
      }
    });
  }

  it('fail if their stream states an error, and are partial if it is cut off', async () => {
    const error = {
      event: 'conversation.response.error',
      type: 'conversation.response.error',
      message: 'no luck',
      code: 500,
    };
    const run = (all: object[]) =>
      stepOfCall({ events: all }, async (url) =>
        read(await mistral(url).beta.conversations.startStream({ model, inputs: 'hi' })),
      );
    assert.equal((await run([...events.slice(0, 8), error])).metadata.error, 'no luck');
    assert.equal((await run(events.slice(0, 8))).metadata.partial, true);
  });
});

describe("Mistral's other requests", () => {
  it('have the findings of guardrails', async () => {
    const json = {
      id: 'm1',
      model: 'mistral-moderation-2411',
      results: [
        { categories: { violence: true, pii: false }, category_scores: { violence: 0.9, pii: 0 } },
      ],
    };
    for (const call of [
      (m: Mistral) => m.classifiers.moderate({ model, inputs: 'hi' }),
      (m: Mistral) => m.classifiers.moderateChat({ model, inputs: ask.messages }),
    ]) {
      const step = await stepOfCall({ json }, (url) => call(mistral(url)));
      assert.deepEqual([step.name, step.type], ['Mistral Moderation', 'guardrail']);
      assert.deepEqual(step.output, json.results[0]);
      assert.deepEqual(step.detectedEntities, ['violence']);
    }
  });

  it('have the classification', async () => {
    const json = {
      id: 'c1',
      model,
      results: [{ spam: { scores: { yes: 0.9 } } }, { spam: { scores: { yes: 0 } } }],
    };
    for (const call of [
      (m: Mistral) => m.classifiers.classify({ model, inputs: ['a', 'b'] }),
      (m: Mistral) => m.classifiers.classifyChat({ model, input: { messages: ask.messages } }),
    ]) {
      const step = await stepOfCall({ json }, (url) => call(mistral(url)));
      assert.deepEqual([step.name, step.type], ['Mistral Classification', 'guardrail']);
      assert.deepEqual(step.output, json.results);
    }
  });

  it('have the billed pages of documents', async () => {
    const picture = Buffer.alloc(600, 'a1Z').toString('base64');
    const json = {
      model: 'mistral-ocr-2512',
      pages: [
        {
          index: 0,
          markdown: '# T',
          images: [{ id: 'i', image_base64: `data:image/jpeg;base64,${picture}` }],
          dimensions: null,
        },
      ],
      usage_info: { pages_processed: 1, doc_size_bytes: 9000 },
      document_annotation: '{"a":1}',
    };
    const step = await stepOfCall({ json }, (url) =>
      mistral(url).ocr.process({
        model: 'mistral-ocr-latest',
        document: { type: 'document_url', documentUrl: 'https://a.example/a.pdf' },
        pages: [0],
      }),
    );
    assert.deepEqual([step.name, step.model], ['Mistral OCR', 'mistral-ocr-2512']);
    assert.deepEqual(step.inputs, {
      document: { type: 'document_url', document_url: 'https://a.example/a.pdf' },
    });
    assert.deepEqual(step.output, [
      {
        index: 0,
        markdown: '# T',
        images: [{ id: 'i', image_base64: '[image/jpeg, 600 bytes]' }],
        dimensions: null,
      },
    ]);
    const { billed, otherUsage: told, document_annotation } = step.metadata;
    assert.deepEqual(
      { billed, told, document_annotation },
      {
        billed: { units: { pages: 1 } },
        told: { doc_size_bytes: 9000 },
        document_annotation: '{"a":1}',
      },
    );
  });

  it('have annotated pages, which cost more, as such', async () => {
    const json = { model: 'mistral-ocr-2512', pages: [], usage_info: { pages_processed: 3 } };
    const step = await stepOfCall({ json }, (url) =>
      mistral(url).ocr.process({
        model: 'mistral-ocr-latest',
        document: { type: 'document_url', documentUrl: 'https://a.example/a.pdf' },
        bboxAnnotationFormat: { type: 'json_object' },
      }),
    );
    assert.deepEqual(step.metadata.billed, { units: { annotated_pages: 3 } });
  });

  it('have the transcript, whole and streamed', async () => {
    const segment = { text: 'Hi there', start: 0, end: 1, speaker_id: 's' };
    const done = {
      model: 'voxtral-2512',
      text: 'Hi there',
      language: 'en',
      segments: [{ type: 'transcription_segment', ...segment }],
      usage: { ...usage, prompt_audio_seconds: 4 },
    };
    const file = { fileName: 'a.mp3', content: new Uint8Array(200_000) };
    for (const [how, reply, call] of [
      [
        'whole',
        { json: done },
        (m: Mistral) =>
          m.audio.transcriptions.complete({ model: 'voxtral-mini', file, temperature: 0 }),
      ],
      [
        'streamed',
        {
          events: [
            {
              event: 'transcription.language',
              type: 'transcription.language',
              audio_language: 'en',
            },
            { event: 'transcription.text.delta', type: 'transcription.text.delta', text: 'Hi ' },
            { event: 'transcription.text.delta', type: 'transcription.text.delta', text: 'there' },
            { event: 'transcription.segment', type: 'transcription.segment', ...segment },
            { event: 'transcription.done', type: 'transcription.done', ...done },
          ],
        },
        async (m: Mistral) =>
          read(
            await m.audio.transcriptions.stream({ model: 'voxtral-mini', file, temperature: 0 }),
          ),
      ],
    ] as const) {
      const { steps, asked } = await stepsOfCalls(reply as Reply, (url) => call(mistral(url)));
      const [step] = steps;
      assert.ok(step, how);
      assert.ok(String(asked[0]?.body).length > 200_000, 'the file is sent');
      assert.equal(step.output, 'Hi there', how);
      assert.deepEqual(
        [step.name, step.model, step.promptTokens],
        ['Mistral Transcription', 'voxtral-2512', 5],
        how,
      );
      assert.match(JSON.stringify(step.inputs), /a\.mp3, audio/);
      assert.deepEqual(step.modelParameters, {
        diarize: 'false',
        stream: how === 'whole' ? 'false' : 'true',
        temperature: '0',
      });
      assert.deepEqual(step.metadata.billed, { seconds: 4 }, how);
      assert.equal((step.metadata.segments as { speaker_id: string }[])[0]?.speaker_id, 's', how);
    }
  });

  it('have the size of speech, and the length of its text', async () => {
    const audio_data = Buffer.alloc(300).toString('base64');
    for (const [how, reply, call] of [
      [
        'whole',
        { json: { audio_data } },
        (m: Mistral) =>
          m.audio.speech.complete({ model: 'voxtral-tts', input: 'Hello', voiceId: 'v' }),
      ],
      [
        'streamed',
        {
          events: [
            {
              event: 'speech.audio.delta',
              type: 'speech.audio.delta',
              audio_data: audio_data.slice(0, 200),
            },
            {
              event: 'speech.audio.delta',
              type: 'speech.audio.delta',
              audio_data: audio_data.slice(200),
            },
            { event: 'speech.audio.done', type: 'speech.audio.done', usage },
          ],
        },
        async (m: Mistral) =>
          read(
            (await m.audio.speech.complete({
              model: 'voxtral-tts',
              input: 'Hello',
              voiceId: 'v',
              stream: true,
            })) as never,
          ),
      ],
    ] as const) {
      const step = await stepOfCall(reply as Reply, (url) => call(mistral(url)));
      assert.deepEqual([step.name, step.output], ['Mistral Speech', '[audio, 300 bytes]'], how);
      assert.deepEqual(step.metadata.billed, { characters: 5 }, how);
    }
  });
});
