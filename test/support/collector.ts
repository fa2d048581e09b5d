/** The platform's double for tests: the local server, and a check of every body that reaches it. */

import assert from 'node:assert/strict';
import { createTracer, type Tracer, type TracerOptions } from '@openlayer-tracing/core';
import type { DataStreamRequest, WireRow } from '@openlayer-tracing/core/wire';
import { type Intercept, type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { violations } from './wire/validate.ts';

export const PIPELINE = '7b9f4c10-1f3e-4f63-9d3c-52f0a2d3f001';

export interface Collector extends AsyncDisposable {
  readonly server: LocalServer;
  /** Settings of a tracer that publishes here, quickly. */
  readonly tracer: TracerOptions;
  /** A tracer that publishes here, and is shut down before the collector is. */
  createTracer(options?: TracerOptions): Tracer;
  /** The rows once there are `n`; fails where more arrive within a moment. */
  exactly(n: number): Promise<WireRow[]>;
  /** The one row with this inference ID, once it is there. */
  row(inferenceId: string): Promise<WireRow>;
}

/**
 * Starts a collector. When it is disposed of, every body that it was sent must have satisfied the contract.
 * @param misbehave answers in the server's place where it returns true
 */
export async function startCollector(misbehave?: Intercept): Promise<Collector> {
  const found: string[] = [];
  const tracers: Tracer[] = [];
  const server = await startLocalServer({
    // Workers send each row by itself, and as many at once as there are requests.
    maxConnections: 2000,
    intercept: (request, response, body) => {
      if (request.url?.endsWith('/data-stream')) {
        found.push(...violations(JSON.parse(body.toString('utf8')) as DataStreamRequest));
      }
      return misbehave?.(request, response, body) ?? false;
    },
  });
  const settings: TracerOptions = {
    apiKey: 'test-key',
    // Ports come again, and the ids of requests are told apart in each pipeline of a process.
    inferencePipelineId: crypto.randomUUID(),
    baseUrl: server.url,
    batch: { maxDelayMs: 10 },
    retry: { baseMs: 5, capMs: 50 },
  };
  return {
    server,
    tracer: settings,
    createTracer(options) {
      const tracer = createTracer({ ...settings, ...options });
      tracers.push(tracer);
      return tracer;
    },
    async exactly(n) {
      await server.waitForRows(n, { timeoutMs: 60_000 });
      await new Promise((resolve) => setTimeout(resolve, 50));
      const rows = server.rows();
      assert.equal(rows.length, n, `expected ${n} rows, got ${rows.length}`);
      return rows;
    },
    async row(inferenceId) {
      for (let waited = 0; waited < 60_000; waited += 10) {
        const row = server.row(inferenceId);
        if (row !== undefined) return row;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      throw new Error(
        `no row ${inferenceId}; there are ${server.rows().map((row) => row.inferenceId)}`,
      );
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(tracers.map((tracer) => tracer.shutdown({ deadlineMs: 1000 })));
      await server.close();
      assert.deepEqual(found, []);
      assert.deepEqual(server.problems, []);
    },
  };
}
