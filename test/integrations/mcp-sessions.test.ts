/** Tools of MCP servers with sessions, whose results may leave by another response than that of the request for them. */

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { step } from '@openlayer-tracing/core';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { openlayerTracing } from '@openlayer-tracing/express';
import { traceMCPServer } from '@openlayer-tracing/integrations/mcp';
import express, { type Express } from 'express';
import { z } from 'zod';
import { express5 } from '../contract/express/frameworks.ts';
import { later, until } from '../contract/harness/pause.ts';
import { Gate } from '../contract/harness/signals.ts';
import { httpOf, type StageSettings, stageOn } from '../contract/harness/stage.ts';

const about = { name: 'tests', version: '1.0.0' };

/** A tool that works before and within a step, and one that waits at the gate. */
function server(gate: Gate): McpServer {
  const made = traceMCPServer(new McpServer(about));
  const said = (text: string) => ({ content: [{ type: 'text' as const, text }] });
  made.registerTool('work', { inputSchema: { who: z.string() } }, async ({ who }) => {
    await later(10);
    await step(`inner ${who}`, () => later(20));
    return said(`done ${who}`);
  });
  made.registerTool('wait', {}, async () => {
    await gate.passed;
    return said('waited');
  });
  return made;
}

interface Kind {
  readonly name: string;
  serve(app: Express, gate: Gate): void;
  connect(url: string): Promise<Client>;
}

async function connected(transport: unknown): Promise<Client> {
  const client = new Client(about);
  // Its own types are not written for exact optional properties.
  await client.connect(transport as never);
  return client;
}

const KINDS: readonly Kind[] = [
  {
    name: 'SSE',
    serve(app, gate) {
      const transports = new Map<unknown, SSEServerTransport>();
      app.get('/sse', async (_req, res) => {
        const transport = new SSEServerTransport('/messages', res);
        transports.set(transport.sessionId, transport);
        await server(gate).connect(transport);
      });
      app.post('/messages', (req, res) => {
        void transports.get(req.query.sessionId)?.handlePostMessage(req, res, req.body);
      });
    },
    connect: (url) => connected(new SSEClientTransport(new URL('/sse', url))),
  },
  {
    name: 'streamable HTTP',
    serve(app, gate) {
      const transports = new Map<unknown, StreamableHTTPServerTransport>();
      app.all('/messages', async (req, res) => {
        let transport = transports.get(req.headers['mcp-session-id']);
        if (transport === undefined) {
          const opened = new StreamableHTTPServerTransport({
            sessionIdGenerator: randomUUID,
            onsessioninitialized: (id) => void transports.set(id, opened),
          });
          transport = opened;
          await server(gate).connect(opened as never);
        }
        await transport.handleRequest(req, res, req.body);
      });
    },
    connect: (url) => connected(new StreamableHTTPClientTransport(new URL('/messages', url))),
  },
];

const TOOL_CALL = 'tools/call';

for (const kind of KINDS) {
  const stage = (gate: Gate, settings: StageSettings & { maxAgeMs?: number } = {}) =>
    stageOn(
      (tracer) =>
        express5.serve((app) => {
          const { maxAgeMs } = settings;
          app.use(express.json());
          app.use(
            openlayerTracing({
              tracer,
              skip: ({ body }) => body?.method !== TOOL_CALL,
              ...(maxAgeMs !== undefined && { maxAgeMs }),
            }),
          );
          kind.serve(app, gate);
        }),
      settings,
    );

  describe(`tools over ${kind.name} with sessions`, () => {
    it('are steps of the request that called them, with all of their work', async () => {
      await using app = await stage(new Gate());
      const clients = await Promise.all(['a', 'b'].map(() => kind.connect(app.url)));
      const calls = clients.flatMap((client, who) =>
        [1, 2, 3].map((n) =>
          client.callTool({ name: 'work', arguments: { who: `${'ab'[who]}${n}` } }),
        ),
      );
      await Promise.all(calls);
      const rows = await app.rows(6);
      await Promise.all(clients.map((client) => client.close()));
      const asked = rows.map((row) => {
        const who = askedBy(row);
        const [tool, ...others] = row.steps[0]?.steps ?? [];
        assert.equal(others.length, 0);
        assert.deepEqual([tool?.type, tool?.output], ['tool', `done ${who}`]);
        assert.deepEqual(
          tool?.steps.map(({ name }) => name),
          [`inner ${who}`],
        );
        assert.equal(httpOf(row).outcome, 'completed');
        return who;
      });
      assert.deepEqual(asked.sort(), ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
    });

    it('are waited for until their trace is too old, and then reported', async () => {
      const gate = new Gate();
      await using app = await stage(gate, { maxAgeMs: 50, diagnostics: ['too_late'] });
      const client = await kind.connect(app.url);
      const called = client.callTool({ name: 'wait', arguments: {} });
      const row = await app.only();
      assert.equal(row.steps[0]?.steps[0]?.metadata.unfinished, true);
      const [diagnostic] = await app.diagnostics();
      assert.match(diagnostic?.message ?? '', /the end of step "wait".*raise maxAgeMs/);
      gate.open();
      assert.deepEqual((await called).content, [{ type: 'text', text: 'waited' }]);
      await client.close();
    });

    it('are in their trace also if their client has left', async () => {
      const gate = new Gate();
      await using app = await stage(gate);
      const client = await kind.connect(app.url);
      const called = client.callTool({ name: 'wait', arguments: {} }).catch(() => undefined);
      await until(async () => (await app.stats()).open === 1, 'the tool to run');
      await client.close();
      await called;
      await later(50);
      await app.rows(0);
      gate.open();
      const row = await app.only();
      assert.equal(row.steps[0]?.steps[0]?.output, 'waited');
    });
  });
}

function askedBy(row: WireRow): string {
  const { params } = row.body as { params: { arguments: { who: string } } };
  return params.arguments.who;
}
