/** What the page reads as a conversation, for each provider's form of messages. */

import assert from 'node:assert/strict';
import { hasConversation, readConversation } from '../src/reading/conversation/conversation.ts';
import type { Message, Part } from '../src/reading/conversation/message.ts';

/** One line for each part, so that a reader sees what the page shows. */
function outline(messages: readonly Message[]): string[] {
  return messages.flatMap(({ role, name, parts }) =>
    parts.map((part) => `${role}${name === undefined ? '' : ` (${name})`}: ${partLine(part)}`),
  );
}

function partLine(part: Part): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'reasoning':
    case 'refusal':
      return `[${part.kind}] ${part.text}`;
    case 'media': {
      const { type, name, bytes, url, data } = part.media;
      const facts = [type, name, bytes, url, data && `${data.length} characters of base64`];
      return `[media] ${facts.filter((each) => each !== undefined).join(', ')}`;
    }
    case 'call': {
      const result = part.result === undefined ? '' : ` -> ${partLine(part.result)}`;
      return `${part.name}(${JSON.stringify(part.arguments)})${result}`;
    }
    case 'result':
      return `${part.isError ? '[error] ' : ''}${part.name ? `${part.name}: ` : ''}${part.parts.map(partLine).join(' | ')}`;
    case 'unknown':
      return JSON.stringify(part.value);
  }
}

function read(inputs: unknown, output: unknown = null): string[] {
  return outline(readConversation({ inputs, output }));
}

describe('a conversation', () => {
  it('is read from OpenAI chat messages, with each result at its call', () => {
    const prompt = [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        name: 'ada',
        content: [
          { type: 'text', text: 'What is on this picture?' },
          { type: 'image_url', image_url: { url: '[image/png, 48213 bytes]' } },
          { type: 'input_audio', input_audio: { data: '[audio/wav, 512 bytes]', format: 'wav' } },
          { type: 'file', file: { filename: 'plan.pdf', file_id: 'file-1' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        reasoning_content: 'I have to look.',
        tool_calls: [
          { id: 'c1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } },
          { id: 'c2', type: 'function', function: { name: 'look', arguments: '{"at":2}' } },
        ],
      },
      { role: 'tool', tool_call_id: 'c2', content: 'a dog' },
      { role: 'tool', tool_call_id: 'c1', content: '{"animal":"cat"}' },
    ];
    assert.deepEqual(read({ prompt }, 'A cat and a dog.'), [
      'developer: Be brief.',
      'user (ada): What is on this picture?',
      'user (ada): [media] image/png, 48213',
      'user (ada): [media] audio/wav, 512',
      'user (ada): [media] file, plan.pdf, file-1',
      'assistant: [reasoning] I have to look.',
      'assistant: look({"at":1}) -> {"animal":"cat"}',
      'assistant: look({"at":2}) -> a dog',
      'assistant: A cat and a dog.',
    ]);
  });

  it('is read from outputs of this library: text, refusal, calls, parts, several answers', () => {
    const prompt = [{ role: 'user', content: 'Hi' }];
    const calls = [{ name: 'look', arguments: { at: 1 }, id: 'c1' }];
    assert.deepEqual(read({ prompt }, { content: 'I look.', tool_calls: calls }), [
      'user: Hi',
      'assistant: I look.',
      'assistant: look({"at":1})',
    ]);
    assert.deepEqual(read({ prompt }, { refusal: 'I will not.' }).slice(1), [
      'assistant: [refusal] I will not.',
    ]);
    assert.deepEqual(
      read({ prompt }, { content: 'See', parts: [{ type: 'new_thing', x: 1 }] }).slice(1),
      ['assistant: {"type":"new_thing","x":1}', 'assistant: See'].reverse(),
    );
    assert.deepEqual(read({ prompt }, ['One.', { content: 'Two.' }]).slice(1), [
      'assistant (answer 1 of 2): One.',
      'assistant (answer 2 of 2): Two.',
    ]);
  });

  it('is read from items of the Responses API', () => {
    const inputs = {
      instructions: 'Be brief.',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'Weather?' },
            { type: 'input_image', image_url: 'https://example.com/a.png' },
          ],
        },
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'They ask.' }] },
        { type: 'function_call', call_id: 'c1', name: 'weather', arguments: '{"in":"Porto"}' },
        { type: 'function_call_output', call_id: 'c1', output: '{"sun":true}' },
        { type: 'custom_tool_call', call_id: 'c2', name: 'shell', input: 'ls' },
        { type: 'custom_tool_call_output', call_id: 'c2', output: 'a b' },
        { type: 'web_search_call', id: 'w1', action: { query: 'Porto' }, status: 'completed' },
      ],
    };
    const output = {
      output: [
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Sunny.', annotations: [] }],
        },
      ],
    };
    assert.deepEqual(read(inputs, output), [
      'system: Be brief.',
      'user: Weather?',
      'user: [media] image, https://example.com/a.png',
      'assistant: [reasoning] They ask.',
      'assistant: weather({"in":"Porto"}) -> {"sun":true}',
      'assistant: shell("ls") -> a b',
      'assistant: web_search({"query":"Porto"})',
      'assistant: Sunny.',
    ]);
  });

  it("is read from Anthropic's blocks", () => {
    const prompt = [
      {
        role: 'system',
        content: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      },
      {
        role: 'user',
        content: [
          {
            type: 'image',
            source: { type: 'base64', media_type: 'image/jpeg', data: '[image/jpeg, 99 bytes]' },
          },
          {
            type: 'document',
            title: 'Plan',
            source: { type: 'url', url: 'https://example.com/p.pdf' },
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.', signature: 'x' },
          { type: 'tool_use', id: 't1', name: 'look', input: { at: 1 } },
        ],
      },
      {
        role: 'user',
        content: [
          {
            type: 'tool_result',
            tool_use_id: 't1',
            is_error: true,
            content: [{ type: 'text', text: 'nothing there' }],
          },
          { type: 'text', text: 'Go on.' },
        ],
      },
    ];
    assert.deepEqual(
      read(
        { prompt },
        {
          content: 'Done.',
          tool_calls: [
            { name: 'web_search', arguments: { q: 1 }, id: 's', type: 'server_tool_use' },
          ],
        },
      ),
      [
        'system: Be brief.',
        'user: [media] image/jpeg, 99',
        'user: [media] document, Plan, https://example.com/p.pdf',
        'assistant: [reasoning] Hm.',
        'assistant: look({"at":1}) -> [error] nothing there',
        'user: Go on.',
        'assistant: Done.',
        'assistant: web_search({"q":1})',
      ],
    );
  });

  it("is read from Gemini's parts, whose results may name a function alone", () => {
    const prompt = [
      { role: 'system', parts: [{ text: 'Be brief.' }] },
      {
        role: 'user',
        parts: [
          { text: 'Look.' },
          { inlineData: { mimeType: 'image/webp', data: '[image/webp, 7 bytes]' } },
          { fileData: { mimeType: 'video/mp4', fileUri: 'gs://films/1' } },
        ],
      },
      {
        role: 'model',
        parts: [
          { text: 'I think.', thought: true },
          { functionCall: { name: 'look', args: { at: 1 } } },
          { functionCall: { name: 'look', args: { at: 2 } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { name: 'look', response: { seen: 'cat' } } },
          { functionResponse: { name: 'look', response: { seen: 'dog' } } },
        ],
      },
      {
        role: 'model',
        parts: [
          { executableCode: { language: 'PYTHON', code: '1+1' } },
          { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '2' } },
        ],
      },
    ];
    assert.deepEqual(
      read(
        { prompt },
        { candidates: [{ content: { role: 'model', parts: [{ text: 'Both.' }] } }] },
      ),
      [
        'system: Be brief.',
        'user: Look.',
        'user: [media] image/webp, 7',
        'user: [media] video/mp4, gs://films/1',
        'assistant: [reasoning] I think.',
        'assistant: look({"at":1}) -> look: {"seen":"cat"}',
        'assistant: look({"at":2}) -> look: {"seen":"dog"}',
        'assistant: code({"language":"PYTHON","code":"1+1"}) -> code: 2',
        'assistant: Both.',
      ],
    );
  });

  it("is read from Bedrock's Converse", () => {
    const prompt = [
      {
        role: 'user',
        content: [
          { text: 'Look.' },
          { image: { format: 'png', source: { bytes: '[image/png, 12 bytes]' } } },
          { document: { format: 'pdf', name: 'plan', source: { bytes: '[base64, 5 bytes]' } } },
        ],
      },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'Hm.' } } },
          { toolUse: { toolUseId: 't', name: 'look', input: { at: 1 } } },
        ],
      },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 't', content: [{ json: { seen: 1 } }], status: 'success' } },
        ],
      },
    ];
    const output = { output: { message: { role: 'assistant', content: [{ text: 'One.' }] } } };
    assert.deepEqual(read({ prompt }, output), [
      'user: Look.',
      'user: [media] image/png, 12',
      'user: [media] document/pdf, plan, 5',
      'assistant: [reasoning] Hm.',
      'assistant: look({"at":1}) -> {"seen":1}',
      'assistant: One.',
    ]);
  });

  it('is read from Mistral and Cohere', () => {
    const mistral = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look.' },
          {
            type: 'image_url',
            imageUrl: 'https://example.com/b.png',
            image_url: 'https://example.com/b.png',
          },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] },
          { type: 'text', text: 'I look.' },
        ],
        toolCalls: [{ id: 'm1', function: { name: 'look', arguments: { at: 1 } } }],
      },
      { role: 'tool', toolCallId: 'm1', name: 'look', content: 'a cat' },
    ];
    assert.deepEqual(read({ prompt: mistral }), [
      'user: Look.',
      'user: [media] image, https://example.com/b.png',
      'assistant: [reasoning] Hm.',
      'assistant: I look.',
      'assistant: look({"at":1}) -> look: a cat',
    ]);
    const cohere = [
      { role: 'user', content: 'Look.' },
      {
        role: 'assistant',
        tool_plan: 'I will look.',
        tool_calls: [{ id: 'k1', type: 'function', function: { name: 'look', arguments: '{}' } }],
      },
      {
        role: 'tool',
        tool_call_id: 'k1',
        content: [{ type: 'document', document: { data: 'a cat' } }],
      },
      { role: 'CHATBOT', message: 'unknown to this page' },
    ];
    assert.deepEqual(
      read(
        { prompt: cohere },
        { message: { role: 'assistant', content: [{ type: 'text', text: 'A cat.' }] } },
      ),
      [
        'user: Look.',
        'assistant: [reasoning] I will look.',
        'assistant: look({}) -> [{"type":"document","document":{"data":"a cat"}}]',
        'assistant: {"message":"unknown to this page"}',
        'assistant: A cat.',
      ],
    );
  });

  it('is read from Ollama, whose calls have no ids and whose pictures are beside the text', () => {
    const prompt = [
      { role: 'user', content: 'Look.', images: ['[image, 3 bytes]', '[base64, 31000 bytes]'] },
      {
        role: 'assistant',
        content: '',
        thinking: 'Hm.',
        tool_calls: [{ function: { name: 'look', arguments: { at: 1 } } }],
      },
      { role: 'tool', tool_name: 'look', content: 'a cat' },
    ];
    assert.deepEqual(read({ prompt }, { message: { role: 'assistant', content: 'A cat.' } }), [
      'user: Look.',
      'user: [media] image, 3',
      'user: [media] image, 31000',
      'assistant: [reasoning] Hm.',
      'assistant: look({"at":1}) -> look: a cat',
      'assistant: A cat.',
    ]);
  });

  it("is read from the AI SDK's messages, of models and of pages", () => {
    const prompt = [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look.' },
          { type: 'file', mediaType: 'image/png', data: '[image/png, 4 bytes]' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm.' },
          { type: 'tool-call', toolCallId: 'a', toolName: 'look', input: { at: 1 } },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: 'a',
            toolName: 'look',
            output: { type: 'json', value: { seen: 1 } },
          },
        ],
      },
    ];
    assert.deepEqual(read({ prompt }, 'One.'), [
      'user: Look.',
      'user: [media] image/png, 4',
      'assistant: [reasoning] Hm.',
      'assistant: look({"at":1}) -> look: {"seen":1}',
      'assistant: One.',
    ]);
    const messages = [
      { id: 'u', role: 'user', parts: [{ type: 'text', text: 'Look.' }] },
      {
        id: 'v',
        role: 'assistant',
        parts: [
          { type: 'step-start' },
          {
            type: 'tool-look',
            toolCallId: 'a',
            state: 'output-available',
            input: { at: 1 },
            output: { seen: 1 },
          },
          { type: 'text', text: 'One.', state: 'done' },
        ],
      },
    ];
    assert.deepEqual(read({ body: { messages, id: 'chat-1' }, query: null }), [
      'user: Look.',
      'assistant: look({"at":1}) -> look: {"seen":1}',
      'assistant: One.',
      'other inputs: {"id":"chat-1"}',
    ]);
  });

  it('is read from LangChain, as it is sent and as it is serialised', () => {
    const messages = [
      [
        {
          lc: 1,
          type: 'constructor',
          id: ['langchain_core', 'messages', 'SystemMessage'],
          kwargs: { content: 'Be brief.' },
        },
        {
          lc: 1,
          type: 'constructor',
          id: ['langchain_core', 'messages', 'HumanMessage'],
          kwargs: { content: 'Look.', additional_kwargs: {} },
        },
      ],
    ];
    assert.deepEqual(read({ messages }), ['system: Be brief.', 'user: Look.']);
    const prompt = [
      { type: 'human', content: 'Look.' },
      {
        type: 'ai',
        content: '',
        tool_calls: [{ id: 'l1', name: 'look', args: { at: 1 }, type: 'tool_call' }],
      },
      { type: 'tool', tool_call_id: 'l1', name: 'look', content: 'a cat', status: 'error' },
    ];
    assert.deepEqual(read({ prompt }, { content: 'A cat.', tool_calls: [] }), [
      'user: Look.',
      'assistant: look({"at":1}) -> [error] look: a cat',
      'assistant: A cat.',
    ]);
  });

  it("is read from OpenTelemetry's parts and from attachments of Openlayer", () => {
    const prompt = [
      { role: 'user', parts: [{ type: 'text', content: 'Look.' }] },
      {
        role: 'assistant',
        parts: [{ type: 'tool_call', id: 'o', name: 'look', arguments: { at: 1 } }],
      },
      { role: 'tool', parts: [{ type: 'tool_call_response', id: 'o', result: 'a cat' }] },
      {
        role: 'user',
        content: [
          {
            type: 'image',
            attachment: {
              id: '1',
              name: 'a.png',
              mediaType: 'image/png',
              sizeBytes: 8,
              storageUri: 's3://x',
            },
          },
        ],
      },
    ];
    assert.deepEqual(read({ prompt }), [
      'user: Look.',
      'assistant: look({"at":1}) -> a cat',
      'user: [media] image/png, a.png, 8, s3://x',
    ]);
  });

  it('is the question and the answer of a request', () => {
    const inputs = { body: { question: 'Why?', topK: 3 }, query: null, params: null };
    assert.deepEqual(read(inputs, { answer: 'Because.' }), ['user: Why?', 'assistant: Because.']);
    assert.equal(hasConversation({ inputs, output: null }, 'user_call'), true);
    assert.equal(hasConversation({ inputs: { query: 'x' }, output: [] }, 'retriever'), false);
    assert.equal(hasConversation({ inputs: null, output: null }, 'chat_completion'), false);
  });

  it('has unknown parts as JSON, beside the known ones', () => {
    const prompt = [
      {
        role: 'user',
        content: [{ type: 'hologram', points: 3 }, 'and text', 7, { text: 'more' }],
        mood: 'good',
      },
      'a plain one',
      42,
      { role: 'narrator', content: { scene: 1 } },
      { role: 'tool', tool_call_id: 'nobody asked', content: 'so there' },
    ];
    assert.deepEqual(read({ prompt, documents: [{ id: 1 }] }, { surprise: true }), [
      'user: {"type":"hologram","points":3}',
      'user: and text',
      'user: 7',
      'user: more',
      'user: {"mood":"good"}',
      'user: a plain one',
      'user: 42',
      'narrator: {"scene":1}',
      'tool: so there',
      'other inputs: {"documents":[{"id":1}]}',
      'assistant: {"surprise":true}',
    ]);
  });

  it('is read from values of any type without an error', () => {
    const odd: unknown[] = [
      null,
      0,
      '',
      [],
      {},
      [null],
      [[]],
      { role: {} },
      { parts: 1 },
      { content: [null, [], {}] },
      { tool_calls: [null, 3, {}] },
    ];
    const deep = JSON.parse(`${'['.repeat(3000)}1${']'.repeat(3000)}`) as unknown;
    for (const value of [...odd, deep]) {
      for (const inputs of [
        value,
        { prompt: value },
        { prompt: [value] },
        { body: value },
        { prompt: [{ role: 'user', content: value }] },
      ]) {
        readConversation({ inputs, output: value });
        hasConversation({ inputs, output: value }, 'chat_completion');
      }
    }
  });

  it('is read from messages of LangChain in each other, however deep', () => {
    let message: object = { lc: 1, id: ['HumanMessage'], kwargs: { content: 'Hello' } };
    for (let depth = 0; depth < 20_000; depth++) {
      message = { lc: 1, id: ['AIMessage'], kwargs: message };
    }
    assert.deepEqual(read([message]), ['user: Hello']);
  });

  it('is read from very many messages and parts', () => {
    const texts = Array.from({ length: 200_000 }, (_, place) => `text ${place}`);
    assert.equal(
      read({ prompt: texts.map((content) => ({ role: 'user', content })) }).length,
      200_000,
    );
    const parts = texts.map((text) => ({ type: 'text', text }));
    assert.equal(read({ prompt: [{ role: 'user', content: parts }] }).length, 200_000);
    assert.ok(read({ system: parts, prompt: 'Why?' }).length > 1);
    assert.ok(read({ input: parts }).length > 0);
  });
});
