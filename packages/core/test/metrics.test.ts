/** The counts of a tracer in Prometheus' text format. */

import assert from 'node:assert/strict';
import { type Batch, createTracer, type TraceExport } from '@openlayer-tracing/core';

function place(name: string, lost: boolean): TraceExport {
  return {
    name,
    address: `memory:${name}`,
    transport: {
      send: async ({ rows }: Batch) =>
        lost
          ? { delivered: 0, lost: { 'too odd': rows.length } }
          : { delivered: rows.length, lost: {} },
      close() {},
    },
  };
}

describe('metricsText()', () => {
  it('has the counts of the platform and of each export', async () => {
    const tracer = createTracer({
      transport: place('platform', false).transport,
      exports: [place('collector', false), place('broken', true)],
      logLevel: 'off',
    });
    for (let i = 0; i < 3; i++) tracer.startTrace('a').end();
    await tracer.flush();
    const lines = tracer.metricsText().split('\n');
    const values = (name: string) => lines.filter((line) => line.startsWith(name));
    assert.deepEqual(values('openlayer_tracing_traces_published_total'), [
      'openlayer_tracing_traces_published_total 3',
    ]);
    assert.deepEqual(values('openlayer_tracing_export'), [
      'openlayer_tracing_export_published_total{export="collector"} 3',
      'openlayer_tracing_export_published_total{export="broken"} 0',
      'openlayer_tracing_export_dropped_total{export="broken",reason="too_odd"} 3',
      'openlayer_tracing_export_quarantined{export="collector"} 0',
      'openlayer_tracing_export_quarantined{export="broken"} 0',
      'openlayer_tracing_export_queued{export="collector"} 0',
      'openlayer_tracing_export_queued{export="broken"} 0',
      'openlayer_tracing_export_spooled{export="collector"} 0',
      'openlayer_tracing_export_spooled{export="broken"} 0',
    ]);
    // Each sample belongs to the type that was declared last.
    let declared = '';
    for (const line of lines.filter((each) => each !== '')) {
      const [, type] = /^# TYPE (\S+)/.exec(line) ?? [];
      if (type !== undefined) declared = type;
      else if (!line.startsWith('#')) assert.ok(line.startsWith(declared), line);
    }
  });

  it('has no line of exports without them', () => {
    const tracer = createTracer({ transport: place('platform', false).transport });
    assert.doesNotMatch(tracer.metricsText(), /export/);
  });
});
