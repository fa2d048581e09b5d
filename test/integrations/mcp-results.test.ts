/** Results of the Model Context Protocol by their parts, on the server and on the client. */

import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  type CallToolResult,
  CallToolResultSchema,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { step } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import {
  type MCPOptions,
  traceMCPClient,
  traceMCPServer,
} from '@openlayer-tracing/integrations/mcp';
import { z } from 'zod';
import { rowsOf } from './stage.ts';

const BYTES = 'QUJD'.repeat(100);
const said = (text: string) => ({ type: 'text' as const, text });
const picture = { type: 'image' as const, data: BYTES, mimeType: 'image/png' };
const attached = {
  type: 'resource' as const,
  resource: { uri: 'file:///a.pdf', mimeType: 'application/pdf', blob: BYTES },
};

/** A result, and what is recorded of it. */
const results: Readonly<Record<string, readonly [CallToolResult, unknown, string?]>> = {
  'texts alone': [{ content: [said('one'), said('two')] }, 'one\ntwo'],
  'a text and a picture': [
    { content: [said('a cat'), picture] },
    {
      content: 'a cat',
      parts: [{ type: 'image', mimeType: 'image/png', data: '[image/png, 300 bytes]' }],
    },
  ],
  'sound alone': [
    { content: [{ type: 'audio', data: BYTES, mimeType: 'audio/wav' }] },
    { parts: [{ type: 'audio', mimeType: 'audio/wav', data: '[audio/wav, 300 bytes]' }] },
  ],
  'a resource': [
    { content: [attached] },
    {
      parts: [
        {
          type: 'resource',
          resource: { ...attached.resource, blob: '[application/pdf, 300 bytes]' },
        },
      ],
    },
  ],
  'a structure, and the same as a text': [
    { content: [said('{"degrees":21}')], structuredContent: { degrees: 21 } },
    { degrees: 21 },
  ],
  'a structure, and another text': [
    { content: [said('mild')], structuredContent: { degrees: 21 } },
    { content: 'mild', structuredContent: { degrees: 21 } },
  ],
  'an error': [{ content: [said('no weather')], isError: true }, null, 'no weather'],
  'an error with a picture': [
    { content: [said('no weather'), picture], isError: true },
    {
      content: 'no weather',
      parts: [{ type: 'image', mimeType: 'image/png', data: '[image/png, 300 bytes]' }],
    },
    'no weather',
  ],
  'a text with notes': [
    { content: [{ ...said('sunny'), annotations: { audience: ['user'], priority: 1 } }] },
    {
      content: 'sunny',
      parts: [{ type: 'text', annotations: { audience: ['user'], priority: 1 } }],
    },
  ],
  nothing: [{ content: [] }, null],
};

/** What a server with one tool, one resource and one prompt is asked, and the steps of its side or of the client's. */
async function stepsOf(
  side: 'server' | 'client',
  ask: (client: Client) => Promise<unknown>,
  result: CallToolResult = { content: [] },
  options: MCPOptions = {},
): Promise<readonly WireStep[]> {
  const server = new McpServer({ name: 'weather', version: '1.0.0' });
  if (side === 'server') traceMCPServer(server, options);
  server.registerTool('look', { inputSchema: z.object({}) }, async () => ({
    ...result,
    _meta: { took: 5 },
  }));
  server.registerResource('book', 'book://dune', {}, async () => ({
    contents: [
      await step('fetch', () => ({ uri: 'book://dune', text: 'A beginning.' })),
      { uri: 'book://dune/cover', mimeType: 'image/png', blob: BYTES },
    ],
  }));
  server.registerPrompt('greet', { argsSchema: { who: z.string() } }, ({ who }) => ({
    messages: [{ role: 'user', content: said(`Greet ${who}.`) }],
  }));
  const client = new Client({ name: 'tests', version: '1.0.0' });
  if (side === 'client') traceMCPClient(client, options);
  const [one, two] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(one as never), client.connect(two as never)]);
  using captured = captureTraces();
  await ask(client);
  await client.close();
  // On the client's side, what the server does is a trace of its own.
  const rows = await rowsOf(captured, 1);
  return rows.flatMap(({ steps }) => steps).filter(({ name }) => name !== 'fetch');
}

for (const side of ['server', 'client'] as const) {
  describe(`the result of a tool on the ${side}`, () => {
    const call = (client: Client) => client.callTool({ name: 'look', arguments: {} });

    for (const [name, [result, output, failure]] of Object.entries(results)) {
      it(`is kept: ${name}`, async () => {
        const [tool] = await stepsOf(side, call, result);
        assert.equal(tool?.type, 'tool');
        assert.deepEqual(tool?.output, output);
        assert.equal(tool?.metadata.error, failure);
        assert.deepEqual(tool?.metadata._meta, { took: 5 });
      });
    }

    it('has no content with content: false', async () => {
      for (const [result] of Object.values(results)) {
        const [tool] = await stepsOf(side, call, result, { content: false });
        assert.equal(tool?.output, null);
        assert.doesNotMatch(JSON.stringify(tool), /weather|cat|degrees|took|one/);
      }
    });

    it('is recorded like resources and prompts', async () => {
      const steps = await stepsOf(side, async (client) => {
        await client.readResource({ uri: 'book://dune' });
        await client.getPrompt({ name: 'greet', arguments: { who: 'Ada' } });
      });
      const [resource, prompt] = steps;
      assert.equal(resource?.type, 'retriever');
      assert.deepEqual(resource?.inputs, { uri: 'book://dune' });
      assert.deepEqual(resource?.documents, [
        { uri: 'book://dune', text: 'A beginning.' },
        { uri: 'book://dune/cover', mimeType: 'image/png', blob: '[image/png, 300 bytes]' },
      ]);
      if (side === 'server') assert.equal(resource?.steps[0]?.name, 'fetch');
      assert.deepEqual(
        [prompt?.name, prompt?.type, prompt?.inputs],
        ['greet', 'chain', { who: 'Ada' }],
      );
      assert.match(JSON.stringify(prompt?.output), /Greet Ada/);
    });
  });
}

describe('a request of a server to its client', () => {
  const about = { name: 'tests', version: '1.0.0' };
  const message = { role: 'user' as const, content: said('Which town?') };

  /** The steps of a tool that asks the client's model and its user, on one side. */
  async function stepOfTool(side: 'server' | 'client', options: MCPOptions = {}) {
    const server = new McpServer(about);
    if (side === 'server') traceMCPServer(server, options);
    server.registerTool('ask', { inputSchema: z.object({}) }, async () => {
      const { content } = await server.server.createMessage({ messages: [message], maxTokens: 9 });
      await server.server.elicitInput({
        message: 'Are you sure?',
        requestedSchema: { type: 'object', properties: { sure: { type: 'boolean' } } },
      });
      return { content: [content] as never };
    });
    const client = new Client(about, { capabilities: { sampling: {}, elicitation: {} } });
    if (side === 'client') traceMCPClient(client, options);
    client.setRequestHandler(CreateMessageRequestSchema, async () => ({
      ...{ role: 'assistant' as const, model: 'm', stopReason: 'endTurn' },
      content: await step('ask a model', () => said('Oslo')),
    }));
    client.setRequestHandler(ElicitRequestSchema, async () => ({
      ...{ action: 'accept' as const, content: { sure: true } },
    }));
    const [one, two] = InMemoryTransport.createLinkedPair();
    await Promise.all([server.connect(one as never), client.connect(two as never)]);
    using captured = captureTraces();
    await client.callTool({ name: 'ask', arguments: {} });
    await client.close();
    const rows = await captured.rows();
    return rows.flatMap(({ steps }) => steps);
  }

  it('is a child of the tool on the server', async () => {
    const [tool] = (await stepOfTool('server')).filter(({ type }) => type === 'tool');
    const [sampling, elicitation] = tool?.steps ?? [];
    assert.equal(tool?.output, 'Oslo');
    assert.deepEqual(
      [sampling?.name, sampling?.type, sampling?.output],
      ['sampling', 'chain', 'Oslo'],
    );
    assert.deepEqual(sampling?.inputs, { messages: [message], maxTokens: 9 });
    const { model, finishReason } = sampling?.metadata ?? {};
    assert.deepEqual([model, finishReason], ['m', 'endTurn']);
    assert.deepEqual(
      [elicitation?.name, elicitation?.output, elicitation?.metadata.action],
      ['elicitation', { sure: true }, 'accept'],
    );
  });

  it('has the work of the client as children on the client', async () => {
    const flat = (each: WireStep): WireStep[] => [each, ...each.steps.flatMap(flat)];
    const steps = (await stepOfTool('client')).flatMap(flat);
    const sampling = steps.find(({ name }) => name === 'sampling');
    assert.deepEqual(
      [sampling?.output, sampling?.steps.map(({ name }) => name)],
      ['Oslo', ['ask a model']],
    );
    assert.deepEqual(steps.find(({ name }) => name === 'elicitation')?.output, { sure: true });
  });

  it('has no content with content: false', async () => {
    const steps = await stepOfTool('server', { content: false });
    const tool = steps.find(({ type }) => type === 'tool');
    const ofTool = tool?.steps ?? [];
    assert.equal(ofTool.length, 2);
    for (const each of ofTool) {
      // What the app records itself is its own.
      assert.doesNotMatch(JSON.stringify({ ...each, steps: [] }), /Oslo|Which town|sure/);
    }
  });
});

describe('a request that the app sends itself', () => {
  it('is recorded like the SDK’s methods, and once', async () => {
    const ask = async (client: Client) => {
      const params = { name: 'look', arguments: {} };
      await client.request({ method: 'tools/call', params }, CallToolResultSchema);
      const messages = client.experimental.tasks.requestStream(
        { method: 'tools/call', params },
        CallToolResultSchema,
      );
      for await (const _ of messages);
    };
    const steps = await stepsOf('client', ask, { content: [said('a cat')] });
    const tools = steps.filter(({ type }) => type === 'tool');
    assert.deepEqual(
      tools.map(({ name, output, steps: below }) => [name, output, below.length]),
      [
        ['look', 'a cat', 0],
        ['look', 'a cat', 0],
      ],
    );
  });
});

describe('a server that passes its calls on to another server', () => {
  it('has both calls as steps', async () => {
    using captured = captureTraces();
    const connect = async (answer: () => Promise<CallToolResult>) => {
      const server = new McpServer({ name: 'tests', version: '1.0.0' });
      server.registerTool('look', {}, answer);
      const client = traceMCPClient(new Client({ name: 'tests', version: '1.0.0' }));
      const [one, two] = InMemoryTransport.createLinkedPair();
      await Promise.all([server.connect(one), client.connect(two)]);
      return client;
    };
    const behind = await connect(async () => ({ content: [said('a cat')] }));
    const inFront = await connect(
      async () => (await behind.callTool({ name: 'look', arguments: {} })) as CallToolResult,
    );
    await inFront.callTool({ name: 'look', arguments: {} });
    const [row] = await rowsOf(captured, 1);
    const [outer] = row?.steps ?? [];
    const [inner, ...others] = outer?.steps ?? [];
    assert.deepEqual([outer?.output, inner?.type, inner?.output], ['a cat', 'tool', 'a cat']);
    assert.equal(others.length, 0);
  });
});
