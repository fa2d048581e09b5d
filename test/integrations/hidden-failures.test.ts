/** Failures that results, spans and events state: their words may repeat what was sent. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CallToolRequestSchema,
  CallToolResultSchema,
  GetPromptRequestSchema,
  GetPromptResultSchema,
  McpError,
  ReadResourceRequestSchema,
  ReadResourceResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { trace } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { traceModel, traceTools } from '@openlayer-tracing/integrations/ai-sdk';
import { traceClaudeAgent } from '@openlayer-tracing/integrations/claude-agent-sdk';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { mastraBridge } from '@openlayer-tracing/integrations/mastra';
import { traceMCPClient, traceMCPServer } from '@openlayer-tracing/integrations/mcp';
import { agentsTraceProcessor } from '@openlayer-tracing/integrations/openai-agents';
import { drain } from './far-end.ts';

/** No name of an error looks like this. */
const WORDS = 'no weather in canary-41c7';

interface Options {
  readonly content?: boolean;
  readonly redact?: () => string;
}
type Call = (options: Options) => Promise<unknown>;

const named = () => Object.assign(new RangeError('no'), { name: WORDS });

/** Options of one call: those of the whole process are others' as well. */
function callbacksWith(options: Options): CallbackManager {
  class Own extends CallbackManager {
    static override _configureSync(): CallbackManager | undefined {
      return undefined;
    }
  }
  traceLangChain(Own, options);
  return Own._configureSync() as CallbackManager;
}

function lookUp(run: () => Promise<unknown>): Call {
  const schema = { type: 'object' as const, properties: {} };
  const call = { type: 'tool_call' as const, id: 'c1', name: 'lookup', args: {} };
  return (options) =>
    tool(run, { name: 'lookup', schema }).invoke(call, { callbacks: callbacksWith(options) });
}

const rejected = async () => {
  throw new McpError(-32602, WORDS, { given: WORDS });
};
const failed = async () => ({ isError: true, content: [{ type: 'text' as const, text: WORDS }] });

/** A call of a tool, a prompt or a resource that a server answers so. */
function mcp(
  ask: (client: Client) => Promise<unknown>,
  {
    answer = rejected,
    side = 'client',
  }: { answer?: typeof failed; side?: 'client' | 'server' } = {},
): Call {
  return async (options) => {
    const about = { name: 'weather', version: '1.0.0' };
    const server = new Server(about, { capabilities: { tools: {}, prompts: {}, resources: {} } });
    if (side === 'server') traceMCPServer(server, options);
    server.setRequestHandler(CallToolRequestSchema, answer);
    server.setRequestHandler(GetPromptRequestSchema, rejected);
    server.setRequestHandler(ReadResourceRequestSchema, rejected);
    const client = new Client(about);
    if (side === 'client') traceMCPClient(client, options);
    const [one, two] = InMemoryTransport.createLinkedPair();
    await Promise.all([server.connect(one as never), client.connect(two as never)]);
    await ask(client).catch(() => {});
    await client.close();
  };
}

const params = { name: 'look', arguments: {} };
const toolRequest = { method: 'tools/call' as const, params };
const promptRequest = { method: 'prompts/get' as const, params: { name: 'greet' } };
const resourceRequest = { method: 'resources/read' as const, params: { uri: 'book://dune' } };
const callTool = (client: Client) => client.callTool(params);
const streamTool = ({ experimental }: Client) =>
  drain(experimental.tasks.requestStream(toolRequest, CallToolResultSchema));

function claude(...messages: readonly object[]): Call {
  return (options) => {
    const query = traceClaudeAgent(async function* query(_given: object) {
      yield* messages;
    }, options);
    return drain(query({ prompt: 'hi' }));
  };
}

const assistant = (...content: readonly object[]) => ({
  type: 'assistant',
  message: { id: 'm1', content },
});

/** A workflow with one span, which ends with this error. */
function agents(spanData: object, error: object | null = null): Call {
  return async (options) => {
    const processor = agentsTraceProcessor(options);
    const span = { spanId: 's1', parentId: null, traceId: 't1', error, spanData };
    const workflow = { traceId: 't1', name: 'workflow' };
    await processor.onTraceStart(workflow);
    await processor.onSpanStart(span);
    await processor.onSpanEnd(span);
    await processor.onTraceEnd(workflow);
  };
}

/** A run of an agent that ends with this error. */
function mastra(errorInfo: object): Call {
  return async (options) => {
    const bridge = mastraBridge(options);
    const exportedSpan = { id: 'run', type: 'agent_run', entityName: 'Helper' };
    const end = { type: 'span_ended', exportedSpan: { ...exportedSpan, errorInfo } };
    await bridge.exportTracingEvent({ type: 'span_started', exportedSpan });
    await bridge.exportTracingEvent(end);
  };
}

/** A model whose stream ends with this error. */
function model(error: unknown): Call {
  return async (options) => {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue({ type: 'error', error });
        controller.close();
      },
    });
    const untraced = {
      ...{ specificationVersion: 'v3', provider: 'acme', modelId: 'm' },
      doStream: async (_asked: object) => ({ stream }),
    };
    const traced = traceModel(untraced as never, options) as unknown as typeof untraced;
    await drain((await traced.doStream({ prompt: [] })).stream);
  };
}

/** A chat model of LangChain whose stream states this error. */
function events(error: object): Call {
  return (options) => {
    class Model {
      async *_streamChatModelEvents(..._args: unknown[]) {
        yield { event: 'message-start' };
        yield { event: 'error', ...error };
      }

      streamEvents(..._args: unknown[]) {
        return this._streamChatModelEvents('hi', {});
      }
    }
    traceLangChain(Model, options);
    return drain(new Model().streamEvents('hi', {}));
  };
}

const CALLS: Readonly<Record<string, Call>> = {
  'a tool of MCP that the server rejects': mcp(callTool),
  'a tool of MCP that the server rejects in a stream': mcp(streamTool),
  'a prompt of MCP that the server rejects in a stream': mcp(({ experimental }) =>
    drain(experimental.tasks.requestStream(promptRequest, GetPromptResultSchema)),
  ),
  'a resource of MCP that the server rejects in a stream': mcp(({ experimental }) =>
    drain(experimental.tasks.requestStream(resourceRequest, ReadResourceResultSchema)),
  ),
  'a tool of MCP that failed': mcp(callTool, { answer: failed }),
  'a tool of MCP that failed in a stream': mcp(streamTool, { answer: failed }),
  'a tool of an MCP server that failed': mcp(callTool, { answer: failed, side: 'server' }),
  'a tool of an MCP server that throws': mcp(callTool, { side: 'server' }),
  'a stream of LangChain with a message': events({ code: 'bad', message: WORDS }),
  'a stream of LangChain with a sentence as its code': events({ code: WORDS, message: 'bad' }),
  "a result of LangChain's tool": lookUp(
    async () => new ToolMessage({ content: WORDS, tool_call_id: 'c1', status: 'error' }),
  ),
  "LangChain's tool, by the name of its error": lookUp(() => Promise.reject(named())),
  "a tool of Claude's agent": claude(
    assistant({ type: 'tool_use', id: 'c1', name: 'Bash', input: {} }),
    {
      type: 'user',
      message: {
        content: [{ type: 'tool_result', tool_use_id: 'c1', content: WORDS, is_error: true }],
      },
    },
  ),
  "an answer of Claude's agent": claude({
    ...assistant({ type: 'text', text: WORDS }),
    error: 'rate_limit',
  }),
  "an answer of Claude's agent with a sentence as its error": claude({
    ...assistant(),
    error: WORDS,
  }),
  "the result of Claude's agent": claude(assistant(), {
    type: 'result',
    subtype: 'error_during_execution',
    errors: [WORDS],
  }),
  "the result of Claude's agent with a sentence as its kind": claude(assistant(), {
    type: 'result',
    subtype: WORDS,
  }),
  "a span of OpenAI's agents": agents(
    { type: 'function', name: 'lookup' },
    { message: 'failed', data: { error: WORDS, given: WORDS } },
  ),
  "a response of OpenAI's agents": agents({
    type: 'response',
    _response: { object: 'response', status: 'failed', error: { code: WORDS, message: WORDS } },
  }),
  "a message of Mastra's error": mastra({ name: 'APIError', message: WORDS }),
  "a sentence as the name of Mastra's error": mastra({ name: WORDS, message: 'bad' }),
  'a stream of the AI SDK with a message': model(WORDS),
  'a stream of the AI SDK with an error': model(new RangeError(WORDS)),
  'a stream of the AI SDK with a sentence as the name of its error': model(named()),
  'a tool of the AI SDK, by the name of its error': (options) => {
    const lookup = { execute: (_input: object): Promise<string> => Promise.reject(named()) };
    return traceTools({ lookup }, options).lookup.execute({});
  },
};

/** The rows of a call within a trace; what it throws is not passed on. */
async function rowsOf(call: Call, options: Options): Promise<readonly WireRow[]> {
  using captured = captureTraces();
  const settled = async () => void (await call(options).catch(() => {}));
  await trace(settled, { name: 'request' })();
  return captured.rows();
}

describe('the words of a failure', () => {
  for (const [of, call] of Object.entries(CALLS)) {
    it(`are recorded: ${of}`, async () => {
      assert.ok(JSON.stringify(await rowsOf(call, {})).includes(WORDS));
    });

    it(`are not recorded if content is hidden: ${of}`, async () => {
      for (const options of [{ content: false }, { redact: () => '[masked]' }]) {
        const rows = JSON.stringify(await rowsOf(call, options));
        assert.match(rows, /"errorType"/);
        assert.ok(!rows.includes(WORDS), rows);
      }
    });
  }
});
