/** The process of the socket tests' apps: their tracer, and what it says of itself at `/report`. */

import {
  createTracer,
  type Diagnostic,
  type Tracer,
  type TracerOptions,
} from '@openlayer-tracing/core';
import { openlayerTracing } from '@openlayer-tracing/hono';
import { Hono } from 'hono';
import type { UpgradeWebSocket } from 'hono/ws';
import { socketApps } from '../harness/sockets-app.ts';

/** @param settings of the tracer, as JSON */
export function socketHost(upgrade: UpgradeWebSocket, settings: string | undefined): Hono {
  const diagnostics: Diagnostic[] = [];
  const tracer: Tracer = createTracer({
    ...(JSON.parse(settings ?? '{}') as TracerOptions),
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  const host = new Hono();
  host.route('/', socketApps(upgrade, openlayerTracing({ tracer })));
  host.get('/report', async (c) => {
    await tracer.flush();
    const told = diagnostics.map((each) => ({ ...each, error: each.error && String(each.error) }));
    return c.json({ stats: tracer.stats(), diagnostics: told });
  });
  return host;
}
