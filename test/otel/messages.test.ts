/** Messages of all conventions as chat messages, and chat messages as those of OpenTelemetry. */

import assert from 'node:assert/strict';
import {
  chatMessagesOf,
  genAIMessagesOf,
  genAIProviderOf,
  providerSlug,
  spanOfStep,
  stepOfSpan,
} from '@openlayer-tracing/otel/dialects';
import { spanOf } from './recordings.ts';

const WEATHER = { name: 'weather', arguments: { city: 'Oslo' } };
const CALL = { id: 'c1', ...WEATHER };

/** Each form of a message, and what is read. */
const FORMS: Readonly<Record<string, readonly [given: unknown, read: unknown]>> = {
  'a text': ['hi', [{ role: 'user', content: 'hi' }]],
  'JSON text': ['[{"role":"user","content":"hi"}]', [{ role: 'user', content: 'hi' }]],
  'the parts of OpenTelemetry': [
    [{ role: 'user', parts: [{ type: 'text', content: 'hi' }] }],
    [{ role: 'user', content: 'hi' }],
  ],
  'a call of OpenTelemetry': [
    [{ role: 'assistant', parts: [{ type: 'tool_call', ...CALL }] }],
    [{ role: 'assistant', tool_calls: [CALL] }],
  ],
  'results of OpenTelemetry': [
    [
      {
        role: 'tool',
        parts: [
          { type: 'tool_call_response', id: 'c1', response: '12 °C' },
          { type: 'tool_call_response', id: 'c2', response: { degrees: 13 } },
        ],
      },
    ],
    [
      { role: 'tool', tool_call_id: 'c1', content: '12 °C' },
      { role: 'tool', tool_call_id: 'c2', content: { degrees: 13 } },
    ],
  ],
  'a call of OpenAI': [
    [
      {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [
          {
            id: 'c1',
            type: 'function',
            function: { name: 'weather', arguments: '{"city":"Oslo"}' },
          },
        ],
      },
    ],
    [{ role: 'assistant', tool_calls: [CALL] }],
  ],
  'an empty content beside parts': [
    [{ role: 'user', content: '', parts: [{ type: 'text', content: 'hi' }] }],
    [{ role: 'user', content: 'hi' }],
  ],
  'a content that parts repeat': [
    [{ role: 'user', content: 'hi', parts: [{ type: 'text', text: 'hi' }] }],
    [{ role: 'user', content: 'hi' }],
  ],
  'a content and other parts': [
    [{ role: 'user', content: 'hi', parts: [{ type: 'dance', steps: 3 }] }],
    [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hi' },
          { type: 'dance', steps: 3 },
        ],
      },
    ],
  ],
  'a failed result of Anthropic': [
    [
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'c1', content: 'no', is_error: true, cache: null },
        ],
      },
    ],
    [{ role: 'tool', tool_call_id: 'c1', content: 'no', is_error: true }],
  ],
  'a text with annotations': [
    [{ role: 'assistant', content: [{ type: 'output_text', text: 'hi', annotations: [1] }] }],
    [{ role: 'assistant', content: [{ type: 'text', text: 'hi', annotations: [1] }] }],
  ],
  'a reasoning with a signature': [
    [{ role: 'assistant', content: [{ type: 'thinking', thinking: 'hm', signature: 's' }] }],
    [{ role: 'assistant', content: [{ type: 'reasoning', text: 'hm', signature: 's' }] }],
  ],
  'a call of Anthropic with text': [
    [
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Let me look.' },
          { type: 'tool_use', id: 'c1', name: 'weather', input: { city: 'Oslo' } },
        ],
      },
    ],
    [{ role: 'assistant', content: 'Let me look.', tool_calls: [CALL] }],
  ],
  'a result of Anthropic': [
    [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: '12 °C' }] }],
    [{ role: 'tool', tool_call_id: 'c1', content: '12 °C' }],
  ],
  'a call of the AI SDK': [
    [
      {
        role: 'assistant',
        content: [
          { type: 'tool-call', toolCallId: 'c1', toolName: 'weather', input: { city: 'Oslo' } },
        ],
      },
    ],
    [{ role: 'assistant', tool_calls: [CALL] }],
  ],
  'a result of the AI SDK': [
    [
      {
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: 'c1', toolName: 'weather', output: 12 }],
      },
    ],
    [{ role: 'tool', tool_call_id: 'c1', name: 'weather', content: 12 }],
  ],
  'a choice of the conventions up to 1.36': [
    [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hi' } }],
    [{ role: 'assistant', content: 'hi', index: 0, finish_reason: 'stop' }],
  ],
  'parts that nobody knows': [
    [{ role: 'user', content: [{ type: 'hologram', data: 1 }, 'plain', 7] }],
    [
      {
        role: 'user',
        content: [{ type: 'hologram', data: 1 }, { type: 'text', text: 'plain' }, 7],
      },
    ],
  ],
};

describe('chatMessagesOf', () => {
  for (const [form, [given, read]] of Object.entries(FORMS)) {
    it(`reads ${form}`, () => {
      assert.deepEqual(chatMessagesOf(given), read);
    });
  }

  it('reads nothing from what is no message', () => {
    for (const value of ['', undefined, null, 7, {}, [], { messages: [] }]) {
      assert.equal(chatMessagesOf(value), undefined, JSON.stringify(value));
    }
  });

  it('gives the prototype of no message away', () => {
    const [message] = chatMessagesOf('[{"role":"user","__proto__":{"polluted":1}}]') ?? [];
    assert.equal((message as unknown as Record<string, unknown>).polluted, undefined);
  });
});

describe('genAIMessagesOf', () => {
  it('gives messages that are read as the same chat messages', () => {
    for (const [form, [given]] of Object.entries(FORMS)) {
      const chat = chatMessagesOf(given);
      assert.deepEqual(chatMessagesOf(genAIMessagesOf(given)), chat, form);
      assert.deepEqual(chatMessagesOf(JSON.stringify(genAIMessagesOf(given))), chat, form);
    }
  });

  it('gives every part a type, as the schema of the conventions demands', () => {
    for (const [form, [given]] of Object.entries(FORMS)) {
      for (const { role, parts } of genAIMessagesOf(given) ?? []) {
        assert.equal(typeof role, 'string', form);
        for (const { type } of parts) assert.equal(typeof type, 'string', form);
      }
    }
  });

  it('gives pictures as addresses or bytes', () => {
    const picture = (url: string) => [
      { role: 'user', content: [{ type: 'image_url', image_url: { url } }] },
    ];
    assert.deepEqual(genAIMessagesOf(picture('https://a.test/b.png'))?.[0]?.parts, [
      { type: 'uri', modality: 'image', uri: 'https://a.test/b.png' },
    ]);
    assert.deepEqual(genAIMessagesOf(picture('data:image/png;base64,iVBO'))?.[0]?.parts, [
      { type: 'blob', modality: 'image', mime_type: 'image/png', content: 'iVBO' },
    ]);
  });
});

describe('an answer whose parts have further fields', () => {
  const ANSWER = [
    {
      role: 'assistant',
      parts: [
        { type: 'reasoning', content: 'hm', signature: 's' },
        { type: 'text', content: 'hi', annotations: [{ url: 'https://a.test' }] },
        { type: 'text', content: ' you' },
      ],
    },
  ];

  it('keeps them, and comes back from a span', () => {
    const { step } = stepOfSpan(
      spanOf({
        'gen_ai.operation.name': 'chat',
        'gen_ai.output.messages': JSON.stringify(ANSWER),
      }),
    );
    assert.deepEqual(step.output, {
      content: [
        { type: 'text', text: 'hi', annotations: [{ url: 'https://a.test' }] },
        { type: 'text', text: ' you' },
      ],
      parts: [{ type: 'reasoning', signature: 's' }],
    });
    assert.equal(step.metadata.reasoning, 'hm');
    const again = stepOfSpan(spanOf(spanOfStep(step).attributes)).step;
    assert.deepEqual([again.output, again.metadata.reasoning], [step.output, 'hm']);
  });
});

describe('providers', () => {
  const NAMES: Readonly<Record<string, readonly string[]>> = {
    openai: ['openai', 'OpenAI', 'openai.chat', 'openai.responses'],
    anthropic: ['anthropic', 'anthropic.messages'],
    google: ['gcp.gemini', 'gcp.vertex_ai', 'gcp.gen_ai', 'google.generative-ai', 'vertexai'],
    bedrock: ['aws.bedrock', 'amazon-bedrock', 'aws'],
    azure: ['azure.ai.openai', 'azure.ai.inference', 'az.ai.openai', 'azure-openai.chat'],
    mistral: ['mistral_ai', 'mistralai', 'mistral.chat'],
    xai: ['x_ai', 'xai.chat'],
    watsonx: ['ibm.watsonx.ai'],
    cohere: ['cohere'],
    deepseek: ['deepseek'],
    groq: ['groq'],
    perplexity: ['perplexity'],
  };

  for (const [slug, names] of Object.entries(NAMES)) {
    it(`${slug} has its names in all conventions`, () => {
      for (const name of names) assert.equal(providerSlug(name), slug, name);
      assert.equal(providerSlug(genAIProviderOf(slug)), slug);
    });
  }

  it('that are no name are not known', () => {
    for (const value of [undefined, null, 7, '', ' ', {}])
      assert.equal(providerSlug(value), undefined);
  });

  it('of one attribute wins over those of conventions after it', () => {
    const { step } = stepOfSpan(
      spanOf({
        'gen_ai.operation.name': 'chat',
        'llm.provider': 'aws',
        'gen_ai.provider.name': 'gcp.gemini',
      }),
    );
    assert.equal(step.provider, 'google');
  });
});
