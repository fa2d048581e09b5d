/** The app of the tests of exports on other runtimes: its tracer publishes to the platform and to three exports. */

import { createTracer, type Diagnostic, type Tracer } from '@openlayer-tracing/core';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { openlayerOtlp, openlayerSpanProcessor, otelExport } from '@openlayer-tracing/otel';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { Hono } from 'hono';

export interface OtlpSettings {
  /** Of the backend. */
  readonly url: string;
  /** Of the tracer. */
  readonly tracer: {
    readonly apiKey: string;
    readonly inferencePipelineId: string;
    readonly baseUrl: string;
  };
}

/** @param text `OtlpSettings` as JSON */
export function otlpHost(text: string | undefined): Hono {
  const { url, tracer: settings } = JSON.parse(text ?? '{}') as OtlpSettings;
  const diagnostics: Diagnostic[] = [];
  const { apiKey, inferencePipelineId } = settings;
  const tracer: Tracer = createTracer({
    ...settings,
    batch: { maxDelayMs: 5 },
    retry: { baseMs: 5, capMs: 50 },
    exports: [
      otelExport({ name: 'protobuf', url: `${url}/protobuf` }),
      otelExport({ name: 'json', url: `${url}/json`, protocol: 'http/json', compression: 'gzip' }),
      openlayerOtlp({ apiKey, inferencePipelineId, baseUrl: `${url}/openlayer` }),
    ],
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  const host = new Hono();
  host.use('/chat/*', openlayerTracing({ tracer }));
  host.post('/chat/:id', async (c) => {
    const { trace } = c.var;
    await trace.step({ name: 'find', type: 'retriever' }, async (step) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      step.update({ output: ['a document'] });
    });
    const call = { name: 'ask', type: 'chat_completion', model: 'gpt-5-mini' } as const;
    const answer = await trace.step(call, async (step) => {
      step.update({ promptTokens: 12, completionTokens: 3 });
      return 'ça va';
    });
    return c.json({ answer, traceId: trace.traceId });
  });
  host.post('/chat/:id/spans', async (c) => {
    const spans = new BasicTracerProvider({ spanProcessors: [openlayerSpanProcessor()] });
    const span = spans.getTracer('app').startSpan('work', { attributes: { customer: 'ada' } });
    await new Promise((resolve) => setTimeout(resolve, 1));
    span.end();
    return c.json({ traceId: c.var.trace.traceId });
  });
  host.get('/report', async (c) => {
    await tracer.flush();
    const reasons = diagnostics.map(({ reason, message }) => `${reason}: ${message}`);
    return c.json({ stats: tracer.stats(), reasons });
  });
  return host;
}
