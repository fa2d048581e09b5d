/** The Model Context Protocol: tools that a server runs, and tools that a client calls. */

import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import { type CallsTools, traceCallTool } from './mcp/client.js';
import { type HandlesRequests, traceToolCalls } from './mcp/server.js';

export type { ContentPart } from './common/options.js';

export interface MCPOptions extends Omit<CallOptions, 'provider'> {}

const KNOWN = CALL_OPTIONS.filter((name) => name !== 'provider');

/**
 * Has a server record each call of its tools as a step of the current trace; outside a trace, as one of its own. What
 * the tool does stands below it. The trace of the request that asked for the tool stays open until the tool has ended,
 * until its `maxAgeMs` at the latest, also where the response has been sent before. Resources and prompts are left alone.
 *
 * @example
 * const server = traceMCPServer(new McpServer({ name: 'weather', version: '1.0.0' }));
 *
 * @returns the server that was given
 * @throws TypeError where it is no such server, or an option is wrong
 */
export function traceMCPServer<Server extends object>(
  server: Server,
  options: MCPOptions = {},
): Server {
  checkOptions('traceMCPServer', options, KNOWN);
  // `McpServer` has the one that speaks the protocol within it.
  const given = server as { server?: unknown } | null;
  const protocol = (given?.server ?? given) as Partial<HandlesRequests> | null;
  if (typeof protocol?.setRequestHandler !== 'function') {
    throw new TypeError('traceMCPServer(server) takes an McpServer, or the Server within it');
  }
  traceToolCalls(protocol as HandlesRequests, options);
  return server;
}

/**
 * Has a client record each call of a tool as a step of the current trace; outside a trace, as a trace of its own.
 *
 * @example
 * const client = traceMCPClient(new Client({ name: 'my-agent', version: '1.0.0' }));
 *
 * @returns the client that was given
 * @throws TypeError where it is no such client, or an option is wrong
 */
export function traceMCPClient<Client extends object>(
  client: Client,
  options: MCPOptions = {},
): Client {
  checkOptions('traceMCPClient', options, KNOWN);
  const given = client as Partial<CallsTools> | null;
  if (typeof given?.callTool !== 'function') {
    throw new TypeError('traceMCPClient(client) takes a Client');
  }
  traceCallTool(given as CallsTools, options);
  return client;
}
