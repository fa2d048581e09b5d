import { getTracer, type Usage } from '@openlayer-tracing/core';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { prices } from '@openlayer-tracing/integrations/pricing';
import { type Reply, stepsOfCalls } from './answering.ts';
import { rowsOf } from './stage.ts';

/** What a trace with these calls used. */
export async function usageOf(
  ask: () => Promise<unknown>,
  pricing: ReturnType<typeof prices> = prices(),
): Promise<Usage> {
  using captured = captureTraces({ pricing });
  await pricing.ready?.();
  const trace = getTracer().startTrace('job');
  await trace.run(ask);
  const { usage } = trace;
  trace.end();
  await rowsOf(captured, 1);
  return usage;
}

/** What the calls of a trace used that a provider answered so. */
export async function usageOfCalls(
  reply: Reply,
  calls: (url: string) => Promise<unknown>,
): Promise<Usage> {
  const pricing = prices();
  await pricing.ready?.();
  let usage: Usage | undefined;
  await stepsOfCalls(
    reply,
    async (url) => {
      const trace = getTracer().startTrace('job');
      try {
        await trace.run(() => calls(url));
      } finally {
        usage = trace.usage;
        trace.end();
      }
    },
    { pricing },
  );
  if (usage === undefined) throw new Error('no trace');
  return usage;
}
