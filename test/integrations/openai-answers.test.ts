/** What models answer in OpenAI's manner, in all the forms that it comes in, and what of it stands in the step. */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { asEvents, asJson, type Body, factsOf, stepOfBody } from './chunked.ts';

const CHAT = '/v1/chat/completions';
const RESPONSES = '/v1/responses';
const ASK = { model: 'm', messages: [{ role: 'user', content: 'hi' }] };
const WHOLE = () => 1e9;

const chunk = (delta: object, more: object = {}, finish: string | null = null) => ({
  id: 'c1',
  model: 'm1',
  choices: [{ index: 0, delta, finish_reason: finish, ...more }],
});
const chunks = (...deltas: object[]) =>
  asEvents(CHAT, ASK, [...deltas.map((delta) => chunk(delta)), chunk({}, {}, 'stop')], '[DONE]');
const message = (said: object, more: object = {}) =>
  asJson(CHAT, ASK, {
    id: 'c1',
    model: 'm1',
    choices: [
      { index: 0, message: { role: 'assistant', ...said }, finish_reason: 'stop', ...more },
    ],
  });

const read = (body: Body): Promise<WireStep> => stepOfBody(body, WHOLE);

describe('tool calls', () => {
  type Piece = [index: number | undefined, id: string | undefined, name: string, args: unknown];
  const calls = (...pieces: Piece[]) => ({
    tool_calls: pieces.map(([index, id, name, args]) => ({
      ...(index !== undefined && { index }),
      ...(id !== undefined && { id, type: 'function' }),
      function: { ...(name && { name }), ...(args !== undefined && { arguments: args }) },
    })),
  });
  const A = '{"city":"Paris"}';
  const B = '{"city":"Rome"}';
  const both = [
    { name: 'weather', arguments: { city: 'Paris' }, id: 'a' },
    { name: 'weather', arguments: { city: 'Rome' }, id: 'b' },
  ];
  const noIds = both.map(({ id: _, ...call }) => call);

  const kinds: Record<string, [deltas: object[], expected: object[]]> = {
    'numbered, complete': [[calls([0, 'a', 'weather', A]), calls([1, 'b', 'weather', B])], both],
    'all numbered 0': [[calls([0, 'a', 'weather', A]), calls([0, 'b', 'weather', B])], both],
    'not numbered': [
      [calls([undefined, 'a', 'weather', A]), calls([undefined, 'b', 'weather', B])],
      both,
    ],
    'all numbered 0, in one chunk': [[calls([0, 'a', 'weather', A], [0, 'b', 'weather', B])], both],
    'all numbered 0, in pieces': [
      [
        calls([0, 'a', 'weather', '']),
        calls([0, undefined, '', '{"city"']),
        calls([0, undefined, '', ':"Paris"}']),
        calls([0, 'b', 'weather', '']),
        calls([0, undefined, '', '{"city"']),
        calls([0, undefined, '', ':"Rome"}']),
      ],
      both,
    ],
    'with empty ids and names in later pieces': [
      [
        calls([0, 'a', 'weather', '']),
        calls([0, '', '', A]),
        calls([1, 'b', 'weather', '']),
        calls([1, '', '', B]),
      ],
      both,
    ],
    'with the id in each piece': [
      [
        calls([0, 'a', 'weather', '{"city"']),
        calls([0, 'a', '', ':"Paris"}']),
        calls([1, 'b', 'weather', B]),
      ],
      both,
    ],
    'that take turns': [
      [
        calls([0, 'a', 'weather', '{"city"'], [1, 'b', 'weather', '{"city"']),
        calls([1, undefined, '', ':"Rome"}']),
        calls([0, undefined, '', ':"Paris"}']),
      ],
      both,
    ],
    'without ids, all numbered 0': [
      [calls([0, undefined, 'weather', A]), calls([0, '', 'weather', B])],
      noIds,
    ],
    'with the id last': [
      [calls([0, undefined, 'weather', '{"city":']), calls([0, 'a', '', '"Paris"}'])],
      both.slice(0, 1),
    ],
    'with arguments as an object': [
      [calls([0, 'a', 'weather', { city: 'Paris' }])],
      both.slice(0, 1),
    ],
    'without arguments': [
      [calls([0, 'a', 'now', undefined])],
      [{ name: 'now', arguments: {}, id: 'a' }],
    ],
    'with empty arguments': [
      [calls([0, 'a', 'now', ''])],
      [{ name: 'now', arguments: {}, id: 'a' }],
    ],
    'with arguments that are cut': [
      [calls([0, 'a', 'weather', '{"ci'])],
      [{ name: 'weather', arguments: '{"ci', id: 'a' }],
    ],
    'of the legacy kind': [
      [
        { function_call: { name: 'weather', arguments: '{"city"' } },
        { function_call: { arguments: ':"Paris"}' } },
      ],
      noIds.slice(0, 1),
    ],
    'that take a text': [
      [
        {
          tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'sql', input: 'a' } }],
        },
        { tool_calls: [{ index: 0, custom: { input: 'b' } }] },
      ],
      [{ name: 'sql', arguments: 'ab', id: 'a' }],
    ],
    'with what else their provider says of them': [
      [
        {
          tool_calls: [
            {
              index: 0,
              id: 'a',
              type: 'function',
              function: { name: 'now', arguments: '' },
              extra_content: { google: { thought_signature: 's' } },
            },
          ],
        },
      ],
      [
        {
          name: 'now',
          arguments: {},
          id: 'a',
          extra_content: { google: { thought_signature: 's' } },
        },
      ],
    ],
  };

  for (const [kind, [deltas, expected]] of Object.entries(kinds)) {
    it(`${kind}, in a stream`, async () => {
      assert.deepEqual((await read(chunks(...deltas))).output, { tool_calls: expected });
    });
  }

  it('whole', async () => {
    const whole = [
      { id: 'a', type: 'function', function: { name: 'weather', arguments: A } },
      { id: '', type: 'function', function: { name: 'now', arguments: '' } },
      { type: 'function', function: { name: 'later' } },
      { id: 'd', type: 'function', function: { name: 'null', arguments: null } },
    ];
    const { output } = await read(message({ content: null, tool_calls: whole }));
    assert.deepEqual(output, {
      tool_calls: [
        both[0],
        { name: 'now', arguments: {} },
        { name: 'later', arguments: {} },
        { name: 'null', arguments: {}, id: 'd' },
      ],
    });
  });

  it('of a response, by their items', async () => {
    const item = (id: string, call: string, args: string) => ({
      type: 'function_call',
      id,
      call_id: call,
      name: 'weather',
      arguments: args,
    });
    const added = (id: string, call: string, place: number) => ({
      type: 'response.output_item.added',
      output_index: place,
      item: item(id, call, ''),
    });
    const delta = (id: string | undefined, place: number, piece: string) => ({
      type: 'response.function_call_arguments.delta',
      ...(id !== undefined && { item_id: id }),
      output_index: place,
      delta: piece,
    });
    // What is not told by a last event is what the stream brought.
    const streams = {
      'told by their places': [
        added('', 'a', 0),
        added('', 'b', 1),
        delta(undefined, 1, B),
        delta(undefined, 0, A),
      ],
      'all at one place': [
        added('i1', 'a', 0),
        added('i2', 'b', 0),
        delta('i2', 0, B),
        delta('i1', 0, A),
      ],
      'complete at once': [
        { type: 'response.output_item.done', output_index: 0, item: item('i1', 'a', A) },
        { type: 'response.output_item.done', output_index: 1, item: item('i2', 'b', B) },
      ],
    };
    for (const [kind, events] of Object.entries(streams)) {
      const { output } = await read(asEvents(RESPONSES, { model: 'm', input: 'hi' }, events));
      assert.deepEqual(output, { tool_calls: both }, kind);
    }
  });
});

describe('content', () => {
  const parts = [
    { type: 'text', text: 'Hello ' },
    { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
    'there',
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    { type: 'reference', reference_ids: [1] },
  ];
  const expected = {
    content: 'Hello there',
    parts: [
      { type: 'image_url', image_url: { url: '[image/png, 3 bytes]' } },
      { type: 'reference', reference_ids: [1] },
    ],
  };

  it('in parts is read, whole and streamed', async () => {
    for (const body of [
      message({ content: parts }),
      chunks(...parts.map((part) => ({ content: [part] }))),
    ]) {
      const { output, metadata } = await read(body);
      assert.deepEqual([output, metadata.reasoning], [expected, 'Hm.']);
    }
  });

  const sound = Buffer.alloc(9000, 7).toString('base64');

  it('that is spoken is its transcript, with the size of the audio', async () => {
    const audio = { id: 'a1', expires_at: 9, transcript: 'Hello there.', data: sound };
    const streamed = chunks(
      { audio: { id: 'a1', transcript: '' } },
      { audio: { transcript: 'Hello ' } },
      { audio: { data: sound.slice(0, 6000) } },
      { audio: { transcript: 'there.' } },
      { audio: { data: sound.slice(6000), expires_at: 9 } },
    );
    for (const body of [message({ content: null, audio }), streamed]) {
      assert.deepEqual((await read(body)).output, {
        content: 'Hello there.',
        parts: [{ audio: { id: 'a1', expires_at: 9, data: '[audio, 9000 bytes]' } }],
      });
    }
    const { output } = await read(message({ content: 'As text.', audio }));
    assert.deepEqual(output, {
      content: 'As text.',
      parts: [
        {
          audio: {
            id: 'a1',
            expires_at: 9,
            data: '[audio, 9000 bytes]',
            transcript: 'Hello there.',
          },
        },
      ],
    });
  });

  it('with images has names in their place', async () => {
    const images = [{ type: 'image_url', image_url: { url: 'data:image/webp;base64,AAAAAAAA' } }];
    for (const body of [
      message({ content: 'A cat', images }),
      chunks({ content: 'A cat' }, { images }),
    ]) {
      assert.deepEqual((await read(body)).output, {
        content: 'A cat',
        parts: [{ type: 'image_url', image_url: { url: '[image/webp, 6 bytes]' } }],
      });
    }
  });

  it('that is no JSON is a failure with the received text', async () => {
    const html = { ...message({}), text: '<html>Welcome</html>', contentType: 'text/html' };
    const plain = { ...message({}), text: 'Welcome' };
    for (const said of [html, plain]) {
      const { output, metadata } = await read(said);
      assert.equal(output, null);
      assert.match(String(metadata?.error), /Welcome/);
    }
  });
});

describe('several answers to one request', () => {
  const said = [
    { content: 'one', refusal: undefined },
    { content: 'two' },
    { tool_calls: [{ index: 0, id: 'a', function: { name: 'now', arguments: '' } }] },
  ];
  const outputs = ['one', 'two', { tool_calls: [{ name: 'now', arguments: {}, id: 'a' }] }];
  const reasons = ['stop', 'length', 'tool_calls'];

  it('of a chat are kept apart, whole and streamed', async () => {
    const whole = asJson(CHAT, ASK, {
      choices: said.map((each, index) => ({ index, message: each, finish_reason: reasons[index] })),
    });
    // In whatever order they come.
    const order = [1, 0, 2];
    const streamed = asEvents(
      CHAT,
      ASK,
      [
        ...order.map((index) => ({ choices: [{ index, delta: said[index] }] })),
        ...order.map((index) => ({
          choices: [{ index, delta: {}, finish_reason: reasons[index] }],
        })),
      ],
      '[DONE]',
    );
    for (const body of [whole, streamed]) {
      const { output, metadata } = await read(body);
      assert.deepEqual(output, outputs);
      assert.deepEqual(metadata.finishReasons, reasons);
    }
  });

  it('of a chat keep their other fields one by one', async () => {
    const choices = ['a', 'b'].map((text, index) => ({
      index,
      message: { content: text, reasoning: `why ${text}`, annotations: [{ of: text }] },
      finish_reason: 'stop',
    }));
    const { metadata } = await read(asJson(CHAT, ASK, { choices }));
    assert.equal(metadata.reasoning, 'why a');
    assert.deepEqual(metadata.choices, [
      { annotations: [{ of: 'a' }] },
      { annotations: [{ of: 'b' }], reasoning: 'why b' },
    ]);
  });

  it('of several prompts are kept apart, whole and streamed', async () => {
    const params = { model: 'm', prompt: ['a', 'b', 'c'] };
    const texts = ['one', 'two', 'three'];
    const whole = asJson('/v1/completions', params, {
      choices: texts.map((text, index) => ({ index, text, finish_reason: 'stop' })),
    });
    const pieces = texts.flatMap((text, index) =>
      [...text].map((piece) => ({ choices: [{ index, text: piece, finish_reason: null }] })),
    );
    const streamed = asEvents('/v1/completions', params, pieces.toReversed(), '[DONE]');
    assert.deepEqual((await read(whole)).output, texts);
    assert.deepEqual(
      (await read(streamed)).output,
      texts.map((text) => [...text].toReversed().join('')),
    );
  });
});

describe('answers above the limit', () => {
  const COMPLETIONS = '/v1/completions';
  const PROMPT = { model: 'm', prompt: 'hi' };
  const kinds: Record<string, readonly [limit: number, events: (answers: number) => Body]> = {
    'of a chat': [
      256,
      (answers) =>
        asEvents(
          CHAT,
          { ...ASK, n: answers },
          eachInSix(answers, (index, text) => ({ index, delta: { content: text } })),
          '[DONE]',
        ),
    ],
    'of a prompt': [
      1024,
      (answers) =>
        asEvents(
          COMPLETIONS,
          { ...PROMPT, n: answers },
          eachInSix(answers, (index, text) => ({ index, text })),
          '[DONE]',
        ),
    ],
  };
  const eachInSix = (answers: number, choice: (index: number, text: string) => object) =>
    ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((text) =>
      Array.from({ length: answers }, (_, index) => ({ choices: [choice(index, text)] })),
    );

  for (const [kind, [limit, events]] of Object.entries(kinds)) {
    it(`${kind} are counted once, however many events each has`, async () => {
      const { output: all } = await read(events(limit));
      assert.deepEqual(all, Array(limit).fill('abcdef'));
      const { output } = await read(events(limit + 2));
      assert.deepEqual(output, [...Array(limit).fill('abcdef'), '[2 more answers]']);
    });
  }
});

describe('a response that states an error', () => {
  const failures: Record<string, [body: Body, type: string, message: string]> = {
    'by an error under a status of success': [
      asJson(CHAT, ASK, { error: { message: 'no credits', type: 'insufficient_quota' } }),
      'insufficient_quota',
      'no credits',
    ],
    'by an error that is a text': [
      asJson(CHAT, ASK, { error: 'overloaded' }),
      'FailedResponse',
      'overloaded',
    ],
    'by being an error': [
      asJson(CHAT, ASK, { object: 'error', message: 'too long', code: 400 }),
      'FailedResponse',
      'too long',
    ],
    'in one of its choices': [
      message({ content: 'Hel' }, { error: { code: 502, message: 'upstream is gone' } }),
      'FailedResponse',
      'upstream is gone',
    ],
    'as a response': [
      asJson(
        RESPONSES,
        { input: 'hi' },
        {
          id: 'r1',
          status: 'failed',
          error: { code: 'server_error', message: 'it broke' },
          output: [],
        },
      ),
      'server_error',
      'it broke',
    ],
    'as a response that was cancelled': [
      asJson(
        RESPONSES,
        { input: 'hi' },
        { id: 'r1', status: 'cancelled', error: null, output: [] },
      ),
      'FailedResponse',
      'the response was cancelled',
    ],
    'as a response whose content was filtered': [
      asJson(
        RESPONSES,
        { input: 'hi' },
        {
          id: 'r1',
          status: 'incomplete',
          incomplete_details: { reason: 'content_filter' },
          output: [],
        },
      ),
      'incomplete',
      'the response is incomplete: content_filter',
    ],
    'in a chunk of a stream': [
      asEvents(CHAT, ASK, [chunk({ content: 'Hel' }), { error: { message: 'it broke' } }]),
      'StreamError',
      'it broke',
    ],
    'in a choice of a stream': [
      asEvents(CHAT, ASK, [
        chunk({ content: 'Hel' }),
        chunk({}, { error: { message: 'it broke', type: 'upstream' } }, 'error'),
      ]),
      'upstream',
      'it broke',
    ],
    'in an event of a response': [
      asEvents(RESPONSES, { input: 'hi' }, [
        { type: 'error', code: 'server_error', message: 'it broke' },
      ]),
      'server_error',
      'it broke',
    ],
    'of embeddings': [
      asJson('/v1/embeddings', { input: 'hi' }, { error: { message: 'no' } }),
      'FailedResponse',
      'no',
    ],
    'of pictures': [
      asJson(
        '/v1/images/generations',
        { prompt: 'hi' },
        { error: { message: 'no', type: 'policy' } },
      ),
      'policy',
      'no',
    ],
  };

  for (const [kind, [body, type, text]] of Object.entries(failures)) {
    it(`${kind} is a failure with its text`, async () => {
      const { metadata } = await read(body);
      assert.deepEqual([metadata.errorType, metadata.error], [type, text]);
    });
  }

  it('but not one that reached the length limit', async () => {
    const { metadata, output } = await read(
      asJson(
        RESPONSES,
        { input: 'hi' },
        {
          status: 'incomplete',
          incomplete_details: { reason: 'max_output_tokens' },
          output: [{ type: 'message', content: [{ type: 'output_text', text: 'Hel' }] }],
        },
      ),
    );
    assert.deepEqual(
      [metadata.error, metadata.finishReason, output],
      [undefined, 'max_output_tokens', 'Hel'],
    );
  });
});

describe('a stream', () => {
  const text = { type: 'response.output_text.delta', output_index: 0, delta: 'Hel' };
  const cut: Record<string, Body> = {
    'of a chat': asEvents(CHAT, ASK, [chunk({ content: 'Hel' })]),
    'of a chat with one answer that is not finished': asEvents(CHAT, ASK, [
      chunk({ content: 'Hel' }),
      { choices: [{ index: 1, delta: { content: 'a' }, finish_reason: 'stop' }] },
    ]),
    'of a completion': asEvents('/v1/completions', { model: 'm', prompt: 'hi' }, [
      { choices: [{ index: 0, text: 'Hel', finish_reason: null }] },
    ]),
    'of a response': asEvents(RESPONSES, { input: 'hi' }, [text]),
    'of a picture': asEvents('/v1/images/generations', { prompt: 'hi' }, [
      { type: 'image_generation.partial_image', b64_json: 'AAAA', partial_image_index: 0 },
    ]),
    'of a transcription': asEvents('/v1/audio/transcriptions', { model: 'm' }, [
      { type: 'transcript.text.delta', delta: 'Hel' },
    ]),
  };
  for (const [kind, body] of Object.entries(cut)) {
    it(`${kind} that closes without its last event is partial`, async () => {
      const { metadata, output } = await read(body);
      assert.deepEqual([metadata.partial, metadata.ended], [true, 'unfinished']);
      assert.ok(output);
    });
  }

  it('of a chat with a finish reason is complete, with and without [DONE]', async () => {
    for (const done of [undefined, '[DONE]']) {
      const events = [chunk({ content: 'Hello' }), chunk({}, {}, 'stop')];
      const { metadata } = await read(asEvents(CHAT, ASK, events, done));
      assert.deepEqual([metadata.partial, metadata.ended], [undefined, undefined]);
    }
  });

  it('that is cut off keeps the work of hosted tools', async () => {
    const item = (place: number, item: object) => ({ output_index: place, item });
    const { output, metadata } = await read(
      asEvents(RESPONSES, { input: 'hi' }, [
        {
          type: 'response.output_item.added',
          ...item(0, { id: 'ws', type: 'web_search_call', status: 'in_progress' }),
        },
        { type: 'response.web_search_call.searching', item_id: 'ws', output_index: 0 },
        {
          type: 'response.output_item.done',
          ...item(0, {
            id: 'ws',
            type: 'web_search_call',
            status: 'completed',
            action: { type: 'search', query: 'weather' },
          }),
        },
        {
          type: 'response.output_item.added',
          ...item(1, { id: 'ci', type: 'code_interpreter_call', status: 'in_progress', code: '' }),
        },
        { type: 'response.code_interpreter_call_code.delta', item_id: 'ci', delta: 'print' },
        { type: 'response.code_interpreter_call_code.delta', item_id: 'ci', delta: '(1)' },
        { type: 'response.code_interpreter_call.interpreting', item_id: 'ci', output_index: 1 },
        {
          type: 'response.output_item.added',
          ...item(2, { id: 'ig', type: 'image_generation_call', status: 'in_progress' }),
        },
        {
          type: 'response.image_generation_call.partial_image',
          item_id: 'ig',
          output_format: 'png',
          partial_image_b64: 'AAAA',
        },
        {
          type: 'response.output_item.added',
          ...item(3, { id: 'mcp', type: 'mcp_call', name: 'roll', arguments: '' }),
        },
        { type: 'response.mcp_call_arguments.delta', item_id: 'mcp', delta: '{"d":6}' },
        { type: 'response.mcp_call.failed', item_id: 'mcp' },
        { type: 'response.output_text.delta', output_index: 4, delta: 'It is ' },
      ]),
    );
    assert.deepEqual(output, {
      content: 'It is ',
      parts: [
        {
          id: 'ws',
          type: 'web_search_call',
          status: 'completed',
          action: { type: 'search', query: 'weather' },
        },
        { id: 'ci', type: 'code_interpreter_call', status: 'interpreting', code: 'print(1)' },
        {
          id: 'ig',
          type: 'image_generation_call',
          status: 'in_progress',
          output_format: 'png',
          partial_image_b64: '[image/png, 3 bytes]',
        },
        { id: 'mcp', type: 'mcp_call', name: 'roll', arguments: '{"d":6}', status: 'failed' },
      ],
    });
    assert.equal(metadata.partial, true);
    assert.deepEqual(metadata.billed, {
      toolUses: { web_search: 1, code_interpreter: 1, image_generation: 1 },
    });
  });
});

describe('an unknown field', () => {
  it('is kept under the names of its provider, whole and streamed', async () => {
    const choice = {
      content_filter_results: { hate: { filtered: false } },
      native_finish_reason: 'x',
    };
    const said = { annotations: [{ type: 'url_citation', url: 'u' }], thinking_notes: 'so' };
    const head = { system_fingerprint: 'fp', citations: ['c'], provider: 'Other' };
    const logprobs = { content: [{ token: 'a', logprob: -1 }], refusal: null };
    const whole = asJson(CHAT, ASK, {
      ...head,
      choices: [{ index: 0, message: { content: 'ab', ...said }, ...choice, logprobs }],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, queue_time: 0.5 },
    });
    const streamed = asEvents(
      CHAT,
      ASK,
      [
        { ...head, ...chunk({ content: 'a' }, choice) },
        { ...head, ...chunk({ annotations: said.annotations }) },
        { ...head, ...chunk({ content: 'b', thinking_notes: 's' }, { logprobs }) },
        { ...head, ...chunk({ thinking_notes: 'o' }, {}, 'stop') },
        {
          ...head,
          choices: [],
          usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, queue_time: 0.5 },
        },
      ],
      '[DONE]',
    );
    for (const body of [whole, streamed]) {
      const { metadata, output } = await read(body);
      assert.equal(output, 'ab');
      const { finishReason: _, responseId: __, timeToFirstToken: ___, ...others } = metadata;
      const { requestModel: ____, ...kept } = others;
      assert.deepEqual(kept, {
        ...head,
        ...choice,
        ...said,
        // Under the name `token` it would be masked as a secret.
        logprobs: { content: [{ text: 'a', logprob: -1 }], refusal: null },
        usage: { queue_time: 0.5 },
      });
    }
  });

  it('of a response is kept: items, parts, fields and events', async () => {
    const item = { type: 'oracle_call', id: 'o1', vision: 'rain' };
    const part = { type: 'output_smell', smell: 'rose' };
    const answer = {
      id: 'r1',
      status: 'completed',
      moderation: { input: { flagged: false } },
      output: [
        item,
        {
          type: 'message',
          phase: 'final_answer',
          content: [
            { type: 'output_text', text: 'Hi', annotations: [{ type: 'file_path' }] },
            part,
          ],
        },
        { type: 'reasoning', summary: [], encrypted_content: 'x'.repeat(5000) },
      ],
    };
    for (const body of [
      asJson(RESPONSES, { input: 'hi' }, answer),
      asEvents(RESPONSES, { input: 'hi' }, [{ type: 'response.completed', response: answer }]),
    ]) {
      const { output, metadata } = await read(body);
      assert.deepEqual(output, { content: 'Hi', parts: [part, item] });
      assert.deepEqual(metadata.moderation, answer.moderation);
      assert.deepEqual(metadata.annotations, [{ type: 'file_path' }]);
      assert.equal(metadata.phase, 'final_answer');
      assert.equal(metadata.encrypted_content, '[encrypted, 5000 characters]');
    }
    const unknown = { type: 'response.telepathy.felt', strength: 3 };
    const { metadata } = await read(asEvents(RESPONSES, { input: 'hi' }, [unknown]));
    assert.deepEqual(metadata.events, [unknown]);
  });

  it('is left out with content: false, and redacted otherwise', async () => {
    // Through the client's own entry point, which takes the options.
    const { stepOfCall } = await import('./answering.ts');
    const { traceOpenAI } = await import('@openlayer-tracing/integrations/openai');
    const { default: OpenAI } = await import('openai7');
    const json = {
      id: 'c1',
      choices: [{ message: { content: 'secret', annotations: ['secret'] }, citations: 'secret' }],
      notes: 'secret',
    };
    const ask = (options: object) =>
      stepOfCall({ json }, (url) =>
        traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: url }), options).chat.completions.create({
          model: 'm',
          messages: [],
        }),
      );
    assert.doesNotMatch(JSON.stringify(await ask({ content: false })), /secret/);
    const masked = await ask({ redact: () => '[masked]' });
    assert.doesNotMatch(JSON.stringify(masked), /secret/);
    assert.equal(masked.metadata.notes, '[masked]');
  });
});

describe('the same response', () => {
  it('is recorded equally, however its bytes are divided', async () => {
    const bodies = [
      message({ content: 'ça va? 👋', tool_calls: [{ id: 'a', function: { name: 'x' } }] }),
      chunks({ content: 'ça ' }, { content: 'va? 👋' }, { reasoning: 'hm' }, { refusal: 'no' }),
      asEvents(RESPONSES, { input: 'hi' }, [
        { type: 'response.output_text.delta', delta: 'Hé' },
        { type: 'response.output_text.delta', delta: '👋' },
        { type: 'response.failed', response: { status: 'failed', error: { message: 'é' } } },
      ]),
    ];
    for (const body of bodies) {
      const expected = factsOf(await read(body));
      for (const length of [1, 2, 3, 7, 64]) {
        assert.deepEqual(
          factsOf(await stepOfBody(body, () => length)),
          expected,
          `${length} bytes`,
        );
      }
    }
  });
});
