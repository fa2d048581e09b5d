/**
 * Prints how often a traced fetch parses a long body, by its kind and URL. A process of its own: the library takes `JSON.parse` when
 * it is loaded, so that it has to be replaced before.
 */

const [, , ...urls] = process.argv;
const json = JSON.stringify({ input: { vectors: Array.from({ length: 50_000 }, (_, i) => i) } });
const { parse } = JSON;
let times = 0;
JSON.parse = (source, ...more) => {
  if (source === json) times++;
  return parse(source, ...more);
};
const { captureTraces } = await import('@openlayer-tracing/core/testing');
const { tracedFetch } = await import('@openlayer-tracing/integrations/fetch');

const traces = captureTraces();
const send = tracedFetch({ fetch: async () => Response.json({ id: 'f', object: 'file' }) });
const counts = {};
for (const [kind, body] of [
  ['a string', json],
  ['bytes', new TextEncoder().encode(json)],
]) {
  counts[kind] = [];
  for (const url of urls) {
    times = 0;
    await send(url, { method: 'POST', body });
    counts[kind].push(times);
  }
}
traces.restore();
console.log(JSON.stringify(counts));
