/** The same tools, served over HTTP by versions 1 and 2 of the SDK, within an Express app that is traced. */

import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  McpServer as McpServer2,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { step } from '@openlayer-tracing/core';
import { openlayerTracing } from '@openlayer-tracing/express';
import { traceMCPServer } from '@openlayer-tracing/integrations/mcp';
import express from 'express';
import { z } from 'zod';

export interface ServedTools extends AsyncDisposable {
  readonly url: URL;
}

type Register = (
  name: string,
  config: { inputSchema: z.ZodObject<{ city: z.ZodString }> },
  run: (args: { city: string }) => Promise<{ content: { type: 'text'; text: string }[] }>,
) => void;

const inputSchema = z.object({ city: z.string() });
const said = (text: string) => ({ content: [{ type: 'text' as const, text }] });

function registerTools(register: Register): void {
  register('weather', { inputSchema }, async ({ city }) =>
    said(await step(`forecast of ${city}`, async () => `sunny in ${city}`)),
  );
  register('broken', { inputSchema }, async ({ city }) => {
    throw new RangeError(`no weather in ${city}`);
  });
}

/** @param isLate whether the server is traced when its tools are registered already */
function server1(isTraced: boolean, isLate: boolean): McpServer1 {
  const server = new McpServer1({ name: 'weather', version: '1.0.0' });
  if (isTraced && !isLate) traceMCPServer(server);
  registerTools((name, config, run) => void server.registerTool(name, config, run));
  return isTraced ? traceMCPServer(server) : server;
}

function server2(isTraced: boolean, isLate: boolean): McpServer2 {
  const server = new McpServer2({ name: 'weather', version: '1.0.0' });
  if (isTraced && !isLate) traceMCPServer(server);
  registerTools((name, config, run) => void server.registerTool(name, config, run));
  return isTraced ? traceMCPServer(server) : server;
}

export async function serveTools(
  version: 1 | 2,
  { isTraced, isLate = false }: { isTraced: boolean; isLate?: boolean },
): Promise<ServedTools> {
  const app = express();
  app.use(express.json());
  if (isTraced) app.use(openlayerTracing({ skip: ({ body }) => body?.method !== 'tools/call' }));
  app.post('/mcp', async (req, res) => {
    if (version === 1) {
      const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true });
      // Its own types are not written for exact optional properties.
      await server1(isTraced, isLate).connect(transport as never);
      await transport.handleRequest(req, res, req.body);
      return;
    }
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server2(isTraced, isLate).connect(transport);
    const headers = new Headers(Object.entries(req.headers) as [string, string][]);
    const body = JSON.stringify(req.body);
    const request = new Request(`http://local${req.url}`, { method: 'POST', headers, body });
    const response = await transport.handleRequest(request);
    res.status(response.status).set(Object.fromEntries(response.headers));
    res.send(await response.text());
  });
  app.all('/mcp', (_req, res) => void res.status(405).end());
  const http = app.listen(0);
  await new Promise((resolve) => http.once('listening', resolve));
  const { port } = http.address() as { port: number };
  return {
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
