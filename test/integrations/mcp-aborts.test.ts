/** Requests of the Model Context Protocol that the app aborts, in both versions of its SDK. */

import assert from 'node:assert/strict';
import { Client as Client2, InMemoryTransport as InMemory2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport as InMemory1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { McpServer as McpServer2 } from '@modelcontextprotocol/server';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceMCPClient, traceMCPServer } from '@openlayer-tracing/integrations/mcp';
import { rowsOf } from './stage.ts';

interface Sides {
  readonly server: object;
  readonly client: object;
  /** Calls the tool, by the client's method or by `request`. */
  call(signal: AbortSignal, by: 'method' | 'request'): Promise<unknown>;
}

interface Context {
  readonly signal?: AbortSignal;
  readonly mcpReq?: { readonly signal: AbortSignal };
}

/** A server whose only tool waits until its request is aborted, and its client. */
async function sidesOf(
  version: 1 | 2,
  side: 'client' | 'server',
  started: () => void,
): Promise<Sides> {
  const about = { name: 'tests', version: '1.0.0' };
  const wait = async ({ signal, mcpReq }: Context): Promise<never> => {
    const aborted = signal ?? mcpReq?.signal;
    started();
    await new Promise((resolve) => aborted?.addEventListener('abort', resolve));
    throw new Error('the tool was told to stop');
  };
  const params = { name: 'wait', arguments: {} };
  const request = { method: 'tools/call' as const, params };
  if (version === 1) {
    const [one, two] = InMemory1.createLinkedPair();
    const server = new McpServer1(about);
    const client = new Client1(about);
    if (side === 'server') traceMCPServer(server);
    else traceMCPClient(client);
    server.registerTool('wait', {}, (context) => wait(context));
    await Promise.all([server.connect(one), client.connect(two)]);
    return {
      server,
      client,
      call: (signal, by) =>
        by === 'method'
          ? client.callTool(params, undefined, { signal })
          : client.request(request, CallToolResultSchema, { signal }),
    };
  }
  const [one, two] = InMemory2.createLinkedPair();
  const server = new McpServer2(about);
  const client = new Client2(about);
  if (side === 'server') traceMCPServer(server);
  else traceMCPClient(client);
  server.registerTool('wait', {}, (context) => wait(context));
  await Promise.all([server.connect(one), client.connect(two)]);
  return {
    server,
    client,
    call: (signal, by) =>
      by === 'method' ? client.callTool(params, { signal }) : client.request(request, { signal }),
  };
}

/** The step of the tool on one side, of a call that is aborted with this reason. */
async function abortedStep(
  version: 1 | 2,
  side: 'client' | 'server',
  reason: unknown,
  by: 'method' | 'request' = 'method',
): Promise<WireStep> {
  using captured = captureTraces();
  const controller = new AbortController();
  const { call } = await sidesOf(version, side, () => controller.abort(reason));
  await assert.rejects(call(controller.signal, by));
  const [row] = await rowsOf(captured, 1);
  const [step] = row?.steps ?? [];
  assert.ok(step);
  return step;
}

const REASONS: Readonly<Record<string, unknown>> = {
  'no reason': undefined,
  'an error': new RangeError('the user left'),
  'a string': 'the user left',
};

describe('a request over the Model Context Protocol that the app aborts', () => {
  for (const version of [1, 2] as const) {
    for (const [kind, reason] of Object.entries(REASONS)) {
      for (const side of ['client', 'server'] as const) {
        it(`was left, and has not failed: ${side}, version ${version}, ${kind}`, async () => {
          const { metadata, output } = await abortedStep(version, side, reason);
          assert.deepEqual([metadata.ended, metadata.error], ['left', undefined]);
          // The server knows what its tool said. The client has left, and knows nothing.
          assert.equal(output, side === 'server' ? 'the tool was told to stop' : null);
        });
      }
    }

    it(`was left, by \`request\` too, in version ${version}`, async () => {
      const { metadata } = await abortedStep(version, 'client', 'the user left', 'request');
      assert.deepEqual([metadata.ended, metadata.error], ['left', undefined]);
    });

    it(`has failed if its time is over, in version ${version}`, async () => {
      const reason = new DOMException('too slow', 'TimeoutError');
      const { metadata } = await abortedStep(version, 'client', reason);
      assert.equal(metadata.ended, undefined);
      assert.match(String(metadata.error), /too slow/);
    });
  }

  it('reaches its handler although the signal cannot be read', async () => {
    using captured = captureTraces();
    const handlers = new Map<unknown, (request: object, context: object) => unknown>();
    const server = {
      setRequestHandler: (method: unknown, handler: unknown) =>
        void handlers.set(method, handler as () => unknown),
    };
    traceMCPServer(server as never);
    server.setRequestHandler('tools/call', () => ({ content: [] }));
    const context = {
      get signal(): never {
        throw new Error('not now');
      },
    };
    const params = { name: 'wait', arguments: {} };
    const handle = handlers.get('tools/call');
    assert.deepEqual(handle?.({ method: 'tools/call', params }, context), { content: [] });
    const [row] = await rowsOf(captured, 1);
    assert.equal(row?.steps[0]?.name, 'wait');
  });
});
