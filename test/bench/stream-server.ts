/** A model that streams 5,000 chunks, as fast as it can. A process of its own. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const CHUNKS = 5000;
const chunk = (content: string) =>
  `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"gpt-5-mini","service_tier":"default","system_fingerprint":"fp_1","choices":[{"index":0,"delta":{"content":"${content}"},"logprobs":null,"finish_reason":null}]}\n\n`;
const PIECES = Array.from({ length: CHUNKS / 20 }, (_, i) =>
  Array.from({ length: 20 }, (_, j) => chunk(` word${i * 20 + j}`)).join(''),
);

const server = createServer((req, res) => {
  req.resume();
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  let next = 0;
  const write = () => {
    while (next < PIECES.length) if (!res.write(PIECES[next++])) return;
    res.end('data: [DONE]\n\n');
  };
  res.on('drain', write);
  write();
});
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
