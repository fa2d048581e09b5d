import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { call, PIPELINE, raw, requestOf, send } from './client.js';

const PATH = `/v1/inference-pipelines/${PIPELINE}/rows/a`;

const statusOf = async (server: LocalServer, ...headers: string[]): Promise<number> => {
  const lines = [
    `GET ${PATH} HTTP/1.1`,
    ...headers,
    'Authorization: Bearer k',
    'Connection: close',
  ];
  return Number((await raw(server, `${lines.join('\r\n')}\r\n\r\n`)).split(' ')[1]);
};

describe('the Host header', () => {
  it('is accepted as a loopback name with the right port', async () => {
    await using server = await startLocalServer();
    for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
      assert.equal(await statusOf(server, `Host: ${name}:${server.port}`), 404, name);
    }
    assert.deepEqual(server.problems, []);
  });

  it('is refused in any other spelling', async () => {
    await using server = await startLocalServer();
    const { port } = server;
    const hosts = [
      'evil.com',
      `evil.com:${port}`,
      `localhost.evil.com:${port}`,
      `127.0.0.1.evil.com:${port}`,
      `localhost:${port}.evil.com`,
      `evil.com#localhost:${port}`,
      `user@localhost:${port}`,
      `localhost:${port}, evil.com`,
      'localhost',
      '127.0.0.1',
      `127.0.0.1:${port + 1}`,
      `127.0.0.1:0${port}`,
      `127.0.0.2:${port}`,
      `127.1:${port}`,
      `0.0.0.0:${port}`,
      `2130706433:${port}`,
      `0x7f000001:${port}`,
      `[::]:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `localhost.:${port}`,
      '',
    ];
    for (const host of hosts) {
      assert.equal(await statusOf(server, `Host: ${host}`), 403, host);
    }
    assert.equal(await statusOf(server, `Host: localhost:${port}`, 'Host: evil.com'), 403);
    assert.equal(await statusOf(server), 400, 'none at all: refused by Node');
    const forwarded = ['Host: evil.com', `X-Forwarded-Host: localhost:${port}`];
    assert.equal(await statusOf(server, ...forwarded), 403);
    assert.equal(server.problems.length, hosts.length + 2);
  });

  it('cannot be replaced by an absolute or doubled path', async () => {
    await using server = await startLocalServer();
    for (const target of [
      `http://evil.com${PATH}`,
      `/${PATH}`,
      `/v1/..${PATH}`,
      PATH.replace('/', '/.'),
    ]) {
      const request = `GET ${target} HTTP/1.1\r\nHost: localhost:${server.port}\r\nAuthorization: Bearer k\r\nConnection: close\r\n\r\n`;
      assert.match(await raw(server, request), /^HTTP\/1.1 404 .*no such endpoint/s, target);
    }
  });
});

describe('web pages', () => {
  it('of other origins are refused and get no CORS headers', async () => {
    await using server = await startLocalServer();
    const host = `Host: localhost:${server.port}`;
    for (const origin of ['http://evil.com', 'null', `https://localhost:${server.port}`]) {
      assert.equal(await statusOf(server, host, `Origin: ${origin}`), 403, origin);
    }
    assert.equal(await statusOf(server, host, `Origin: http://localhost:${server.port}`), 404);
    const preflight = await raw(
      server,
      `OPTIONS ${PATH} HTTP/1.1\r\n${host}\r\nOrigin: http://evil.com\r\nAccess-Control-Request-Method: GET\r\nConnection: close\r\n\r\n`,
    );
    assert.match(preflight, /^HTTP\/1.1 403 /);
    assert.doesNotMatch(preflight, /access-control/i);
  });
});

describe('the API key', () => {
  const withKey = (server: LocalServer, authorization: string) =>
    call(server, 'GET', `/inference-pipelines/p/rows/a`, undefined, { authorization });

  it('may be any bearer token unless one is set', async () => {
    await using server = await startLocalServer();
    assert.equal((await withKey(server, 'Bearer anything')).status, 404);
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Basic YTpi', 'anything']) {
      const answer = await withKey(server, authorization);
      assert.equal(answer.status, 401, authorization);
      assert.equal(typeof answer.body.error, 'string');
    }
    assert.equal(server.problems.length, 5);
  });

  it('must be the one that is set, and is never repeated', async () => {
    await using server = await startLocalServer({ apiKey: 'right' });
    assert.equal((await withKey(server, 'Bearer right')).status, 404);
    for (const key of ['wrong', 'righ', 'right2', 'RIGHT']) {
      assert.equal((await withKey(server, `Bearer ${key}`)).status, 401, key);
    }
    assert.equal(server.problems.length, 4);
    assert.doesNotMatch(server.problems.join(), /wrong|right/i);
  });
});

describe('limits', () => {
  it('lets a body of maxBodyBytes through and refuses one byte more', async () => {
    const text = JSON.stringify(requestOf('a'));
    await using server = await startLocalServer({ maxBodyBytes: text.length });
    assert.equal((await send(server, text)).status, 200);
    const answer = await send(server, `${text} `);
    assert.equal(answer.status, 413);
    assert.match(answer.body.error, /longer than \d+ bytes/);
    assert.equal(server.rows().length, 1);
    assert.equal(server.problems.length, 1);
  });

  it('refuses a long body that does not say its length, and serves the connection further', async () => {
    await using server = await startLocalServer({ maxBodyBytes: 1000 });
    const head = (last: string) =>
      `POST /v1/inference-pipelines/p/data-stream HTTP/1.1\r\nHost: localhost:${server.port}\r\nAuthorization: Bearer k\r\n${last}\r\n\r\n`;
    const chunk = `${(60_000).toString(16)}\r\n${'x'.repeat(60_000)}\r\n`;
    const long = `${head('Transfer-Encoding: chunked')}${chunk.repeat(20)}0\r\n\r\n`;
    const answer = await raw(server, `${long}${head('Connection: close\r\nContent-Length: 0')}`);
    assert.deepEqual(answer.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 413', 'HTTP/1.1 400']);
  });

  it('refuses headers of more than 16 KiB', async () => {
    await using server = await startLocalServer();
    const host = `Host: localhost:${server.port}`;
    assert.equal(await statusOf(server, host, `X-Long: ${'x'.repeat(15_000)}`), 404);
    assert.equal(await statusOf(server, host, `X-Long: ${'x'.repeat(17_000)}`), 431);
  });

  it('serves 256 connections and drops the next', async () => {
    await using server = await startLocalServer();
    const open = () =>
      new Promise<{ socket: Socket; isServed: boolean }>((resolve) => {
        const socket = connect(server.port, '127.0.0.1');
        socket.write(`GET ${PATH} HTTP/1.1\r\nHost: localhost:${server.port}\r\n\r\n`);
        socket.on('error', () => {});
        socket.once('data', () => resolve({ socket, isServed: true }));
        socket.once('close', () => resolve({ socket, isServed: false }));
      });
    const sockets = await Promise.all(Array.from({ length: 256 }, open));
    assert.equal(sockets.filter(({ isServed }) => isServed).length, 256);
    assert.equal((await open()).isServed, false);
    for (const { socket } of sockets) socket.destroy();
  });

  it('is not disturbed by clients that leave in mid-request', async () => {
    await using server = await startLocalServer();
    for (let n = 0; n < 20; n += 1) {
      const socket = connect(server.port, '127.0.0.1');
      socket.write(
        `POST /v1/inference-pipelines/p/data-stream HTTP/1.1\r\nHost: localhost:${server.port}\r\nAuthorization: Bearer k\r\nContent-Length: 1000\r\n\r\n{"conf`,
        () => socket.destroy(),
      );
      socket.on('error', () => {});
    }
    assert.equal((await send(server, requestOf('a'))).status, 200);
    assert.deepEqual(server.problems, []);
  });
});
