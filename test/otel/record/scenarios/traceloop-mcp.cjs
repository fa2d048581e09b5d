exports.packages = ['@traceloop/instrumentation-mcp', '@modelcontextprotocol/sdk'];

exports.run = async (tools) => {
  const { McpInstrumentation } = require('@traceloop/instrumentation-mcp');
  const instrumentation = tools.instrument(new McpInstrumentation());
  const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
  const { McpServer } = require('@modelcontextprotocol/sdk/server/mcp.js');
  const { Server } = require('@modelcontextprotocol/sdk/server/index.js');
  const { InMemoryTransport } = require('@modelcontextprotocol/sdk/inMemory.js');
  const { z } = require('zod');
  instrumentation.manuallyInstrument({ Client });
  instrumentation.manuallyInstrument({ Server });
  const server = new McpServer({ name: 'tools', version: '1.0.0' });
  server.registerTool(
    'weather',
    { description: 'The weather in a city', inputSchema: { city: z.string() } },
    ({ city }) => ({ content: [{ type: 'text', text: `12 °C in ${city}` }] }),
  );
  server.registerResource('guide', 'docs://guide', {}, (uri) => ({
    contents: [{ uri: uri.href, text: 'A span is a step.' }],
  }));
  const client = new Client({ name: 'app', version: '1.0.0' });
  const [ofClient, ofServer] = InMemoryTransport.createLinkedPair();
  await server.connect(ofServer);
  await client.connect(ofClient);
  await client.listTools();
  await client.callTool({ name: 'weather', arguments: { city: 'Oslo' } });
  await client.readResource({ uri: 'docs://guide' });
  await client.close();
};
