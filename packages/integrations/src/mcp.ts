/** The entry point for servers and clients of the Model Context Protocol. */

import { assertChangeable } from './common/hooks/replace-method.js';
import { isTraced, markTraced } from './common/hooks/traced.js';
import { CALL_OPTIONS, type CallOptions, checkOptions } from './common/options.js';
import { type RequestReceiver, traceHandlers } from './mcp/handlers.js';
import { CLIENT_REQUESTS, SERVER_REQUESTS } from './mcp/request-kinds.js';
import { traceRequests } from './mcp/requests.js';

export type { ContentPart } from './common/options.js';

export interface MCPOptions extends Omit<CallOptions, 'provider'> {}

const { provider: _none, ...MCP_OPTIONS } = CALL_OPTIONS;

/**
 * Makes a server record each call of its tools as a step of the current trace; outside a trace, as a trace of its own. Steps that
 * the tool creates are children of that step. The trace of the request stays open until the tool has ended, up to its `maxAgeMs`,
 * even if the response has been sent before. Resources that are read become retriever steps; prompts become chain steps, and so do
 * the requests that the server sends to the client: for its model (sampling) and its user (elicitation).
 *
 * @example
 * const server = traceMCPServer(new McpServer({ name: 'weather', version: '1.0.0' }));
 *
 * @returns the same server
 * @throws TypeError if the argument is no such server or is frozen, or an option is wrong
 */
export function traceMCPServer<Server extends object>(
  server: Server,
  options: MCPOptions = {},
): Server {
  checkOptions('traceMCPServer', options, MCP_OPTIONS);
  // An `McpServer` contains the `Server` that speaks the protocol.
  const wrapper = server as { server?: unknown } | null;
  const protocol = (wrapper?.server ?? server) as Partial<RequestReceiver> | null;
  if (typeof protocol?.setRequestHandler !== 'function') {
    throw new TypeError('traceMCPServer(server) takes an McpServer, or the Server within it');
  }
  if (isTraced(protocol)) return server;
  assertChangeable('traceMCPServer', 'server', protocol, 'setRequestHandler');
  markTraced(protocol);
  traceHandlers(protocol as RequestReceiver, SERVER_REQUESTS, options);
  traceRequests(protocol, CLIENT_REQUESTS, options);
  return server;
}

/**
 * Makes a client record each call of a tool as a step of the current trace; outside a trace, as a trace of its own. It also
 * records resources and prompts that it requests, by their methods or by `request`, and requests that it receives from the server:
 * for its model (sampling) and its user (elicitation).
 *
 * @example
 * const client = traceMCPClient(new Client({ name: 'my-agent', version: '1.0.0' }));
 *
 * @returns the same client
 * @throws TypeError if the argument is no such client or is frozen, or an option is wrong
 */
export function traceMCPClient<Client extends object>(
  client: Client,
  options: MCPOptions = {},
): Client {
  checkOptions('traceMCPClient', options, MCP_OPTIONS);
  const receiver = client as (Partial<RequestReceiver> & { callTool?: unknown }) | null;
  if (typeof receiver?.callTool !== 'function') {
    throw new TypeError('traceMCPClient(client) takes a Client');
  }
  if (isTraced(client)) return client;
  assertChangeable('traceMCPClient', 'client', client, 'callTool');
  markTraced(client);
  traceRequests(client, SERVER_REQUESTS, options);
  if (typeof receiver.setRequestHandler === 'function') {
    traceHandlers(receiver as RequestReceiver, CLIENT_REQUESTS, options);
  }
  return client;
}
