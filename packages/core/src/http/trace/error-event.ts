/**
 * The event by which a stream of events says that it has failed, such as the one that Hono's `streamSSE` and NestJS send last: they
 * catch the error, and nothing else shows it.
 */

const BEGINNING = 'event: error\n';

/** The data of the event, if the chunk is one event of the type `error` and nothing else. */
export function errorEventData(chunk: string | Uint8Array): string | undefined {
  if (!beginsAnErrorEvent(chunk)) return undefined;
  const event = typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk);
  // The only empty line is the one that ends the event.
  if (event.indexOf('\n\n') !== event.length - 2) return undefined;
  const data = event.split('\n').filter((line) => line.startsWith('data:'));
  // Clients ignore an event without data.
  if (data.length === 0) return undefined;
  return data.map((line) => line.slice(line[5] === ' ' ? 6 : 5)).join('\n');
}

/** Called for every chunk of every response. */
function beginsAnErrorEvent(chunk: string | Uint8Array): boolean {
  if (typeof chunk === 'string') return chunk.startsWith(BEGINNING);
  for (let i = 0; i < BEGINNING.length; i++) {
    if (chunk[i] !== BEGINNING.charCodeAt(i)) return false;
  }
  return true;
}
