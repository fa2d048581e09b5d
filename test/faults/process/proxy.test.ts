import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { startCollector } from '../../support/collector.ts';
import { LOOPBACK } from '../../support/loopback.ts';
import { ask, publishingTo, start } from './support.ts';

/** As tools read them that use a proxy. */
const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

describe('a proxy that the environment names', () => {
  it('is not asked: traces go to the platform and nowhere else', async () => {
    let asked = 0;
    const proxy = createServer((socket) => {
      asked++;
      socket.on('error', () => {});
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n');
    });
    await new Promise<void>((resolve) => {
      proxy.listen(0, LOOPBACK, resolve);
    });
    const url = `http://${LOOPBACK}:${(proxy.address() as AddressInfo).port}`;
    const named = NAMES.flatMap((name) => [
      [name, url],
      [name.toLowerCase(), url],
    ]);
    await using collector = await startCollector();
    const { port, ended } = start('server.mts', {
      ...publishingTo(collector.server.url),
      ...Object.fromEntries(named),
      NO_PROXY: '',
      no_proxy: '',
      // Has the http module of newer Nodes read them.
      NODE_USE_ENV_PROXY: '1',
    });
    for (let i = 0; i < 3; i++) assert.equal(await ask(await port, '/ok'), 200);
    assert.equal(await ask(await port, '/close'), 200);
    const { code, stderr } = await ended;
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    await collector.exactly(4);
    assert.equal(asked, 0);
    proxy.close();
  });
});
