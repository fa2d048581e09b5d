import assert from 'node:assert/strict';
import { createServer, type OutgoingHttpHeader, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setResponseHeader } from '../../src/http/node/response-header.ts';

type Heads = OutgoingHttpHeaders | OutgoingHttpHeader[];

/** Each names the header as a value, which is no header of that name. */
const HEADS: Readonly<Record<string, Heads>> = {
  'an object': { 'Access-Control-Expose-Headers': 'x-request-id' },
  'an array': ['Access-Control-Expose-Headers', 'x-request-id'],
  // Node takes pairs as well, which its types do not tell.
  'an array of pairs': [['Access-Control-Expose-Headers', 'x-request-id']] as never,
};

describe('the header of the inference ID', () => {
  for (const [what, head] of Object.entries(HEADS)) {
    it(`is sent where the app gives its headers to writeHead as ${what}`, async () => {
      const server = createServer((_req, res) => {
        setResponseHeader(res, 'x-request-id', 'req-1');
        res.writeHead(200, head as OutgoingHttpHeaders).end('ok');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const response = await fetch(`http://127.0.0.1:${port}`);
      assert.equal(response.headers.get('x-request-id'), 'req-1');
      assert.equal(response.headers.get('access-control-expose-headers'), 'x-request-id');
      server.close();
    });
  }
});
