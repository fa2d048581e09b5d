/** A platform that takes most batches, and has moments: so that what we do about those runs too. */

import { createServer, type Server } from 'node:http';

export function moodyCollector(): Server {
  let calls = 0;
  return createServer((req, res) => {
    req.resume();
    req.on('end', () => {
      calls++;
      if (calls % 5 === 0) res.writeHead(503, { 'Retry-After': '0' }).end('busy');
      else if (calls % 7 === 0) res.writeHead(400).end('{"error":"a row is bad"}');
      else res.setHeader('Content-Type', 'application/json').end('{"success":true}');
    });
  });
}
