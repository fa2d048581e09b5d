/** The far end for benchmarks, ours and that of peers: takes batches and counts their traces, as cheaply as that can be done. */

import { createServer } from 'node:http';

let rows = 0;
const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    rows += tracesIn(Buffer.concat(chunks), req.url ?? '');
    res.setHeader('Content-Type', 'application/json');
    res.end('{"success":true}');
  });
});

function tracesIn(body: Buffer, path: string): number {
  if (!/langfuse|otel/.test(path)) {
    return (JSON.parse(body.toString('utf8')) as { rows: unknown[] }).rows.length;
  }
  // Every trace has one span of this name, and the name is not in its texts.
  return body.toString('latin1').split('retrieve').length - 1;
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
});
process.on('message', () => {
  process.send?.({ rows });
  rows = 0;
});
