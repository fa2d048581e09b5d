/** A trace that was exported and read by the local server is the row that was sent as such. */

import assert from 'node:assert/strict';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTracer } from '@openlayer-tracing/core';
import { spanIdOf } from '@openlayer-tracing/core/integration';
import type { Json, WireRow, WireStep } from '@openlayer-tracing/core/wire';
import { openlayerTracing } from '@openlayer-tracing/express';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { type OtelExportOptions, otelExport } from '@openlayer-tracing/otel';
import express, { type Express } from 'express';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

/** Answers like an app that uses every kind of step. */
function routes(app: Express): void {
  app.post('/chat/:room', async (req, res) => {
    req.trace.update({
      userId: 'ada',
      sessionId: 's-1',
      tags: ['beta', 'eu'],
      metadata: { plan: 'pro', nested: { a: [1, 'two', null] }, count: 3, isNew: false },
    });
    await req.trace.step({ name: 'retrieve', type: 'retriever' }, async (step) => {
      step.update({
        inputs: { query: 'drill' },
        documents: [{ id: 'd1', content: 'A drill.', score: 0.5 }],
        output: [{ id: 'd1', content: 'A drill.', score: 0.5 }],
        metadata: { topK: 5 },
      });
    });
    await req.trace.step(
      { name: 'assistant', type: 'agent', agentType: 'react' },
      async (agent) => {
        agent.update({ inputs: { question: 'May I?' }, output: 'Yes.' });
        await req.trace.step(
          {
            name: 'answer',
            type: 'chat_completion',
            provider: 'openai',
            model: 'gpt-5',
            modelParameters: { temperature: 0.2, max_tokens: 100, logprobs: true },
          },
          async (call) => {
            await new Promise((resolve) => setTimeout(resolve, 3));
            call.update({
              inputs: {
                prompt: [
                  { role: 'system', content: 'Be brief.' },
                  { role: 'user', content: 'May I? 🙂' },
                ],
              },
              output: 'Yes.',
              promptTokens: 12,
              completionTokens: 3,
              tokens: 15,
              cost: 0.000_25,
              usageDetails: { cached_tokens: 4 },
              metadata: { finishReason: 'stop', timeToFirstToken: 1.25, own: ['x'] },
            });
          },
        );
        await req.trace.step(
          { name: 'search', type: 'tool', functionName: 'search', arguments: { q: 'drill' } },
          async (tool) => tool.update({ inputs: { q: 'drill' }, output: { found: 2 } }),
        );
      },
    );
    await req.trace.step(
      { name: 'embed', type: 'embedding', provider: 'openai', model: 'text-embedding-3' },
      async (step) =>
        step.update({
          inputs: { input: ['a', 'b'] },
          promptTokens: 2,
          tokens: 2,
          embeddingDimensions: 256,
          embeddingCount: 2,
        }),
    );
    await req.trace.step(
      { name: 'hand over', type: 'handoff', fromComponent: 'a', toComponent: 'b' },
      async () => 1,
    );
    await req.trace.step({ name: 'guard', type: 'guardrail', action: 'block' }, async (step) =>
      step.update({ reason: 'a name', blockedEntities: ['PERSON'], output: 'stopped' }),
    );
    await req.trace
      .step({ name: 'failing', type: 'chain' }, async () => {
        throw new RangeError('out of drills');
      })
      .catch(() => {});
    req.trace.startStep('a plain step').end();
    res.status(201).json({ answer: 'Yes.', sources: ['d1'] });
  });
}

interface Both {
  readonly rest: WireRow;
  readonly otlp: WireRow;
}

/** The rows of one request: as it was sent to the platform, and as it came by OTLP. */
async function bothRows(
  options: OtelExportOptions,
  headers: Readonly<Record<string, string>>,
): Promise<Both> {
  const platform = await startLocalServer({ checks: 'lenient' });
  const other = await startLocalServer({ checks: 'lenient', otlpQuietMs: 50 });
  const tracer = createTracer({
    apiKey: 'key',
    inferencePipelineId: 'shop',
    baseUrl: platform.url,
    exports: [
      otelExport({
        url: `${other.url}/otel/v1/traces`,
        headers: { authorization: 'Bearer key', 'x-bt-parent': 'pipeline_id:shop' },
        ...options,
      }),
    ],
  });
  const app = express();
  app.use(express.json());
  app.use(openlayerTracing({ tracer }));
  routes(app);
  const server = await new Promise<Server>((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  try {
    const { port } = server.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${port}/chat/7?x=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'request-7', ...headers },
      body: JSON.stringify({ messages: [{ role: 'user', content: 'May I?' }] }),
    }).then((response) => response.text());
    await tracer.shutdown();
    await Promise.all([platform.waitForRows(1), other.waitForRows(1)]);
    return { rest: rowOf(platform), otlp: rowOf(other) };
  } finally {
    server.closeAllConnections();
    server.close();
    await Promise.all([platform.close(), other.close()]);
  }
}

function rowOf(server: LocalServer): WireRow {
  assert.deepEqual(server.problems, []);
  const row = server.row('request-7');
  assert.ok(row);
  return row;
}

/** A row without what differs, each for a reason. */
function comparable(row: WireRow): Json {
  // Spans have an error status, which the local server shows in columns as well.
  const { status: _status, error: _error, errorType: _type, Exceptions: _text, ...own } = row;
  const { scope: _scope, ...columns } = own;
  const { steps, metadata = {}, ...others } = columns as unknown as WireRow;
  return {
    ...others,
    metadata: comparableMetadata(metadata),
    steps: steps.map(comparableStep),
  } as Json;
}

function comparableStep(step: WireStep): Json {
  // A span has no id of 16 bytes: its step is found by the span id that belongs to the step's.
  const id = step.id.length === 36 ? spanIdOf(step.id) : step.id;
  // The wall clock is read once, at the start: the end of a span is the start and the latency.
  const { endTime: _endTime, startTime, ...others } = step;
  return {
    ...others,
    // Rows have whole milliseconds. Spans that start in the same one have microseconds, which keep their order.
    startTime: Math.floor(startTime),
    id,
    metadata: comparableMetadata(step.metadata),
    steps: step.steps.map(comparableStep),
  } as Json;
}

function comparableMetadata({ http, ...metadata }: NonNullable<WireRow['metadata']>): Json {
  // `otel` says where the span came from, and `scope` what made it.
  const { otel: _otel, scope: _scope, ...others } = metadata;
  if (http === undefined) return others;
  // The attributes of HTTP, which are read first, have no outcome and no time to the first byte.
  const { outcome: _outcome, timeToFirstByteMs: _ms, ...facts } = http as Record<string, Json>;
  return { ...others, http: facts };
}

describe('a trace exported by OTLP', () => {
  for (const protocol of ['http/protobuf', 'http/json'] as const) {
    for (const profile of ['apm', 'llm'] as const) {
      it(`is the row that was sent to the platform: ${protocol}, ${profile}`, async () => {
        const { rest, otlp } = await bothRows({ protocol, profile }, {});
        assert.deepEqual(comparable(otlp), comparable(rest));
        const [root] = otlp.steps;
        assert.ok(root && Math.abs(root.endTime - (rest.steps[0]?.endTime ?? 0)) < 1);
      });
    }
  }

  it('has the same trace id, and the caller as its parent', async () => {
    const traceparent = `00-${TRACE}-${CALLER}-01`;
    const { rest, otlp } = await bothRows({}, { traceparent });
    assert.equal(rest.trace_id, TRACE);
    assert.deepEqual(comparable(otlp), comparable(rest));
    const { otel } = otlp.metadata ?? {};
    const { parent_span_id: parent, parent_is_remote: isRemote } = otel as Record<string, Json>;
    assert.deepEqual([parent, isRemote], [CALLER, true]);
  });
});
