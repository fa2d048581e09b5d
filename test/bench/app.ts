/** The server under measurement: the app of one framework in one variant, which the environment names. */

import type { Server } from 'node:http';
import { getTracer } from '@openlayer-tracing/core';
import { expressServer } from './apps/express.ts';
import { allSent } from './apps/floor.ts';
import { honoServer } from './apps/hono.ts';
import { koaServer } from './apps/koa.ts';

const servers: Readonly<Record<string, (variant: string) => Server>> = {
  express: expressServer,
  koa: koaServer,
  hono: honoServer,
};

const { BENCH_FRAMEWORK: framework = 'express', BENCH_VARIANT: variant = 'bare' } = process.env;
// Other variants must not pay for loading these.
const peers = /langfuse|opentelemetry/.test(variant) ? await import('./apps/peers.ts') : undefined;
const serverOf = servers[framework];
if (serverOf === undefined) throw new Error(`no framework ${framework}`);

// Loaded, and nothing of it used.
if (variant === 'unused traced') await import('@openlayer-tracing/otel');

const server = (peers?.peerServer ?? serverOf)(variant).listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
});

/** The parent asks between two rounds: what the process has used so far, once everything is sent. */
process.on('message', async () => {
  const isTraced = variant.endsWith('traced');
  if (isTraced) await getTracer().flush();
  else if (peers !== undefined) await peers.peerFlushed();
  else await allSent();
  const { user, system } = process.cpuUsage();
  process.send?.({
    cpuMicros: user + system,
    stats: isTraced ? getTracer().stats() : undefined,
  });
});
