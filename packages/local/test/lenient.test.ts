import assert from 'node:assert/strict';
import { renderTrace, startLocalServer } from '@openlayer-tracing/local';
import type { TraceDetail, TracePage } from '../src/page-api.ts';
import { call, fixture, fixtureNames, PIPELINE, pageTokenOf, requestOf, send } from './client.js';
import { got } from './page/read.js';

const ROWS = `/inference-pipelines/${PIPELINE}/rows`;
const lenient = () => startLocalServer({ checks: 'lenient' });

/** As the documentation of the official client calls `data.stream`: columns with names of its own, and few of them. */
const DOCUMENTED = {
  config: {
    inputVariableNames: ['user_query'],
    outputColumnName: 'answer',
    numOfTokenColumnName: 'used',
    costColumnName: 'price',
    timestampColumnName: 'asked_at',
    latencyColumnName: 'took',
    userIdColumnName: 'who',
    sessionIdColumnName: null,
    inferenceIdColumnName: 'request',
  },
  rows: [
    {
      request: 'r-1',
      user_query: 'what is the meaning of life?',
      answer: '{"number":42}',
      used: 7,
      price: 0.02,
      asked_at: 1_767_225_604,
      took: 12,
      who: 'ada',
    },
  ],
};

/** Configs of updates that name another column for the ID. */
const NAMING = ['missing', 'x', 'same'].map((column) => ({ inferenceIdColumnName: column }));

describe('lenient checks', () => {
  it('accept rows whose columns have other names, and return them as the platform does', async () => {
    await using server = await lenient();
    assert.deepEqual((await send(server, DOCUMENTED)).body, { success: true });
    assert.deepEqual(server.rows(), DOCUMENTED.rows);
    const expected = {
      openlayer_row_id: 1,
      request: 'r-1',
      user_query: 'what is the meaning of life?',
      openlayer_output: { number: 42 },
      openlayer_num_of_tokens: 7,
      openlayer_cost: 0.02,
      openlayer_timestamp: 1_767_225_604,
      openlayer_latency: 12,
      openlayer_user_id: 'ada',
      openlayer_inputs: ['user_query'],
    };
    const byPath = await call(server, 'GET', `${ROWS}/r-1`);
    assert.deepEqual(byPath.body, { row: expected, success: true });
    const byQuery = await call(server, 'GET', `${ROWS}?inferenceId=r-1`);
    assert.deepEqual(byQuery.body.row, expected);
    const listed = await call(server, 'POST', ROWS, {});
    assert.deepEqual(listed.body.items, [expected]);
    assert.deepEqual(server.problems, []);
  });

  it('return, search, sort and list a row that is nested too deeply for JSON.stringify', async () => {
    await using server = await lenient();
    const lists = `${'['.repeat(20_000)}"bottom"${']'.repeat(20_000)}`;
    const [row] = DOCUMENTED.rows;
    const rows = [{ ...row, request: 'deep', deep: '@' }];
    const body = JSON.stringify({ ...DOCUMENTED, rows }).replace('"@"', lists);
    assert.equal((await send(server, body)).status, 200);
    await send(server, { ...DOCUMENTED, rows: [{ ...row, request: 'flat', deep: 'x' }] });
    const answers = [
      await call(server, 'GET', `${ROWS}/deep`),
      await call(server, 'POST', ROWS, {}),
      await call(server, 'POST', `${ROWS}?sortColumn=deep`, {}),
      await call(server, 'POST', ROWS, { searchQueryAnd: ['bottom'] }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    assert.equal(answers[3]?.body.items.length, 1);
    const page = await fetch(`http://localhost:${server.port}/api/traces/1/row`, {
      headers: { authorization: `Bearer ${pageTokenOf(server)}` },
    });
    assert.equal(page.status, 200);
    assert.deepEqual(server.problems, []);
  });

  it('filter and sort by the names of the sender and by those of the platform', async () => {
    await using server = await lenient();
    const [row] = DOCUMENTED.rows;
    for (const took of [30, 10, 20]) {
      const rows = [{ ...row, request: `r-${took}`, took }];
      await send(server, { ...DOCUMENTED, rows });
    }
    for (const name of ['took', 'openlayer_latency']) {
      const filter = { columnFilters: [{ measurement: name, operator: '>=', value: 20 }] };
      const { body } = await call(server, 'POST', `${ROWS}?sortColumn=${name}&asc=True`, filter);
      assert.deepEqual(
        body.items.map((item) => item.request),
        ['r-20', 'r-30'],
      );
      const turned = await call(server, 'POST', `${ROWS}?sortColumn=${name}&asc=false`, {});
      assert.deepEqual(
        turned.body.items.map((item) => item.request),
        ['r-30', 'r-20', 'r-10'],
      );
    }
  });

  it('create an inference ID for a row without one, and turn a number into text', async () => {
    await using server = await lenient();
    const ids: string[] = [];
    server.on('row', (_row, _pipeline, { inferenceId }) => ids.push(inferenceId));
    const config = { outputColumnName: 'output', inputVariableNames: ['question'] };
    const row = { question: 'q', output: 'a' };
    assert.equal((await send(server, { config, rows: [row, row] })).status, 200);
    const named = { ...config, inferenceIdColumnName: 'id' };
    assert.equal((await send(server, { config: named, rows: [{ ...row, id: 17 }] })).status, 200);
    const [first = '', second = '', third] = ids;
    assert.match(first, /^[0-9a-f-]{36}$/);
    assert.notEqual(first, second);
    assert.equal(third, '17');
    const { body } = await call(server, 'GET', `${ROWS}/${first}`);
    assert.deepEqual(body.row, {
      openlayer_row_id: 1,
      question: 'q',
      openlayer_output: 'a',
      openlayer_inputs: ['question'],
      inferenceId: first,
    });
    assert.deepEqual((await call(server, 'GET', `${ROWS}/17`)).body.row.id, 17);
  });

  it('accept rows of other kinds of projects', async () => {
    await using server = await lenient();
    const config = {
      classNames: ['stays', 'leaves'],
      featureNames: ['age'],
      predictionsColumnName: 'class',
      inferenceIdColumnName: 'id',
    };
    assert.equal(
      (await send(server, { config, rows: [{ id: 'c-1', age: 7, class: 1 }] })).status,
      200,
    );
    assert.equal(server.row('c-1')?.age, 7);
  });

  const [row] = DOCUMENTED.rows;
  const refused: [what: string, body: unknown, reason: RegExp][] = [
    ['no object', [], /object of "config" and "rows"/],
    ['no config', { rows: [row] }, /config must be an object/],
    ['no rows', { config: DOCUMENTED.config, rows: [] }, /at least one row/],
    [
      'a row that is none',
      { config: DOCUMENTED.config, rows: ['a'] },
      /rows\[0\] must be an object/,
    ],
    [
      'a config in snake case',
      { config: { output_column_name: 'answer' }, rows: [row] },
      /not valid under any of the given schemas.*camel case/,
    ],
    [
      'a column name that is none',
      { config: { ...DOCUMENTED.config, costColumnName: 7 }, rows: [row] },
      /config\.costColumnName must be the name of a column/,
    ],
    [
      'an input without a column',
      { ...DOCUMENTED, rows: [row, { ...row, user_query: undefined }] },
      /^Not all input variables specified in inputVariableNames are in the dataset: rows\[1\] lacks "user_query"/,
    ],
  ];
  for (const [what, body, reason] of refused) {
    it(`refuse ${what}, as the platform does`, async () => {
      await using server = await lenient();
      const answer = await send(server, body);
      assert.equal(answer.status, 400);
      assert.match(answer.body.error, reason);
      assert.deepEqual(server.rows(), []);
    });
  }

  it('keep the meaning that an update gives to columns', async () => {
    await using server = await lenient();
    const updates: unknown[] = [];
    server.on('update', (...update) => updates.push(update));
    await send(server, DOCUMENTED);
    const update = { row: { took: 15, stars: 4 }, config: { humanFeedbackColumnName: 'stars' } };
    const query = `${ROWS}?inferenceId=r-1`;
    assert.equal((await call(server, 'PUT', query, update)).status, 200);
    assert.deepEqual(updates, [[update, PIPELINE, 'r-1']]);
    const { row } = (await call(server, 'GET', `${ROWS}/r-1`)).body;
    assert.deepEqual([row.openlayer_latency, row.stars], [15, 4]);
    assert.equal((await call(server, 'PUT', query, { row: { request: 'r-2' } })).status, 400);
    assert.equal((await call(server, 'PUT', query, { row: { request: 'r-1' } })).status, 200);
  });

  it('keep the ID of a row, whatever an update writes and names', async () => {
    await using server = await lenient();
    const [row] = DOCUMENTED.rows;
    const { request: _, ...unnamed } = row ?? {};
    await send(server, DOCUMENTED);
    await send(server, { ...DOCUMENTED, rows: [{ ...unnamed }] });
    const made = server.batches[1]?.inferenceIds[0] ?? '';
    for (const [id, columns] of [
      ['r-1', ['request']],
      [made, ['request', 'inferenceId']],
    ] as const) {
      const put = async (update: object) =>
        (await call(server, 'PUT', `${ROWS}?inferenceId=${id}`, update)).status;
      for (const column of columns) {
        for (const value of ['other', 7, null, '', [id], { id }]) {
          const changed = { [column]: value, x: 1 };
          for (const config of [undefined, null, {}, ...NAMING]) {
            const update = {
              row: { ...changed, same: id },
              ...(config !== undefined && { config }),
            };
            assert.equal(
              await put(update),
              400,
              `${id === made ? 'made' : id}: ${JSON.stringify(update)}`,
            );
          }
        }
      }
      assert.equal(
        await put({ row: { own: 'other' }, config: { inferenceIdColumnName: 'own' } }),
        400,
      );
      assert.equal(await put({ row: { own: id }, config: { inferenceIdColumnName: 'own' } }), 200);
      assert.equal(await put({ row: { own: 'other' } }), 400);
      const { traces } = await got<TracePage>(server, 'traces');
      assert.ok(traces.some(({ inferenceId }) => inferenceId === id));
    }
  });

  it('show the columns that an update names in the page, and what they replace beside them', async () => {
    await using server = await lenient();
    await send(server, DOCUMENTED);
    const row = { ms: 1234, at: 1_600_000_000, stars: 4 };
    const config = {
      ...{ latencyColumnName: 'ms', timestampColumnName: 'at' },
      humanFeedbackColumnName: 'stars',
    };
    assert.equal(
      (await call(server, 'PUT', `${ROWS}?inferenceId=r-1`, { row, config })).status,
      200,
    );
    const { trace, metadata } = await got<TraceDetail>(server, 'traces/1');
    assert.deepEqual([trace.latency, trace.time], [1234, 1_600_000_000_000]);
    const { ms, at, ...others } = metadata;
    assert.deepEqual([ms, at, others.took, others.stars], [undefined, undefined, 12, 4]);
    const read = await got<{ config: Record<string, unknown> }>(server, 'traces/1/row');
    assert.equal(read.config.latencyColumnName, 'ms');
    assert.equal(read.config.humanFeedbackColumnName, undefined);
  });

  it('show rows of the official SDKs as trees', async () => {
    await using server = await lenient();
    for (const name of fixtureNames('official-shape', /./)) await send(server, fixture(name));
    assert.deepEqual(
      server.rows().map((each) => renderTrace(each, { timings: false })),
      [
        '(uuid)\n└─ main [user_call]  → "42"\n   └─ Embedding [embedding]  text-embedding-3-small  4 tokens  → [0.1,-0.2,0.3]',
        '(uuid)\n└─ main [user_call]  → "42"',
      ],
    );
  });
});

describe('refused calls', () => {
  it('are listed with the number of equal ones, including updates of rows that have not arrived yet', async () => {
    await using server = await lenient();
    const refused: unknown[] = [];
    server.on('refused', ({ at: _, ...refusal }) => refused.push(refusal));
    await send(server, {});
    await send(server, {});
    await call(server, 'PUT', `${ROWS}?inferenceId=later`, { row: { stars: 5 } });
    assert.equal((await fetch(new URL('/none.js', server.url))).status, 404); // of the page
    const path = `/v1/inference-pipelines/${PIPELINE}`;
    const equal = {
      method: 'POST',
      path: `${path}/data-stream`,
      status: 400,
      message: 'config must be an object',
    };
    assert.deepEqual(refused, [
      { ...equal, count: 1 },
      { ...equal, count: 2 },
      {
        method: 'PUT',
        path: `${path}/rows`,
        status: 404,
        message: `pipeline ${PIPELINE} has no row later`,
        count: 1,
      },
    ]);
  });
});

describe('strict checks', () => {
  it('return rows as they were sent', async () => {
    await using server = await startLocalServer();
    await send(server, requestOf('a'));
    const { body } = await call(server, 'GET', `${ROWS}/a`);
    assert.deepEqual(body.row, requestOf('a').rows[0]);
  });
});
