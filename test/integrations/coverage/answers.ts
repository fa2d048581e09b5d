/** What a fetch answers, whatever it is asked. */

type Fetch = typeof globalThis.fetch;

export function json(value: unknown, status = 200): Fetch {
  return async () =>
    new Response(JSON.stringify(value), {
      status,
      headers: { 'content-type': 'application/json' },
    });
}

/** @param done the last event, where the protocol has one: `[DONE]` */
export function sse(events: readonly unknown[], done?: string): Fetch {
  const lines = events.map((event) => {
    const { type } = event as { type?: unknown };
    const name = typeof type === 'string' ? `event: ${type}\n` : '';
    return `${name}data: ${JSON.stringify(event)}\n\n`;
  });
  if (done !== undefined) lines.push(`data: ${done}\n\n`);
  return async () =>
    new Response(lines.join(''), { headers: { 'content-type': 'text/event-stream' } });
}
