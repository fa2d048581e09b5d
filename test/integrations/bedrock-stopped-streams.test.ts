/** Streams of AWS's clients that the client stops reading before the body ends: by an error, or because the app leaves them. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { getTracer } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import {
  AgenticRetrieveStreamCommand,
  BedrockAgentRuntimeClient,
  InvokeAgentCommand,
  InvokeFlowCommand,
  InvokeInlineAgentCommand,
  OptimizePromptCommand,
  RetrieveAndGenerateStreamCommand,
} from 'bedrock-agent3';
import {
  BedrockRuntimeClient,
  ConverseStreamCommand,
  InvokeModelWithResponseStreamCommand,
} from 'bedrock3';
import { later } from '../contract/harness/pause.ts';
import {
  chunkFrame,
  errorFrame,
  eventFrame,
  exceptionFrame,
} from '../support/llm-server/bedrock.ts';

type Events = AsyncIterable<unknown> | undefined;

/** How a client sends its requests; by default, Bedrock's clients use HTTP/2. */
interface Protocol {
  readonly isHttp2: boolean;
  readonly handler: () => object;
}

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  'HTTP/1': { isHttp2: false, handler: () => ({ requestHandler: new NodeHttpHandler() }) },
  'HTTP/2': { isHttp2: true, handler: () => ({}) },
  fetch: { isHttp2: false, handler: () => ({ requestHandler: new FetchHttpHandler() }) },
};

/** A command, and the first events of its stream. */
interface Command {
  readonly first: readonly Buffer[];
  readonly stream: (endpoint: string, protocol: Protocol) => Promise<Events>;
}

const settings = (endpoint: string, { handler }: Protocol) => ({
  region: 'eu-west-1',
  endpoint,
  credentials: { accessKeyId: 'a', secretAccessKey: 's' },
  maxAttempts: 1,
  ...handler(),
});
const models = (endpoint: string, protocol: Protocol) =>
  traceBedrock(new BedrockRuntimeClient(settings(endpoint, protocol)));
const agents = (endpoint: string, protocol: Protocol) =>
  traceBedrock(new BedrockAgentRuntimeClient(settings(endpoint, protocol)));

function invoked(modelId: string, body: object, ...pieces: readonly object[]): Command {
  return {
    first: pieces.map(chunkFrame),
    stream: async (...to) => {
      const command = new InvokeModelWithResponseStreamCommand({
        modelId,
        body: JSON.stringify(body),
      });
      return (await models(...to).send(command)).body;
    },
  };
}

const messages = [{ role: 'user', content: [{ text: 'Hello' }] }];
const delta = { contentBlockIndex: 0, delta: { text: 'word ' } };
const chunk = eventFrame('chunk', { bytes: Buffer.from('word ').toString('base64') });
const agent = { sessionId: 's1', inputText: 'Hello' };

const COMMANDS: Readonly<Record<string, Command>> = {
  ConverseStream: {
    first: [
      eventFrame('messageStart', { role: 'assistant' }),
      eventFrame('contentBlockDelta', delta),
    ],
    stream: async (...to) => {
      const input = { modelId: 'amazon.nova-lite-v1:0', messages: messages as never };
      return (await models(...to).send(new ConverseStreamCommand(input))).stream;
    },
  },
  'InvokeModelWithResponseStream of Anthropic': invoked(
    'anthropic.claude-3-haiku-20240307-v1:0',
    { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages },
    {
      type: 'message_start',
      message: { type: 'message', role: 'assistant', id: 'm', model: 'claude', content: [] },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'word ' } },
  ),
  'InvokeModelWithResponseStream of Amazon': invoked(
    'amazon.nova-lite-v1:0',
    { schemaVersion: 'messages-v1', messages },
    { messageStart: { role: 'assistant' } },
    { contentBlockDelta: delta },
  ),
  'InvokeModelWithResponseStream of Meta': invoked(
    'meta.llama3-8b-instruct-v1:0',
    { prompt: 'Hello' },
    { generation: 'word ' },
  ),
  InvokeAgent: {
    first: [chunk],
    stream: async (...to) => {
      const input = { agentId: 'AGENT1', agentAliasId: 'ALIAS1', ...agent };
      return (await agents(...to).send(new InvokeAgentCommand(input))).completion;
    },
  },
  InvokeInlineAgent: {
    first: [chunk],
    stream: async (...to) => {
      const input = {
        foundationModel: 'amazon.nova-lite-v1:0',
        instruction: 'Be brief.',
        ...agent,
      };
      return (await agents(...to).send(new InvokeInlineAgentCommand(input))).completion;
    },
  },
  InvokeFlow: {
    first: [
      eventFrame('flowOutputEvent', {
        nodeName: 'end',
        nodeType: 'FlowOutputNode',
        content: { document: 'word ' },
      }),
    ],
    stream: async (...to) => {
      const command = new InvokeFlowCommand({
        flowIdentifier: 'FLOW1',
        flowAliasIdentifier: 'ALIAS1',
        inputs: [{ nodeName: 'start', nodeOutputName: 'document', content: { document: 'Hello' } }],
      });
      return (await agents(...to).send(command)).responseStream;
    },
  },
  RetrieveAndGenerateStream: {
    first: [eventFrame('output', { text: 'word ' })],
    stream: async (...to) => {
      const command = new RetrieveAndGenerateStreamCommand({ input: { text: 'Hello' } });
      return (await agents(...to).send(command)).stream;
    },
  },
  AgenticRetrieveStream: {
    first: [eventFrame('responseEvent', { text: 'word ' })],
    stream: async (...to) => {
      const command = new AgenticRetrieveStreamCommand({
        messages: [{ role: 'user', content: { text: 'Oslo' } }],
        retrievers: [],
        agenticRetrieveConfiguration: {},
      } as unknown as ConstructorParameters<typeof AgenticRetrieveStreamCommand>[0]);
      return (await agents(...to).send(command)).stream;
    },
  },
  OptimizePrompt: {
    first: [eventFrame('analyzePromptEvent', { message: 'word ' })],
    stream: async (...to) => {
      const command = new OptimizePromptCommand({
        input: { textPrompt: { text: 'be brief' } },
        targetModelId: 'amazon.nova-lite-v1:0',
      });
      return (await agents(...to).send(command)).optimizedPrompt;
    },
  },
};

/** A server that sends the frames, each by itself, and leaves its response open, or ends it. */
async function serve(frames: readonly Buffer[], { isHttp2 }: Protocol, endsAfterMs?: number) {
  const respond = async (req: IncomingMessage, res: ServerResponse) => {
    req.resume();
    res.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
    for (const frame of frames) {
      res.write(frame);
      await later(5);
    }
    if (endsAfterMs === undefined) return;
    await later(endsAfterMs);
    res.end();
  };
  const sessions = new Set<ServerHttp2Session>();
  const server = isHttp2
    ? createHttp2Server((req, res) => {
        void respond(req as unknown as IncomingMessage, res as unknown as ServerResponse);
      }).on('session', (session) => sessions.add(session))
    : createServer((req, res) => void respond(req, res));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
    },
  };
}

/** Its checksum is wrong: the client cannot read it. */
function damagedFrame(): Buffer {
  const frame = Buffer.from(eventFrame('chunk', { bytes: '' }));
  frame.writeUInt32BE(1, frame.length - 4);
  return frame;
}

async function drain(events: Events): Promise<void> {
  for await (const _ of events ?? []);
}

interface Stop {
  readonly last: readonly Buffer[];
  readonly endsAfterMs?: number;
  /** @param n the number of events after which the app may leave */
  readonly read: (events: Events, n: number) => Promise<void>;
  readonly ended?: string;
  readonly error?: RegExp;
}

const STOPS: Readonly<Record<string, Stop>> = {
  'an exception, and its body stays open': {
    last: [exceptionFrame('throttlingException')],
    read: drain,
    error: /the model broke off/,
  },
  'an exception, and its body ends soon after': {
    last: [exceptionFrame('throttlingException')],
    endsAfterMs: 3,
    read: drain,
    error: /the model broke off/,
  },
  'an undeclared error': { last: [errorFrame()], read: drain, error: /the model broke off/ },
  'an event that the client cannot read': {
    last: [damagedFrame()],
    read: drain,
    error: /checksum/,
  },
  'an early break': {
    last: [],
    read: async (events, n) => {
      let seen = 0;
      for await (const _ of events ?? []) if (++seen === n) break;
    },
    ended: 'left',
  },
  'an error of the app': {
    last: [],
    read: async (events, n) => {
      let seen = 0;
      for await (const _ of events ?? []) if (++seen === n) throw new Error('of the app');
    },
    ended: 'left',
  },
};

/** Longer than a step may take to be recorded when its client stops reading. */
const SOON_MS = 600;

async function soonRecorded(captured: ReturnType<typeof captureTraces>): Promise<WireStep> {
  for (let waited = 0; waited < SOON_MS; waited += 10) {
    const [row] = await captured.rows();
    if (row?.steps[0] !== undefined) return row.steps[0];
    await later(10);
  }
  throw new Error(`nothing is recorded after ${SOON_MS} ms`);
}

describe("a stream of AWS's clients that stops before its body ends", () => {
  for (const [name, command] of Object.entries(COMMANDS)) {
    for (const [via, protocol] of Object.entries(PROTOCOLS)) {
      for (const [by, stop] of Object.entries(STOPS)) {
        it(`is recorded at once: ${name} over ${via}, by ${by}`, async () => {
          for (const isWithin of [false, true]) {
            await using server = await serve(
              [...command.first, ...stop.last],
              protocol,
              stop.endsAfterMs,
            );
            const reports: string[] = [];
            using captured = captureTraces({
              onDiagnostic: ({ reason, message }) => reports.push(`${reason}: ${message}`),
            });
            const call = async () =>
              stop.read(await command.stream(server.url, protocol), command.first.length);
            const trace = isWithin ? getTracer().startTrace('job') : undefined;
            const running = trace === undefined ? call() : trace.run(call);
            const stopped = await running.then(
              () => undefined,
              (error: Error) => error,
            );
            trace?.end();
            const recorded = await soonRecorded(captured);
            const step = isWithin ? recorded.steps[0] : recorded;
            const { error, ended, unfinished, partial } = step?.metadata ?? {};
            if (stop.error === undefined) assert.equal(error, undefined);
            else {
              assert.ok(stopped, 'the app gets an error');
              assert.match(JSON.stringify(error), stop.error);
            }
            assert.deepEqual(
              { ended, unfinished, partial },
              { ended: stop.ended, unfinished: undefined, partial: true },
            );
            assert.match(JSON.stringify(step?.output), /word /);
            // The rest of the body arrives, or the client closes the connection.
            await later(20);
            assert.deepEqual(reports, []);
          }
        });
      }
    }
  }

  it('looks to the app as it does without tracing', async () => {
    const seen = (object: object) => {
      const all: unknown[] = [];
      for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
        all.push([at.constructor?.name, Object.keys(at)]);
      }
      return all;
    };
    for (const protocol of Object.values(PROTOCOLS)) {
      const { first } = COMMANDS.ConverseStream as Command;
      await using server = await serve(first, protocol);
      using _captured = captureTraces();
      const both = await Promise.all(
        [false, true].map(async (isTraced) => {
          const client = new BedrockRuntimeClient(settings(server.url, protocol));
          if (isTraced) traceBedrock(client);
          const command = new ConverseStreamCommand({
            modelId: 'amazon.nova-lite-v1:0',
            messages: messages as never,
          });
          const { stream } = await client.send(command);
          assert.ok(stream);
          const iterator = stream[Symbol.asyncIterator]();
          const event = await iterator.next();
          const left = await iterator.return?.();
          return [event, left, seen(stream), seen(iterator), String(stream), String(iterator)];
        }),
      );
      assert.deepEqual(both[1], both[0]);
    }
  });
});
