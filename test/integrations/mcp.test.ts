/** Tools over the Model Context Protocol, on the server and on the client, in both versions of its SDK. */

import assert from 'node:assert/strict';
import {
  Client as Client2,
  StreamableHTTPClientTransport as Http2,
} from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { getTracer } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { type MCPOptions, traceMCPClient } from '@openlayer-tracing/integrations/mcp';
import { renderTrace } from '@openlayer-tracing/local';
import { describeError } from './battery/check.ts';
import { serveTools } from './mcp-servers.ts';
import { rowsOf } from './stage.ts';

interface Caller extends AsyncDisposable {
  call(name: string, city: string): Promise<unknown>;
}

async function caller(
  version: 1 | 2,
  url: URL,
  isTraced: boolean,
  options: MCPOptions = {},
  wrapped = <T extends object>(client: T): T => client,
): Promise<Caller> {
  const about = { name: 'tests', version: '1.0.0' };
  const bare = version === 1 ? new Client1(about) : new Client2(about);
  if (isTraced) assert.equal(traceMCPClient(bare, options), bare);
  const client = wrapped(bare);
  // Its own types are not written for exact optional properties.
  await client.connect((version === 1 ? new Http1(url) : new Http2(url)) as never);
  return {
    call: (name, city) => client.callTool({ name, arguments: { city } }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

const WRAPPERS: Readonly<Record<string, <T extends object>(client: T) => T>> = {
  'a Proxy': (client) => new Proxy(client, {}),
  'an Object.create': (client) => Object.create(client) as typeof client,
};

/** What a user of the client sees. */
async function seen({ call }: Caller): Promise<unknown> {
  const outcomes = [];
  for (const name of ['weather', 'broken', 'missing']) {
    outcomes.push(await call(name, 'Oslo').catch(describeError));
  }
  return outcomes;
}

const treeOf = (row: Parameters<typeof renderTrace>[0]) =>
  renderTrace(row, { timings: false }).split('\n').slice(1).join('\n');

describe('tools over the Model Context Protocol', () => {
  for (const version of [1, 2] as const) {
    it(`look the same to the app, traced and bare, in version ${version}`, async () => {
      const results: unknown[] = [];
      for (const isTraced of [false, true]) {
        using _captured = captureTraces();
        await using tools = await serveTools(version, { isTraced });
        await using client = await caller(version, tools.url, isTraced);
        results.push(await seen(client));
      }
      assert.deepEqual(results[1], results[0]);
    });

    for (const isLate of [false, true]) {
      it(`are steps of the server's request in version ${version}, traced ${isLate ? 'late' : 'early'}`, async () => {
        using captured = captureTraces();
        await using tools = await serveTools(version, { isTraced: true, isLate });
        await using client = await caller(version, tools.url, false);
        await client.call('weather', 'Oslo');
        await client.call('broken', 'Oslo');
        const [weather, broken] = (await rowsOf(captured, 2)).map(treeOf);
        assert.match(
          weather ?? '',
          /^└─ POST \/mcp \[user_call\].*\n {3}└─ weather \[tool\] {2}→ "sunny in Oslo"\n {6}└─ forecast of Oslo \[user_call\] {2}→ "sunny in Oslo"$/,
        );
        assert.match(
          broken ?? '',
          /^└─ POST \/mcp \[user_call\].*\n {3}└─ broken \[tool\] {2}✗ no weather in Oslo$/,
        );
      });
    }

    it(`are steps if a client of version ${version} calls them`, async () => {
      await using tools = await serveTools(version, { isTraced: false });
      await using client = await caller(version, tools.url, true);
      using captured = captureTraces();
      const trace = getTracer().startTrace({ name: 'agent' });
      await trace.run(() => seen(client));
      trace.end();
      const [row] = await rowsOf(captured, 1);
      assert.ok(row);
      const [weather, broken, missing] = row.steps[0]?.steps ?? [];
      assert.deepEqual(
        [weather?.name, weather?.type, weather?.functionName, weather?.arguments, weather?.output],
        ['weather', 'tool', 'weather', { city: 'Oslo' }, 'sunny in Oslo'],
      );
      assert.equal(broken?.metadata.error, 'no weather in Oslo');
      assert.match(String(missing?.metadata.error), /missing not found/);
    });

    for (const [wrapper, wrap] of Object.entries(WRAPPERS)) {
      it(`are one step each if a traced client and ${wrapper} of it are traced, in version ${version}`, async () => {
        await using tools = await serveTools(version, { isTraced: false });
        await using client = await caller(version, tools.url, true, {}, (traced) =>
          traceMCPClient(wrap(traced)),
        );
        using captured = captureTraces();
        await client.call('weather', 'Oslo');
        await client.call('weather', 'Rome');
        const rows = await rowsOf(captured, 2);
        assert.deepEqual(
          rows.map(({ steps }) => steps.map(({ output, steps }) => [output, steps])),
          [[['sunny in Oslo', []]], [['sunny in Rome', []]]],
        );
      });
    }

    it(`have no content with content: false, in version ${version}`, async () => {
      await using tools = await serveTools(version, { isTraced: false });
      using captured = captureTraces();
      for (const options of [{ content: false }, { redact: () => '***' }]) {
        await using client = await caller(version, tools.url, true, options);
        await client.call('weather', 'Oslo');
        await client.call('broken', 'Oslo');
      }
      const rows = await rowsOf(captured, 4);
      for (const row of rows) assert.doesNotMatch(JSON.stringify(row), /Oslo/);
      const [silent, failed, masked] = rows.map(({ steps }) => steps[0]);
      assert.deepEqual([silent?.functionName, silent?.output], ['weather', null]);
      assert.equal(failed?.metadata.error, 'the tool failed');
      assert.deepEqual([masked?.arguments, masked?.output], ['***', '***']);
    });

    it(`stay in their traces when 100 run concurrently in version ${version}`, async () => {
      using captured = captureTraces();
      await using tools = await serveTools(version, { isTraced: true });
      await using client = await caller(version, tools.url, true);
      await Promise.all(
        Array.from({ length: 100 }, async (_, i) => {
          const trace = getTracer().startTrace({ name: `agent ${i}`, inferenceId: `agent-${i}` });
          await trace.run(() =>
            Promise.all([client.call('weather', `${i}a`), client.call('weather', `${i}b`)]),
          );
          trace.end();
        }),
      );
      const rows = await rowsOf(captured, 300);
      const agents = rows.filter(({ inferenceId }) => inferenceId.startsWith('agent-'));
      assert.equal(agents.length, 100);
      for (const { inferenceId, steps } of agents) {
        const i = inferenceId.slice('agent-'.length);
        const outputs = steps[0]?.steps.map(({ output }) => output);
        assert.deepEqual(outputs?.sort(), [`sunny in ${i}a`, `sunny in ${i}b`]);
      }
      for (const { inferenceId, steps } of rows) {
        if (inferenceId.startsWith('agent-')) continue;
        const [tool, ...others] = steps[0]?.steps ?? [];
        assert.equal(others.length, 0);
        assert.equal(tool?.steps[0]?.output, tool?.output);
      }
    });
  }
});
