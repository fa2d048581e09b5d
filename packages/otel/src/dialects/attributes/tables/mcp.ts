/** The conventions of OpenTelemetry for the Model Context Protocol. */

import type { Dialect } from './dialect.js';

export const mcp: Dialect = {
  name: 'mcp',
  modelNamespaces: ['mcp'],
  types: {
    'mcp.method.name': {
      'tools/call': 'tool',
      'resources/read': 'retriever',
    },
  },
  presence: { 'mcp.method.name': 'function_call' },
  attributes: {
    'mcp.method.name': 'metadata.mcpMethod',
    'mcp.session.id': 'metadata.mcpSessionId',
    'mcp.protocol.version': 'metadata.mcpProtocolVersion',
    'mcp.resource.uri': 'metadata.mcpResource',
    'mcp.prompt.name': 'metadata.promptName',
    'mcp.tool.name': 'functionName',
    'mcp.request.id': 'metadata.mcpRequestId',
    'jsonrpc.request.id': 'metadata.mcpRequestId',
  },
};
