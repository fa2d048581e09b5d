import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { call, PIPELINE, pageTokenOf, raw, rawRequest, requestOf, send } from './client.js';

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
  it('of other origins are refused, and get no CORS headers', async () => {
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

/** One request of each kind, which is allowed as it stands: what is added to it is to blame for a refusal. */
function requestsOf(server: LocalServer) {
  const update = '{"row":{"human_feedback":1}}';
  const pageKey = `Authorization: Bearer ${pageTokenOf(server)}`;
  return [
    { name: 'the page', line: 'GET /', headers: ['Accept: text/html'], allowed: [200, 503] },
    {
      name: 'a view of the page',
      line: 'GET /traces/1',
      headers: ['Accept: text/html'],
      allowed: [200, 503],
    },
    { name: 'the data of the page', line: 'GET /api/none', headers: [pageKey], allowed: [404] },
    {
      name: 'a read of the platform',
      line: `GET ${PATH}`,
      headers: ['Authorization: Bearer k'],
      allowed: [404],
    },
    {
      name: 'a write of the platform',
      line: `PUT /v1/inference-pipelines/${PIPELINE}/rows?inferenceId=a`,
      headers: [
        'Authorization: Bearer k',
        'Content-Type: application/json',
        `Content-Length: ${update.length}`,
      ],
      body: update,
      allowed: [404],
    },
  ];
}

describe('every request', () => {
  const statuses = async (server: LocalServer, host: string, ...more: string[]) => {
    const found: [name: string, status: number, isAllowed: boolean][] = [];
    for (const { name, line, headers, body = '', allowed } of requestsOf(server)) {
      const lines = [`${line} HTTP/1.1`, host, ...headers, ...more, 'Connection: close'];
      const answer = await raw(server, `${lines.join('\r\n')}\r\n\r\n${body}`);
      const status = Number(answer.split(' ')[1]);
      assert.doesNotMatch(answer, /access-control/i, name);
      found.push([name, status, allowed.includes(status)]);
    }
    return found;
  };
  const allAllowed = (found: Awaited<ReturnType<typeof statuses>>) =>
    found.every(([, , isAllowed]) => isAllowed);
  const allRefused = (found: Awaited<ReturnType<typeof statuses>>) =>
    found.every(([, status]) => status === 403);

  it('is served under the three loopback names alone', async () => {
    await using server = await startLocalServer();
    const { port } = server;
    for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
      const found = await statuses(server, `Host: ${name}:${port}`);
      assert.ok(allAllowed(found), `${name}: ${found}`);
    }
    for (const host of [
      `evil.com:${port}`,
      `localhost.:${port}`,
      `LOCALHOST:${port}`,
      `localhost:${port === 65_535 ? 1 : port + 1}`,
      `[::ffff:127.0.0.1]:${port}`,
      `[0:0:0:0:0:0:0:1]:${port}`,
      `127.0.0.1.:${port}`,
      'localhost',
    ]) {
      const found = await statuses(server, `Host: ${host}`);
      assert.ok(allRefused(found), `${host}: ${found}`);
    }
  });

  it('is served to pages of the very same origin alone', async () => {
    await using server = await startLocalServer();
    const { port } = server;
    for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
      const found = await statuses(
        server,
        `Host: ${name}:${port}`,
        `Origin: http://${name}:${port}`,
      );
      assert.ok(allAllowed(found), `${name}: ${found}`);
    }
    for (const origin of [
      'null',
      '',
      'http://evil.com',
      `http://evil.com:${port}`,
      `https://localhost:${port}`,
      `http://localhost:${port === 65_535 ? 1 : port + 1}`,
      'http://localhost',
      `localhost:${port}`,
      `http://127.0.0.1:${port}`,
      `http://localhost.:${port}`,
      `HTTP://LOCALHOST:${port}`,
      `http://[::1]:${port}`,
      `http://localhost:${port}/`,
      `http://localhost:${port}, http://localhost:${port}`,
      `file://localhost:${port}`,
    ]) {
      const found = await statuses(server, `Host: localhost:${port}`, `Origin: ${origin}`);
      assert.ok(allRefused(found), `${origin}: ${found}`);
    }
    const two = [`Origin: http://localhost:${port}`, `Origin: http://localhost:${port}`];
    assert.ok(allRefused(await statuses(server, `Host: localhost:${port}`, ...two)));
  });

  it('is refused if the browser marks it as coming from another site', async () => {
    await using server = await startLocalServer();
    const host = `Host: localhost:${server.port}`;
    const own = await statuses(server, host, 'Sec-Fetch-Site: same-origin');
    assert.ok(allAllowed(own), String(own));
    for (const site of ['cross-site', 'same-site', 'SAME-ORIGIN', '']) {
      const found = await statuses(server, host, `Sec-Fetch-Site: ${site}`);
      assert.ok(allRefused(found), `${site}: ${found}`);
    }
    // An address that a person types, and a link on any page: these open the page, and nothing else.
    for (const lines of [
      ['Sec-Fetch-Site: none'],
      ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'],
    ]) {
      const opened = await statuses(server, host, ...lines);
      assert.deepEqual(
        opened.map(([, status, isAllowed]) => (isAllowed ? 'allowed' : status)),
        ['allowed', 'allowed', 403, 403, 403],
        lines.join(),
      );
    }
    const framed = [
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Dest: iframe',
    ];
    assert.ok(allRefused(await statuses(server, host, ...framed)));
  });

  it('is refused with the method OPTIONS, and gets no header that allows anything', async () => {
    await using server = await startLocalServer();
    const origin = `http://localhost:${server.port}`;
    for (const path of [
      '/',
      '/api/traces',
      PATH,
      `/v1/inference-pipelines/${PIPELINE}/data-stream`,
    ]) {
      for (const from of [origin, 'http://evil.com', 'null']) {
        const { status, head } = await rawRequest(server, `OPTIONS ${path}`, [
          `Host: localhost:${server.port}`,
          `Origin: ${from}`,
          'Access-Control-Request-Method: GET',
          'Access-Control-Request-Headers: authorization',
        ]);
        assert.ok(status === 401 || status === 403, `${path} from ${from}: ${status}`);
        assert.doesNotMatch(head, /access-control|^allow:/im);
      }
    }
  });
});

describe("the page's token", () => {
  const asked = (server: LocalServer, ...headers: string[]) =>
    rawRequest(server, 'GET /api/none', [`Host: localhost:${server.port}`, ...headers]);

  it('is of 128 bits, new at each start, and in the fragment of the address', async () => {
    await using first = await startLocalServer();
    await using second = await startLocalServer();
    const address = new RegExp(`^http://127\\.0\\.0\\.1:${first.port}/#token=[\\w-]{22}$`);
    assert.match(first.viewerUrl, address);
    assert.equal(Buffer.from(pageTokenOf(first), 'base64url').length, 16);
    assert.notEqual(pageTokenOf(first), pageTokenOf(second));
  });

  it('opens the data of the page, and nothing else does', async () => {
    for (const apiKey of [undefined, 'the-key']) {
      await using server = await startLocalServer(apiKey === undefined ? {} : { apiKey });
      const token = pageTokenOf(server);
      assert.equal((await asked(server, `Authorization: Bearer ${token}`)).status, 404);
      for (const headers of [
        [],
        ['Authorization: Bearer'],
        ['Authorization: Bearer '],
        ['Authorization: Bearer the-key'],
        ['Authorization: Bearer any'],
        [`Authorization: Bearer ${token.slice(0, -1)}`],
        [`Authorization: Bearer ${token}x`],
        [`Authorization: Bearer ${token.toLowerCase()}x`],
        [`Authorization: Bearer ${'x'.repeat(8000)}`],
        [`Authorization: Basic ${Buffer.from(`:${token}`).toString('base64')}`],
        [`Authorization: ${token}`],
        [`Cookie: token=${token}`],
        [`Cookie: authorization=Bearer ${token}`],
      ]) {
        const { status, body } = await asked(server, ...headers);
        assert.equal(status, 401, String(headers));
        assert.ok(!body.includes(token));
      }
      const inQuery = await rawRequest(server, `GET /api/none?token=${token}`, [
        `Host: localhost:${server.port}`,
      ]);
      assert.equal(inQuery.status, 401);
      assert.deepEqual(server.problems, []);
    }
  });

  it('allows GET alone below /api', async () => {
    await using server = await startLocalServer();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']) {
      const { status } = await rawRequest(server, `${method} /api/traces`, [
        `Host: localhost:${server.port}`,
        `Authorization: Bearer ${pageTokenOf(server)}`,
      ]);
      assert.equal(status, 405, method);
    }
  });

  it('allows feedback, opened files and the deletion of one row, but no traces of apps, if an API key is set', async () => {
    await using server = await startLocalServer({ apiKey: 'the-key' });
    const key = { authorization: 'Bearer the-key' };
    const pageKey = { authorization: `Bearer ${pageTokenOf(server)}` };
    const pipeline = `/inference-pipelines/${PIPELINE}`;
    const stream = `${pipeline}/data-stream`;
    assert.equal((await call(server, 'POST', stream, requestOf('a'), pageKey)).status, 401);
    assert.equal((await call(server, 'POST', stream, requestOf('a'), key)).status, 200);
    const opened = '/inference-pipelines/opened-files/data-stream';
    assert.equal((await call(server, 'POST', opened, requestOf('b'), pageKey)).status, 200);
    for (const path of ['/inference-pipelines/opened-files/../p/data-stream', `${opened}/x`]) {
      assert.ok((await call(server, 'POST', path, requestOf('b'), pageKey)).status > 400, path);
    }
    const update = { row: { human_feedback: 1 } };
    const rows = `${pipeline}/rows?inferenceId=a`;
    assert.equal((await call(server, 'PUT', rows, update, pageKey)).status, 200);
    assert.equal(server.row('a')?.human_feedback, 1);
    // By the platform's calls the page neither lists rows nor deletes all rows of an ID.
    for (const [method, path, body] of [
      ['DELETE', `${pipeline}/rows/a`, undefined],
      ['GET', rows, undefined],
      ['GET', `${pipeline}/rows/a`, undefined],
      ['POST', `${pipeline}/rows`, {}],
      ['DELETE', '/inference-pipelines/opened-files/rows/b', undefined],
    ] as const) {
      assert.equal((await call(server, method, path, body, pageKey)).status, 401, method + path);
    }
    const one = `${pipeline}/rows?openlayer_row_id=1`;
    const other = { authorization: 'Bearer other' };
    assert.equal((await call(server, 'PUT', rows, update, other)).status, 401);
    assert.equal((await call(server, 'DELETE', one, undefined, other)).status, 401);
    assert.equal(
      (await call(server, 'PUT', rows, update, { ...pageKey, 'content-type': 'text/plain' }))
        .status,
      400,
    );
    assert.equal((await call(server, 'DELETE', one, undefined, pageKey)).status, 204);
    assert.equal(server.row('a'), undefined);
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

  it('must be the one that is set, and is in no response', async () => {
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

  it('lets 10,000 rows of one call through and refuses one more', async () => {
    await using server = await startLocalServer({ checks: 'lenient' });
    const body = (rows: number) =>
      `{"config":{"outputColumnName":"o"},"rows":[${Array(rows).fill('{}')}]}`;
    assert.equal((await send(server, body(10_000))).status, 200);
    const answer = await send(server, body(10_001));
    assert.equal(answer.status, 413);
    assert.match(answer.body.error, /10000 rows, not 10001: send several/);
    assert.equal(server.rows().length, 10_000);
  });

  it('refuses a long body without Content-Length, and serves the next request on its connection', async () => {
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

  it('serves 256 connections, and closes the next', async () => {
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
    for (let n = 0; n < 3; n += 1) assert.equal((await open()).isServed, false);
    const reasons = server.problems.filter((problem) => /connection/.test(problem));
    assert.deepEqual(reasons, [
      'a connection was closed: 256 are open already, which is the limit',
    ]);
    for (const { socket } of sockets) socket.destroy();
  });

  for (const [what, path, status] of [
    ['an upload without a token', '/v1/storage/uploads', 403],
    ['an upload with an unknown token', '/v1/storage/uploads?token=none', 403],
    ['a call that is no endpoint', '/v1/projects', 404],
    ['a path that is no valid percent-encoding', '/v1/inference-pipelines/%E0%A4%A/rows', 400],
  ] as const) {
    it(`refuses ${what} before its body has come, and goes on with the connection`, async () => {
      await using server = await startLocalServer();
      const length = 1024 * 1024;
      const socket = connect(server.port, '127.0.0.1');
      let answer = '';
      const seen = async (pattern: RegExp) => {
        while (!pattern.test(answer)) answer += (await once(socket, 'data'))[0];
      };
      const head = [`Host: localhost:${server.port}`, 'Authorization: Bearer k'].join('\r\n');
      socket.write(`POST ${path} HTTP/1.1\r\n${head}\r\nContent-Length: ${length}\r\n\r\n`);
      socket.write(Buffer.alloc(length - 1, 97));
      await seen(/\}$/);
      assert.equal(Number(answer.split(' ')[1]), status);
      answer = '';
      socket.write(`a${`GET ${PATH} HTTP/1.1\r\n${head}\r\n\r\n`}`);
      await seen(/^HTTP.1.1 404 /);
      socket.destroy();
    });
  }

  it('serves others while clients leave in the middle of a request', async () => {
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
