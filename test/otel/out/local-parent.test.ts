/** Traces that begin within a span of the app's own SDK. */

import assert from 'node:assert/strict';
import { createTracer } from '@openlayer-tracing/core';
import {
  type ExportProfile,
  type OtelExportOptions,
  openlayerSpanProcessor,
  otelExport,
} from '@openlayer-tracing/otel';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { startBackend } from './otlp-backend.ts';
import { PARENT_ID, TRACE_ID } from './rows.ts';

const IS_KNOWN = 0x100;
const IS_REMOTE = 0x200;

describe('a trace that begins within a span', () => {
  before(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    trace.setGlobalTracerProvider(
      new BasicTracerProvider({ spanProcessors: [openlayerSpanProcessor()] }),
    );
  });
  after(() => {
    trace.disable();
    context.disable();
  });

  /** The flags of the root's parent, or of its link. */
  async function flagsWithin(
    within: typeof ROOT_CONTEXT,
    profile: ExportProfile,
    options: OtelExportOptions = {},
  ) {
    await using backend = await startBackend();
    const tracer = createTracer({
      exports: [otelExport({ url: backend.url, profile, ...options })],
    });
    context.with(within, () => tracer.startTrace('work').end());
    await tracer.shutdown();
    const [root] = backend.spans();
    assert.ok(root !== undefined);
    const { parentSpanId, flags, links } = root;
    const [link] = links;
    return profile === 'apm'
      ? { spanId: parentSpanId, flags: flags & (IS_KNOWN | IS_REMOTE) }
      : { spanId: link?.spanId, flags: (link?.flags ?? 0) & (IS_KNOWN | IS_REMOTE) };
  }

  for (const profile of ['apm', 'llm'] as const) {
    it(`of this process has a parent that is not remote, by the profile ${profile}`, async () => {
      const span = trace.getTracer('app').startSpan('outer');
      const within = trace.setSpan(ROOT_CONTEXT, span);
      const { spanId } = span.spanContext();
      assert.deepEqual(await flagsWithin(within, profile), { spanId, flags: IS_KNOWN });
      span.end();
    });

    it(`of another process has a parent that is remote, by the profile ${profile}`, async () => {
      const ids = { traceId: TRACE_ID, spanId: PARENT_ID, traceFlags: 1, isRemote: true };
      const within = trace.setSpanContext(ROOT_CONTEXT, ids);
      const flags = IS_KNOWN | IS_REMOTE;
      assert.deepEqual(await flagsWithin(within, profile), { spanId: PARENT_ID, flags });
    });
  }

  it('of this process has no parent where the SDK sends nothing, since it would never arrive', async () => {
    const span = trace.getTracer('app').startSpan('outer');
    const within = trace.setSpan(ROOT_CONTEXT, span);
    const found = await flagsWithin(within, 'apm', { foreign: 'send' });
    assert.ok(!found.spanId, found.spanId);
    span.end();
  });
});
