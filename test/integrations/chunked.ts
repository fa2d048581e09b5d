/** Answers whose bytes come in pieces of any size, and the step that they become. */

import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { tracedFetch } from '@openlayer-tracing/integrations/fetch';
import { rowsOf } from './stage.ts';

export interface Body {
  readonly path: string;
  readonly params: object;
  readonly contentType: string;
  readonly text: string;
}

export const asJson = (path: string, params: object, value: unknown): Body => ({
  path,
  params,
  contentType: 'application/json',
  text: JSON.stringify(value),
});

/** @param done what the last event says; undefined where there is none */
export const asEvents = (
  path: string,
  params: object,
  events: readonly unknown[],
  done?: string,
): Body => ({
  path,
  params: { ...params, stream: true },
  contentType: 'text/event-stream',
  text: [...events.map((each) => JSON.stringify(each)), ...(done === undefined ? [] : [done])]
    .map((data) => `data: ${data}\n\n`)
    .join(''),
});

/** Reads the answer through a traced fetch. @param cut gives the length of the next piece, in bytes */
export async function stepOfBody(
  { path, params, contentType, text }: Body,
  cut: () => number,
): Promise<WireStep> {
  using captured = captureTraces();
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      const end = at + Math.max(1, cut());
      controller.enqueue(bytes.slice(at, end));
      at = end;
    },
  });
  const headers = { 'content-type': contentType };
  const traced = tracedFetch({ fetch: async () => new Response(stream, { headers }) });
  const response = await traced(`http://local${path}`, {
    method: 'POST',
    body: JSON.stringify(params),
  });
  for await (const _ of response.body ?? []);
  const [row] = await rowsOf(captured, 1);
  return row?.steps[0] as WireStep;
}

/** All that a step says of its call, without what differs from run to run. */
export function factsOf({ output, metadata, promptTokens, completionTokens, model }: WireStep) {
  const { timeToFirstToken: _, ...rest } = metadata;
  return { output, metadata: rest, promptTokens, completionTokens, model };
}
