/** Credentials that an app gives a provider in the body of a request: the provider gets them, the trace does not. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ChatOpenAI } from '@langchain/openai';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceCohere } from '@openlayer-tracing/integrations/cohere';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { traceGoogleGenAI } from '@openlayer-tracing/integrations/google-genai';
import { traceGroq } from '@openlayer-tracing/integrations/groq';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { traceMistral } from '@openlayer-tracing/integrations/mistral';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import Anthropic from 'anthropic1';
import { CohereClient } from 'cohere8';
import { GoogleGenAI } from 'genai3';
import Groq from 'groq-sdk';
import { Mistral } from 'mistral2';
import OpenAI, { AzureOpenAI } from 'openai7';
import { type RequestContent, stepsOfCalls } from './answering.ts';

const CANARY = 'canary-8f2e';

const messages = [{ role: 'user' as const, content: 'hi' }];
/** Headers whose names do not say that they are secrets, and those that Azure uses. */
const headers = {
  'X-Custom': CANARY,
  'x-functions-key': CANARY,
  'Ocp-Apim-Subscription-Key': CANARY,
  name: CANARY,
};
const mcp = { type: 'mcp', server_label: 'l', server_url: 'https://mcp.test/sse', headers };
const remote = {
  type: 'remote',
  env: { STRIPE: CANARY, REGION: { value: CANARY } },
  network: {
    allowlist: [
      { domain: 'a.test', transform: { 'X-A': CANARY } },
      { domain: 'b.test', transform: [{ 'X-B': CANARY }] },
    ],
  },
};
const shell = {
  type: 'shell',
  environment: {
    type: 'container_auto',
    network_policy: {
      type: 'allowlist',
      allowed_domains: ['a.test'],
      domain_secrets: [{ domain: 'a.test', name: 'KEY_OF_A', value: CANARY }],
    },
  },
};
const ofAzure = (authentication: object, more: object = {}) => [
  { type: 'azure_search', parameters: { endpoint: 'https://s.test', authentication, ...more } },
];

/** Sends a body by a client's own fetch, as for a service without a client. */
const post = (path: string, body: object) => (url: string) =>
  tracedFetch()(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).then((response) => response.text());

const openai = (url: string) => traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: `${url}/v1` }));
const azure = (data_sources: readonly object[]) => (url: string) =>
  traceOpenAI(
    new AzureOpenAI({ apiKey: 'k', endpoint: url, apiVersion: '2024-10-21', deployment: 'd' }),
  ).chat.completions.create({ model: 'd', messages, data_sources } as never);
const gemini = (url: string) =>
  traceGoogleGenAI(new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: url } }));

/** Calls with a credential. What each records besides it is given as a pattern. */
const CALLS: Readonly<Record<string, readonly [(url: string) => unknown, RegExp]>> = {
  'the key of a search index of Azure': [
    azure(ofAzure({ type: 'api_key', key: CANARY })),
    /"type":"api_key"/,
  ],
  'the encoded key of an index of Azure': [
    azure(ofAzure({ type: 'encoded_api_key', encoded_api_key: CANARY })),
    /"type":"encoded_api_key"/,
  ],
  'the key and its id of an index of Azure': [
    azure(ofAzure({ type: 'key_and_key_id', key: CANARY, key_id: CANARY })),
    /"type":"key_and_key_id"/,
  ],
  'an access token for an index of Azure': [
    azure(ofAzure({ type: 'access_token', access_token: CANARY })),
    /"type":"access_token"/,
  ],
  'the connection string of an index of Azure': [
    azure(ofAzure({ type: 'connection_string', connection_string: CANARY })),
    /"type":"connection_string"/,
  ],
  'the password for an index of Azure': [
    azure(ofAzure({ type: 'username_and_password', username: CANARY, password: CANARY })),
    /"type":"username_and_password"/,
  ],
  'the key of the embeddings of an index of Azure': [
    azure(
      ofAzure(
        { type: 'system_assigned_managed_identity' },
        {
          embedding_dependency: {
            type: 'endpoint',
            endpoint: 'https://e.test',
            authentication: { type: 'api_key', key: CANARY },
          },
        },
      ),
    ),
    /https:\/\/e\.test/,
  ],
  'the keys of an index in the first API of Azure': [
    post('/openai/deployments/d/extensions/chat/completions', {
      messages,
      dataSources: [
        { type: 'AzureCognitiveSearch', parameters: { key: CANARY, embeddingKey: CANARY } },
      ],
    }),
    /AzureCognitiveSearch/,
  ],
  'the headers for an MCP server of a response': [
    (url) =>
      openai(url).responses.create({
        model: 'gpt-5',
        input: 'hi',
        tools: [{ ...mcp, authorization: CANARY } as never],
      }),
    /X-Custom/,
  ],
  'the secrets of a container of a response': [
    (url) => openai(url).responses.create({ model: 'gpt-5', input: 'hi', tools: [shell as never] }),
    /allowed_domains/,
  ],
  'the headers that a fetched response repeats': [
    (url) => openai(url).responses.retrieve('resp_fetched'),
    /mcp\.test/,
  ],
  'the headers for an MCP server of a chat of Groq': [
    (url) =>
      traceGroq(new Groq({ apiKey: 'k', baseURL: url })).chat.completions.create({
        model: 'm',
        messages,
        tools: [mcp as never],
      }),
    /X-Custom/,
  ],
  'the key for Wolfram of Groq': [
    (url) =>
      traceGroq(new Groq({ apiKey: 'k', baseURL: url })).chat.completions.create({
        model: 'm',
        messages,
        compound_custom: { tools: { wolfram_settings: { authorization: CANARY } } },
      }),
    /wolfram_settings/,
  ],
  'the token and headers for an MCP server of Anthropic': [
    (url) =>
      traceAnthropic(new Anthropic({ apiKey: 'k', baseURL: url })).beta.messages.create({
        model: 'm',
        max_tokens: 9,
        messages,
        mcp_servers: [
          {
            type: 'url',
            name: 'l',
            url: 'https://mcp.test',
            authorization_token: CANARY,
            headers,
          } as never,
        ],
      }),
    /mcp\.test/,
  ],
  'the authorization of a connector of Mistral': [
    (url) =>
      traceMistral(new Mistral({ apiKey: 'k', serverURL: url })).chat.complete({
        model: 'm',
        messages,
        tools: [
          {
            type: 'connector',
            connectorId: 'c',
            authorization: { type: 'api-key', value: CANARY },
          } as never,
        ],
      }),
    /connector/,
  ],
  'the headers for an MCP server of Gemini': [
    (url) =>
      gemini(url).models.generateContent({
        model: 'gemini-2.5-flash',
        contents: 'hi',
        config: {
          tools: [
            {
              mcpServers: [
                { name: 'l', streamableHttpTransport: { url: 'https://mcp.test', headers } },
              ],
            },
          ],
        },
      }),
    /X-Custom/,
  ],
  'the key for a retrieval of Vertex': [
    post('/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent', {
      contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
      tools: [
        {
          retrieval: {
            externalApi: {
              endpoint: 'https://e.test',
              apiAuth: { apiKeyConfig: { apiKeyString: CANARY } },
              authConfig: { httpBasicAuthConfig: { credentialSecret: CANARY } },
            },
          },
        },
      ],
    }),
    /https:\/\/e\.test/,
  ],
  'the headers and variables of an interaction of Gemini': [
    (url) =>
      gemini(url).interactions.create({
        model: 'gemini-2.5-flash',
        input: 'hi',
        tools: [{ type: 'mcp_server', name: 'l', url: 'https://mcp.test', headers }],
        environment: remote,
      } as never),
    /b\.test/,
  ],
  'the token for a connector of Cohere': [
    (url) =>
      traceCohere(new CohereClient({ token: 'k', environment: url })).chat({
        message: 'hi',
        connectors: [{ id: 'c', userAccessToken: CANARY }],
      }),
    /"connectors"/,
  ],
  'headers that a gateway passes on': [
    post('/v1/chat/completions', {
      model: 'm',
      messages,
      extra_headers: headers,
      extra_body: { data_sources: ofAzure({ type: 'api_key', key: CANARY }) },
    }),
    /X-Custom/,
  ],
  'what LangChain passes to its client': [
    (url) => {
      traceLangChain(CallbackManager);
      return new ChatOpenAI({
        apiKey: 'k',
        model: 'm',
        configuration: { baseURL: url },
        modelKwargs: {
          data_sources: ofAzure({ type: 'api_key', key: CANARY }),
          extra_headers: headers,
        },
      }).invoke('hi', { tools: [mcp as never] });
    },
    /azure_search/,
  ],
};

/** An answer in the form of each API, which repeats the tools as some do. */
function reply({ path, body }: RequestContent): { readonly json: unknown } {
  const { tools = [mcp] } = (body ?? {}) as { tools?: unknown };
  const usage = { input_tokens: 1, output_tokens: 1, total_tokens: 2 };
  const message = { role: 'assistant', content: 'hi' };
  if (path.includes('/responses')) {
    const item = { type: 'message', role: 'assistant', id: 'i', status: 'completed' };
    const output = [{ ...item, content: [{ type: 'output_text', text: 'hi', annotations: [] }] }];
    const id = path.split('/responses/')[1] ?? 'resp_sent';
    const about = { id, object: 'response', status: 'completed', model: 'gpt-5', background: true };
    return { json: { ...about, output, usage, tools } };
  }
  if (path.includes('/messages')) {
    const about = { id: 'm', type: 'message', role: 'assistant', model: 'm' };
    const content = [{ type: 'text', text: 'hi' }];
    return { json: { ...about, content, stop_reason: 'end_turn', usage } };
  }
  if (path.includes('generateContent')) {
    const content = { role: 'model', parts: [{ text: 'hi' }] };
    return { json: { candidates: [{ content, finishReason: 'STOP' }] } };
  }
  if (path.includes('/interactions')) {
    const outputs = [{ type: 'text', text: 'hi' }];
    return { json: { id: 'i', status: 'completed', model: 'm', outputs, tools } };
  }
  if (path.endsWith('/chat')) return { json: { text: 'hi', generation_id: 'g' } };
  const choices = [{ index: 0, message, finish_reason: 'stop' }];
  return {
    json: {
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices,
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
    },
  };
}

describe('credentials in the body of a request', () => {
  for (const [name, [call, recorded]] of Object.entries(CALLS)) {
    it(`are masked: ${name}`, async () => {
      const { steps, asked } = await stepsOfCalls(reply, call);
      // A request that fetches a response has no body.
      assert.match(JSON.stringify(asked), new RegExp(`${CANARY}|resp_fetched`));
      assert.equal(steps.length, 1);
      const text = JSON.stringify(steps);
      assert.doesNotMatch(text, new RegExp(CANARY));
      assert.match(text, recorded);
      assert.match(text, /\[redacted\]/);
    });
  }

  it('are masked before the app may redact the content itself', async () => {
    const seen: unknown[] = [];
    const redact = (content: unknown) => {
      seen.push(content);
      return content;
    };
    await stepsOfCalls(reply, (url) =>
      traceOpenAI(new OpenAI({ apiKey: 'k', baseURL: url }), { redact }).responses.create({
        model: 'gpt-5',
        input: 'hi',
        tools: [mcp as never],
      }),
    );
    assert.match(JSON.stringify(seen), /X-Custom/);
    assert.doesNotMatch(JSON.stringify(seen), new RegExp(CANARY));
  });

  it('are not looked for in the schema of a function, nor in its arguments', async () => {
    const parameters = {
      type: 'object',
      properties: {
        headers: { type: 'object', description: 'the headers to send' },
        env: { type: 'string', enum: ['test', 'live'] },
      },
    };
    const call = { id: 'c', type: 'function' as const };
    const said = [
      ...messages,
      {
        role: 'assistant' as const,
        tool_calls: [
          { ...call, function: { name: 'get', arguments: '{"headers":{"Accept":"a/b"}}' } },
        ],
      },
      { role: 'tool' as const, tool_call_id: 'c', content: '{"headers":{"Etag":"e7"}}' },
    ];
    const tools = [{ type: 'function' as const, function: { name: 'get', parameters } }];
    const { steps } = await stepsOfCalls(reply, (url) =>
      openai(url).chat.completions.create({ model: 'm', messages: said, tools }),
    );
    assert.deepEqual(steps[0]?.inputs, { prompt: said, tools });
  });
});
