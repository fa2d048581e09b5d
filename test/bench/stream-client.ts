/** Reads streams with OpenAI's client, bare and traced in turns, and tells what each took. */

import { configure, getTracer } from '@openlayer-tracing/core';
import { memoryTransport } from '@openlayer-tracing/core/testing';
import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';

const transport = memoryTransport();
configure({ publish: true, transport });
const settings = { apiKey: 'bench', baseURL: process.env.BENCH_LLM };
const clients = { bare: new OpenAI(settings), traced: traceOpenAI(new OpenAI(settings)) };
const taken: Record<keyof typeof clients, { cpu: number; wall: number }[]> = {
  bare: [],
  traced: [],
};
const rounds = Number(process.env.BENCH_ROUNDS);

async function readStream(openai: OpenAI): Promise<{ cpu: number; wall: number }> {
  const began = performance.now();
  const before = process.cpuUsage();
  const stream = await openai.chat.completions.create({
    model: 'gpt-5-mini',
    messages: [{ role: 'user', content: 'go on' }],
    stream: true,
  });
  for await (const _chunk of stream);
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1000, wall: performance.now() - began };
}

for (let round = -10; round < rounds; round++) {
  const order = round % 2 === 0 ? (['bare', 'traced'] as const) : (['traced', 'bare'] as const);
  for (const variant of order) {
    globalThis.gc?.();
    const trace = getTracer().startTrace('stream');
    const took = await trace.run(() => readStream(clients[variant]));
    trace.end();
    // The first rounds are for the compiler.
    if (round >= 0) taken[variant].push(took);
  }
}
await getTracer().flush();
const kept = Math.max(...transport.rows.map(({ steps }) => JSON.stringify(steps).length));
process.send?.({ ...taken, kept });
process.disconnect();
