/** Answers of Anthropic's batches, which are read apart from what was asked; and calls of which there is no step. */

import assert from 'node:assert/strict';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceAnthropic } from '@openlayer-tracing/integrations/anthropic';
import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import Anthropic from 'anthropic1';
import { BedrockRuntimeClient, InvokeModelWithBidirectionalStreamCommand } from 'bedrock3';
import { rowsOf } from './stage.ts';

const message = (over: object) => ({
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-6',
  content: [{ type: 'text', text: 'Hi' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 10, output_tokens: 5, service_tier: 'batch' },
  ...over,
});
const search = { server_tool_use: { web_search_requests: 2 } };
const LINES = [
  { custom_id: 'a', result: { type: 'succeeded', message: message({}) } },
  {
    custom_id: 'b',
    result: {
      type: 'succeeded',
      message: message({ usage: { input_tokens: 7, output_tokens: 1, ...search } }),
    },
  },
  {
    custom_id: 'c',
    result: { type: 'errored', error: { type: 'error', error: { message: 'too long' } } },
  },
  { custom_id: 'd', result: { type: 'expired' } },
];

let batches = 0;

/** A client whose batch ended with these lines. */
function clientOf(lines: readonly object[]): { client: Anthropic; id: string } {
  const id = `msgbatch_${batches++}`;
  const results_url = `https://api.anthropic.com/v1/messages/batches/${id}/results`;
  const client = new Anthropic({
    apiKey: 'k',
    async fetch(input) {
      const isResults = String(input).endsWith('/results');
      const text = lines.map((line) => JSON.stringify(line)).join('\n');
      return isResults
        ? new Response(text, { headers: { 'content-type': 'application/x-jsonl' } })
        : Response.json({ id, processing_status: 'ended', results_url });
    },
  });
  return { client: traceAnthropic(client), id };
}

async function read(client: Anthropic, id: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const line of await client.messages.batches.results(id)) all.push(line);
  return all;
}

describe('the results of a batch of Anthropic', () => {
  it('are one step when they are read, once', async () => {
    using captured = captureTraces();
    const { client, id } = clientOf(LINES);
    assert.deepEqual(await read(client, id), LINES);
    assert.deepEqual(await read(client, id), LINES);
    const rows = await rowsOf(captured, 1);
    assert.equal(rows.length, 1);
    const step = rows[0]?.steps[0];
    assert.ok(step);
    assert.deepEqual(
      [step.name, step.type, step.provider, step.model],
      ['Anthropic Batch', 'chat_completion', 'anthropic', 'claude-sonnet-4-6'],
    );
    assert.deepEqual([step.promptTokens, step.completionTokens], [17, 6]);
    assert.deepEqual(step.inputs, { batch: id });
    assert.deepEqual(step.output, { succeeded: 2, errored: 1, expired: 1 });
    assert.deepEqual(step.metadata.billed, { isBatch: true, toolUses: { web_search: 2 } });
    assert.match(JSON.stringify(step.metadata.errors), /too long/);
  });

  it('have no model if they are of several models', async () => {
    using captured = captureTraces();
    const other = { type: 'succeeded', message: message({ model: 'claude-haiku-4-5' }) };
    const { client, id } = clientOf([...LINES, { custom_id: 'e', result: other }]);
    await read(client, id);
    const step = (await rowsOf(captured, 1))[0]?.steps[0];
    assert.ok(step);
    assert.equal(step.model, null);
    assert.deepEqual(step.metadata.models, ['claude-sonnet-4-6', 'claude-haiku-4-5']);
  });
});

describe('a call without a step', () => {
  /** What the operator is told while the calls are made. */
  async function told(calls: () => Promise<unknown>): Promise<readonly string[]> {
    const reports: string[] = [];
    const captured = captureTraces({
      onDiagnostic: ({ reason, message }) => {
        if (reason === 'unrecorded_call') reports.push(message);
      },
    });
    await calls().catch(() => {});
    captured.restore();
    return reports;
  }

  const anthropic = traceAnthropic(
    new Anthropic({ apiKey: 'k', fetch: async () => Response.json({ data: [] }) }),
  );

  it('is reported if it may be billed', async () => {
    const reports = await told(async () => {
      await anthropic.beta.sessions.events.send('sesn_1', { events: [] });
      await anthropic.beta.sessions.events.send('sesn_2', { events: [] });
    });
    assert.equal(reports.length, 1);
    assert.match(String(reports[0]), /POST \/v1\/sessions\/\*\/events/);
  });

  it('is reported if it is a bidirectional stream', async () => {
    const client = traceBedrock(
      new BedrockRuntimeClient({
        region: 'eu-west-1',
        credentials: { accessKeyId: 'a', secretAccessKey: 's' },
        requestHandler: { handle: () => Promise.reject(new Error('no network')) } as never,
        maxAttempts: 1,
      }),
    );
    const reports = await told(() =>
      client.send(
        new InvokeModelWithBidirectionalStreamCommand({
          modelId: 'amazon.nova-sonic-v1:0',
          body: (async function* () {})(),
        }),
      ),
    );
    assert.match(String(reports[0]), /InvokeModelWithBidirectionalStream/);
  });

  it('is not reported if it is free', async () => {
    const reports = await told(async () => {
      await anthropic.messages.countTokens({ model: 'm', messages: [] });
      await anthropic.messages.batches.create({ requests: [] });
      await anthropic.beta.agents.create({ name: 'a', model: 'm' } as never);
    });
    assert.deepEqual(reports, []);
  });
});
