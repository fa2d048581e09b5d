/** The platform's far end for benchmarks: takes batches and counts their rows, as cheaply as that can be done. */

import { createServer } from 'node:http';

let rows = 0;
const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    rows += (JSON.parse(Buffer.concat(chunks).toString('utf8')) as { rows: unknown[] }).rows.length;
    res.setHeader('Content-Type', 'application/json');
    res.end('{"success":true}');
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
});
process.on('message', () => {
  process.send?.({ rows });
  rows = 0;
});
