import assert from 'node:assert/strict';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { call, fixture, PIPELINE, requestOf, send } from './client.js';

const ROWS = `/inference-pipelines/${PIPELINE}/rows`;

describe('POST data-stream', () => {
  it('keeps the rows of a call in order, and lists the call as a batch', async () => {
    await using server = await startLocalServer();
    const before = Date.now();
    await send(server, fixture('valid/08-two-rows.json'));
    await send(server, requestOf('third'), 'other');
    const ids = server.rows().map((row) => row.inferenceId);
    assert.equal(ids.length, 3);
    assert.deepEqual(
      server.batches.map(({ pipelineId, inferenceIds }) => ({ pipelineId, inferenceIds })),
      [
        { pipelineId: PIPELINE, inferenceIds: ids.slice(0, 2) },
        { pipelineId: 'other', inferenceIds: ['third'] },
      ],
    );
    assert.ok((server.batches[0]?.receivedAt ?? 0) >= before);
    assert.deepEqual(
      server.rows('other').map((row) => row.inferenceId),
      ['third'],
    );
    assert.deepEqual(server.rows('nobody'), []);
  });

  it('keeps both rows if an inference ID is sent twice', async () => {
    await using server = await startLocalServer();
    await send(server, requestOf('twice', { latency: 1 }));
    await send(server, requestOf('twice', { latency: 2 }));
    assert.deepEqual(
      server.rows().map((row) => row.latency),
      [1, 2],
    );
    assert.equal(server.row('twice')?.latency, 2);
    assert.deepEqual(server.problems, []);
  });

  it('keeps hostile column names and values as they are', async () => {
    await using server = await startLocalServer();
    const text = JSON.stringify(
      requestOf("a'; DROP TABLE rows; --", { nul: 'a\u0000b', lone: '\ud800' }),
    );
    await send(server, text.replace('"nul"', '"__proto__":{"polluted":true},"nul"'));
    const row = server.row("a'; DROP TABLE rows; --");
    assert.equal(row?.nul, 'a\u0000b');
    assert.equal(row?.lone, '\ud800');
    assert.ok(row && Object.hasOwn(row, '__proto__'));
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  it('responds with 400 to a body that is not JSON', async () => {
    await using server = await startLocalServer();
    const path = `/inference-pipelines/${PIPELINE}/data-stream`;
    const answers = [
      await call(server, 'POST', path, '{"config":'),
      await call(server, 'POST', path, ''),
      await call(server, 'POST', path, Buffer.from('{"a":"\xff"}', 'latin1')),
      await call(server, 'POST', path, requestOf('a'), { 'content-type': 'text/plain' }),
      await call(server, 'POST', path, requestOf('a'), { 'content-encoding': 'gzip' }),
      await call(server, 'POST', path, '[]'),
      await call(server, 'POST', path, 'null'),
    ];
    assert.deepEqual(
      answers.map((answer) => answer.status),
      Array(7).fill(400),
    );
    for (const { body } of answers) assert.equal(typeof body.error, 'string');
    assert.equal(server.problems.length, 7);
  });

  it('responds with 400 to JSON that is nested too deeply, and serves the next request', async () => {
    await using server = await startLocalServer();
    const text = (columns: object) => JSON.stringify(requestOf('deep', columns));
    const lists = '['.repeat(100_000) + ']'.repeat(100_000);
    const output = text({ output: '@' }).replace('"@"', lists);
    assert.equal((await send(server, output)).status, 400);

    const step = JSON.stringify(requestOf('x').rows[0]?.steps[0]);
    const [head = '', tail = ''] = step.replace('"steps":[]', '"steps":[@]').split('@');
    const steps = text({ steps: ['@'] }).replace('"@"', head.repeat(20_000) + tail.repeat(20_000));
    assert.equal((await send(server, steps)).status, 400);
    assert.equal(server.problems.length, 2);

    assert.equal((await send(server, requestOf('fine'))).status, 200);
    assert.equal(server.rows().length, 1);
  });
});

describe('a list of rows', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'no such column']) {
    it(`is in the order of arrival if it is sorted by ${name}, which no row has`, async () => {
      await using server = await startLocalServer();
      for (const id of ['a', 'b']) await send(server, requestOf(id));
      const { status, body } = await call(server, 'POST', `${ROWS}?sortColumn=${name}`, {});
      assert.equal(status, 200);
      const items = body.items as readonly { readonly inferenceId: string }[];
      assert.deepEqual(
        items.map(({ inferenceId }) => inferenceId),
        ['a', 'b'],
      );
    });
  }
});

describe('GET, PUT and DELETE rows', () => {
  const odd = 'id with/slash?&#+%é';

  it('finds a row by path and by query, whatever characters its inference ID has', async () => {
    await using server = await startLocalServer();
    await send(server, requestOf(odd));
    const byPath = await call(server, 'GET', `${ROWS}/${encodeURIComponent(odd)}`);
    assert.deepEqual([byPath.status, byPath.body.row], [200, requestOf(odd).rows[0]]);
    const query = new URLSearchParams({ inferenceId: odd }); // spaces become +
    assert.deepEqual((await call(server, 'GET', `${ROWS}?${query}`)).body, byPath.body);
    assert.deepEqual(server.problems, []);
  });

  it('updates the latest row of the id, and no other pipeline', async () => {
    await using server = await startLocalServer();
    await send(server, requestOf(odd), 'other');
    await send(server, requestOf(odd));
    await send(server, requestOf(odd));
    const query = new URLSearchParams({ inferenceId: odd });
    const row = { human_feedback: 1, latency: 7 };
    assert.equal((await call(server, 'PUT', `${ROWS}?${query}`, { row })).status, 200);
    assert.deepEqual(
      server.rows().map((one) => [one.human_feedback, one.latency]),
      [
        [undefined, 42],
        [undefined, 42],
        [1, 7],
      ],
    );
  });

  it('updates an older row of the id by its number', async () => {
    await using server = await startLocalServer();
    for (let n = 0; n < 2; n += 1) await send(server, requestOf('twice'));
    await send(server, requestOf('elsewhere'), 'other');
    const ids: string[] = [];
    server.on('update', (_update, _pipeline, id) => ids.push(id));
    const put = async (number: string) =>
      (
        await call(
          server,
          'PUT',
          `/inference-pipelines/${PIPELINE}/rows?openlayer_row_id=${number}`,
          { row: { rating: 5 } },
        )
      ).status;
    assert.equal(await put('1'), 200);
    assert.deepEqual(
      server.rows().map(({ rating }) => rating),
      [5, undefined, undefined],
    );
    assert.deepEqual(ids, ['twice']);
    assert.deepEqual(await Promise.all(['3', '4', '0', 'x'].map(put)), [404, 404, 400, 400]);
  });

  it('deletes one row by its number, and no other of its ID or of another pipeline', async () => {
    await using server = await startLocalServer();
    for (const pipeline of [PIPELINE, PIPELINE, 'other']) {
      await send(server, requestOf('twice'), pipeline);
    }
    const remove = async (query: string) =>
      (await call(server, 'DELETE', `/inference-pipelines/${PIPELINE}/rows${query}`)).status;
    assert.equal(await remove('?openlayer_row_id=1'), 204);
    assert.equal(server.rows().length, 2);
    const refused = ['1', '3', '4', '0', 'x', ''].map((number) => `?openlayer_row_id=${number}`);
    assert.deepEqual(
      await Promise.all([...refused, ''].map(remove)),
      [404, 404, 404, 400, 400, 400, 400],
    );
    assert.equal(server.rows().length, 2);
  });

  it('responds with 404 to an unknown inference ID, and counts no violation', async () => {
    await using server = await startLocalServer();
    await send(server, requestOf('known'), 'other');
    const answers = [
      await call(server, 'GET', `${ROWS}/known`),
      await call(server, 'GET', `${ROWS}?inferenceId=known`),
      await call(server, 'PUT', `${ROWS}?inferenceId=known`, { row: { a: 1 } }),
      await call(server, 'DELETE', `${ROWS}/known`),
    ];
    for (const { status, body } of answers) {
      assert.deepEqual([status, body], [404, { error: `pipeline ${PIPELINE} has no row known` }]);
    }
    assert.deepEqual(server.problems, []);
  });

  it('responds with 400 to a missing inference ID, a changed one and wrong percent-encoding', async () => {
    await using server = await startLocalServer();
    await send(server, requestOf('known'));
    const row = { inferenceId: 'other' };
    const answers = [
      await call(server, 'GET', ROWS),
      await call(server, 'PUT', ROWS, { row: { a: 1 } }),
      await call(server, 'PUT', `${ROWS}?inferenceId=known`, { row }),
      await call(server, 'GET', `${ROWS}/%E0%A4%A`),
    ];
    assert.deepEqual(
      answers.map((answer) => answer.status),
      [400, 400, 400, 400],
    );
    assert.equal(server.problems.length, 4);
  });

  it('deletes every row of an inference ID, and responds with 204', async () => {
    await using server = await startLocalServer();
    await send(server, requestOf('gone'));
    await send(server, requestOf('gone'));
    await send(server, requestOf('kept'));
    const answer = await call(server, 'DELETE', `${ROWS}/gone`);
    assert.deepEqual([answer.status, answer.body], [204, undefined]);
    assert.deepEqual(
      server.rows().map((row) => row.inferenceId),
      ['kept'],
    );
    assert.equal((await call(server, 'GET', `${ROWS}/gone`)).status, 404);
    await assert.rejects(server.waitForRows(2, { timeoutMs: 5 }), /1 of 2 rows/);
  });
});

describe('POST rows', () => {
  const list = async (server: LocalServer, query = '', filter: unknown = {}) => {
    const answer = await call(server, 'POST', `${ROWS}${query}`, filter);
    return {
      ...answer,
      ids: (answer.body.items ?? []).map((row) => row.inferenceId),
    };
  };
  const filled = async () => {
    const server = await startLocalServer();
    for (let n = 1; n <= 30; n += 1) {
      const plan = n % 2 ? 'pro' : 'free';
      await send(server, requestOf(`r${n}`, { latency: 100 - n, plan, tags: [plan, `t${n % 3}`] }));
    }
    await send(server, requestOf('elsewhere'), 'other');
    return server;
  };

  it('lists 25 rows a page, with a link to the next page', async () => {
    await using server = await filled();
    const first = await list(server);
    assert.equal(first.ids.length, 25);
    assert.equal(first.ids[0], 'r1');
    assert.equal(first.body.items[0]?.openlayer_row_id, 1);
    const next = first.headers.get('x-next') ?? '';
    assert.equal(next, `${server.url}${ROWS}?page=2`);
    const second = await list(server, next.slice(`${server.url}${ROWS}`.length));
    assert.deepEqual(second.ids, ['r26', 'r27', 'r28', 'r29', 'r30']);
    assert.equal(second.headers.get('x-next'), null);
    assert.deepEqual(server.problems, []);
  });

  it('lists any page, in either order, sorted by any column', async () => {
    await using server = await filled();
    assert.deepEqual((await list(server, '?page=2&perPage=2')).ids, ['r3', 'r4']);
    assert.deepEqual((await list(server, '?perPage=2&asc=false')).ids, ['r30', 'r29']);
    assert.deepEqual((await list(server, '?perPage=2&sortColumn=latency')).ids, ['r30', 'r29']);
    const sorted = await list(server, '?perPage=2&sortColumn=plan&asc=false');
    assert.deepEqual(sorted.ids, ['r29', 'r27']);
    assert.match(
      sorted.headers.get('x-next') ?? '',
      /\?perPage=2&sortColumn=plan&asc=false&page=2$/,
    );
    assert.deepEqual((await list(server, '?page=9')).ids, []);
  });

  const column = (measurement: string, operator: string, value: unknown) => ({
    columnFilters: [{ measurement, operator, value }],
  });
  const filters: [object, number][] = [
    [column('plan', 'is', 'pro'), 15],
    [column('plan', '!=', 'pro'), 15],
    [column('latency', '>', 90), 9],
    [column('latency', '>=', 90), 10],
    [column('latency', '<', 71), 1],
    [column('latency', '<=', 71), 2],
    [column('tags', 'contains_any', ['t0', 't1']), 20],
    [column('tags', 'contains_all', ['pro', 't0']), 5],
    [column('tags', 'contains_none', ['t0', 'pro']), 10],
    [column('plan', 'one_of', ['pro', 'x']), 15],
    [column('plan', 'none_of', ['pro', 'x']), 15],
    [column('toString', 'is', null), 30],
    [{ searchQueryAnd: ['FREE', 't1'], columnFilters: null }, 5],
    [{ searchQueryOr: ['r7', 'r8'] }, 2],
    [{ notSearchQueryOr: ['pro'] }, 15],
    [{ notSearchQueryAnd: ['free', 't1'] }, 25],
    [{ rowIdList: [1, 2, 3], excludeRowIdList: [2] }, 2],
  ];
  for (const [filter, expected] of filters) {
    it(`filters by ${JSON.stringify(filter)}`, async () => {
      await using server = await filled();
      const answer = await list(server, '?perPage=100', filter);
      assert.equal(answer.ids.length, expected, JSON.stringify(answer.body));
    });
  }

  it('searches the texts of a row as they are, whatever their case and accents, and no names of columns', async () => {
    await using server = await startLocalServer({ checks: 'lenient' });
    const { config } = requestOf('any');
    const texts = {
      quoted: 'she said "yes"',
      lines: 'one\ntwo\ttabbed',
      path: 'C:\\Users\\ada',
      accents: 'Café Zürich',
      nested: { list: [{ inner: 'deep "down"' }, 4821, true] },
    };
    for (const [inferenceId, value] of Object.entries(texts)) {
      const row = { inferenceId, output: value, user_input: '', latency: 1 };
      await send(server, {
        config: { ...config, inputVariableNames: ['user_input'] },
        rows: [row],
      });
    }
    const found = async (query: string) =>
      (await list(server, '', { searchQueryAnd: [query] })).ids;
    for (const [query, ids] of [
      ['said "yes"', ['quoted']],
      ['"yes"', ['quoted']],
      ['one\nTWO', ['lines']],
      ['\ttab', ['lines']],
      ['c:\\users\\', ['path']],
      ['cafe zurich', ['accents']],
      ['CAFÉ', ['accents']],
      ['deep "down"', ['nested']],
      ['482', ['nested']],
      ['true', ['nested']],
      // No names, and nothing of JSON's own.
      ...['user_input', 'latency', 'inner', '{"', '","', '\\n', '\\"'].map(
        (each) => [each, []] as const,
      ),
    ] as const) {
      assert.deepEqual(await found(query), ids, JSON.stringify(query));
    }
    const none = await list(server, '', { notSearchQueryOr: ['latency', 'inner'] });
    assert.equal(none.ids.length, 5);
  });

  it('orders and compares integers that a number cannot hold', async () => {
    await using server = await startLocalServer({ checks: 'lenient' });
    const ids = ['42', '9007199254740994', '99999999999999999', '100000000000000001'];
    ids.push('9007199254740993', '1700000000000000000', '-9007199254740993', '-1', '2.5');
    const rows = ids.map((id) => `{"output":"o","inferenceId":"i${id}","id":${id}}`);
    rows.push('{"output":"o","inferenceId":"text","id":"abc"}');
    await send(server, `{"config":{"outputColumnName":"output"},"rows":[${rows}]}`);
    const sorted = [...ids].sort((a, b) => (exactly(a) < exactly(b) ? -1 : 1));
    const up = await list(server, '?sortColumn=id');
    assert.deepEqual(up.ids, [...sorted.map((id) => `i${id}`), 'text']);
    const down = await list(server, '?sortColumn=id&asc=false');
    assert.deepEqual(down.ids, [...up.ids].reverse());
    for (const [at, id] of sorted.entries()) {
      const body = `{"columnFilters":[{"measurement":"id","operator":">","value":${id}}]}`;
      const greater = await list(server, '?sortColumn=id', body);
      assert.deepEqual(
        greater.ids,
        sorted.slice(at + 1).map((each) => `i${each}`),
        id,
      );
    }
  });

  /** The number with all of its digits, in halves. */
  function exactly(text: string): bigint {
    return text.includes('.') ? BigInt(Number(text) * 2) : BigInt(text) * 2n;
  }

  it('responds with 400 beyond a limit and to unknown filters', async () => {
    await using server = await startLocalServer();
    const noPage = await call(server, 'POST', `/inference-pipelines/${PIPELINE}/rows?page=0`, {});
    assert.equal(noPage.body.error, 'page must be an integer from 1 to 90071992547409');
    const [filter] = column('a', 'is', 1).columnFilters;
    const statuses = [
      await list(server, '?perPage=100'),
      await list(server, '?perPage=101'),
      await list(server, '?perPage=0'),
      await list(server, '?page=0'),
      await list(server, '?page=1.5'),
      await list(server, '', { columnFilters: Array(5).fill(filter) }),
      await list(server, '', { columnFilters: Array(6).fill(filter) }),
      await list(server, '', { searchQueryAnd: ['x'.repeat(300)] }),
      await list(server, '', { searchQueryAnd: ['x'.repeat(301)] }),
      await list(server, '', { what: [] }),
      await list(server, '', column('a', 'like', 1)),
      await list(server, '', []),
    ].map((answer) => answer.status);
    assert.deepEqual(statuses, [200, 400, 400, 400, 400, 200, 400, 200, 400, 400, 400, 400]);
  });
});

describe('a path that is no endpoint', () => {
  it('gets a 404 with a JSON body', async () => {
    await using server = await startLocalServer();
    for (const [method, path] of [
      ['GET', ''],
      ['GET', '/'],
      ['GET', `/inference-pipelines/${PIPELINE}/data-stream`],
      ['PATCH', ROWS],
      ['OPTIONS', ROWS],
      ['POST', `${ROWS}/a/b`],
      ['POST', '/inference-pipelines//data-stream'],
      ['GET', '/storage/presigned-url'],
      ['GET', '/projects'],
      ['POST', '/projects/p/commits'],
      ['GET', `/inference-pipelines/${PIPELINE}`],
      ['POST', `/inference-pipelines/${PIPELINE}/data`],
    ] as const) {
      const answer = await call(server, method, path);
      assert.equal(answer.status, 404, path);
      assert.match(
        answer.body.error,
        /^no such endpoint: this local server has .*data-stream.*rows/,
      );
    }
    assert.equal(server.problems.length, 12);
  });

  it('gets a hint if the base URL lacks /v1', async () => {
    await using server = await startLocalServer();
    const url = `${server.url.slice(0, -3)}/inference-pipelines/p/data-stream`;
    const response = await fetch(url, { method: 'POST', headers: { authorization: 'Bearer k' } });
    assert.match(await response.text(), /must end in \/v1/);
  });
});
