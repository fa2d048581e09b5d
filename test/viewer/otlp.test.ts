/** Traces of OpenTelemetry's SDK on the page: they are listed while it is open, change when later spans come, and open as any other. */

import assert from 'node:assert/strict';
import { ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { useViewer } from './support.ts';

describe('a trace that came by OTLP', function () {
  this.timeout(240_000);
  const started = useViewer();

  it('is listed, opens, and gets its late spans', async () => {
    const viewer = started();
    const { page, complaints } = await viewer.open('/requests');
    const exporter = new OTLPTraceExporter({
      url: `${viewer.origin}/v1/traces`,
      headers: { authorization: 'Bearer key' },
    });
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'tool-library' }),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    const tracer = provider.getTracer('my-instrumentation', '1.2.0');
    const root = tracer.startSpan('POST /chat', {
      kind: SpanKind.SERVER,
      attributes: { 'http.request.method': 'POST', 'http.route': '/chat', 'app.plan': 'pro' },
    });
    const below = trace.setSpan(ROOT_CONTEXT, root);
    const message = (role: string, content: string) =>
      JSON.stringify([{ role, parts: [{ type: 'text', content }] }]);
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.usage.input_tokens': 96,
      'gen_ai.usage.output_tokens': 14,
      'gen_ai.input.messages': message('user', 'May I borrow a drill?'),
      'gen_ai.output.messages': message('assistant', 'Yes, until Friday.'),
    };
    tracer.startSpan('chat gpt-4o', { kind: SpanKind.CLIENT, attributes }, below).end();
    root.end();
    await provider.forceFlush();

    const listed = page.locator('main [role="row"][aria-selected]').filter({ hasText: '/chat' });
    await listed.waitFor();
    assert.match((await listed.textContent()) ?? '', /POST \/chat.*110/);

    const { page: opened, complaints: others } = await viewer.open('/traces/1');
    const steps = opened.getByRole('treegrid', { name: 'Steps' });
    const step = (text: string) =>
      steps.locator('[role="row"][aria-selected]').filter({ hasText: text });
    await step('chat gpt-4o').click();
    await opened.getByText('May I borrow a drill?').first().waitFor();
    await opened.getByText('Yes, until Friday.').first().waitFor();
    await opened.getByText('opentelemetry', { exact: true }).first().waitFor();
    await step('POST /chat').click();
    await opened.getByRole('tab', { name: 'Metadata' }).click();
    for (const text of ['tool-library', 'my-instrumentation 1.2.0', 'app.plan']) {
      await opened.getByText(text).first().waitFor();
    }

    // The page is open while a late span comes that stands before the selected one.
    await step('chat gpt-4o').click();
    await opened.waitForURL(/step=1/);
    tracer.startSpan('check_first', { startTime: Date.now() - 60_000 }, below).end();
    await provider.forceFlush();
    await step('check_first').waitFor();
    await opened.waitForURL(/step=2/);
    assert.equal(await step('chat gpt-4o').getAttribute('aria-selected'), 'true');
    await opened.getByRole('heading', { name: 'chat gpt-4o' }).waitFor();
    await provider.shutdown();
    assert.equal(viewer.server.rows().length, 1);
    assert.deepEqual([...complaints, ...others], []);
  });
});
