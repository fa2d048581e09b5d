import assert from 'node:assert/strict';
import { startLocalServer } from '@openlayer-tracing/local';
import { call, fixture, fixtureNames, PIPELINE, requestOf, send } from './client.js';

const UPDATE = `/inference-pipelines/${PIPELINE}/rows?inferenceId=known`;

describe('the shared fixtures', () => {
  for (const name of fixtureNames('valid', /^\d\d-/)) {
    it(`accepts ${name} and keeps its rows unchanged`, async () => {
      await using server = await startLocalServer();
      const request = fixture(name);
      const answer = await send(server, request);
      assert.deepEqual([answer.status, answer.body], [200, { success: true }]);
      assert.deepEqual(server.rows(), request.rows);
      assert.deepEqual(server.batches[0]?.config, request.config);
      assert.deepEqual(server.problems, []);
    });
  }

  for (const name of fixtureNames('valid', /^rows-update/)) {
    it(`accepts ${name} and merges its columns`, async () => {
      await using server = await startLocalServer();
      await send(server, requestOf('known'));
      const update = fixture<{ row: object }>(name);
      const answer = await call(server, 'PUT', UPDATE, update);
      assert.deepEqual([answer.status, answer.body], [200, { success: true }]);
      assert.deepEqual(server.row('known'), { ...requestOf('known').rows[0], ...update.row });
      assert.deepEqual(server.problems, []);
    });
  }

  for (const name of fixtureNames('official-shape', /./)) {
    it(`takes ${name} under lenient checks only`, async () => {
      await using lenient = await startLocalServer({ checks: 'lenient' });
      assert.equal((await send(lenient, fixture(name))).status, 200);
      assert.deepEqual(lenient.rows(), fixture(name).rows);
      assert.deepEqual(lenient.problems, []);

      await using strict = await startLocalServer();
      assert.equal((await send(strict, fixture(name))).status, 400);
    });
  }

  for (const name of fixtureNames('invalid', /^(data-stream-request|profile-js|semantic)--/)) {
    it(`refuses ${name}, stores nothing and records why`, async () => {
      await using server = await startLocalServer();
      const answer = await send(server, fixture(name));
      assert.equal(answer.status, 400);
      assert.equal(typeof answer.body.error, 'string');
      assert.deepEqual(server.rows(), []);
      assert.deepEqual(server.batches, []);
      assert.deepEqual(server.problems, [
        `POST /v1/inference-pipelines/${PIPELINE}/data-stream: 400 ${answer.body.error}`,
      ]);
    });
  }

  for (const name of fixtureNames('invalid', /^step--/)) {
    it(`refuses a trace that holds ${name}`, async () => {
      await using server = await startLocalServer();
      const [root] = requestOf('a').rows[0]?.steps ?? [];
      const broken = { ...root, steps: [fixture<object>(name)] };
      const answer = await send(server, requestOf('a', { steps: [broken] }));
      assert.equal(answer.status, 400);
      assert.match(answer.body.error, /tokens/);
      assert.equal(server.problems.length, 1);
    });
  }

  for (const name of fixtureNames('invalid', /^rows-update-request--/)) {
    it(`refuses ${name} and leaves the row alone`, async () => {
      await using server = await startLocalServer();
      await send(server, requestOf('known'));
      assert.equal((await call(server, 'PUT', UPDATE, fixture(name))).status, 400);
      assert.deepEqual(server.row('known'), requestOf('known').rows[0]);
      assert.equal(server.problems.length, 1);
    });
  }
});

describe('cross-field rules', () => {
  const [row] = requestOf('a').rows;
  const [root] = row?.steps ?? [];
  const twice = { ...root, steps: [root] };
  const backwards = { ...root, startTime: 1767225600500, endTime: 1767225600000 };
  const cases: [string, unknown, RegExp][] = [
    [
      'an input without a column',
      { ...requestOf('a'), rows: [{ ...row, body: undefined }] },
      /input variable "body" has no column/,
    ],
    ['two steps of one id', requestOf('a', { steps: [twice] }), /duplicate step id/],
    [
      'a step that ends before it starts',
      requestOf('a', { steps: [backwards] }),
      /ends before it starts/,
    ],
    [
      'an inference ID twice in one request',
      { ...requestOf('a'), rows: [row, row] },
      /inferenceId is repeated/,
    ],
  ];
  for (const [what, body, reason] of cases) {
    it(`refuse ${what}`, async () => {
      await using server = await startLocalServer();
      const answer = await send(server, body);
      assert.equal(answer.status, 400);
      assert.match(answer.body.error, reason);
      assert.match(server.problems[0] ?? '', reason);
    });
  }

  it('refuse a missing input under lenient checks too, as the platform does', async () => {
    await using server = await startLocalServer({ checks: 'lenient' });
    const answer = await send(server, fixture('invalid/semantic--dangling-input.json'));
    assert.equal(answer.status, 400);
    assert.equal(
      (await send(server, fixture('invalid/semantic--dangling-column.json'))).status,
      200,
    );
  });

  it('refuse an update whose config names a column that it does not hold', async () => {
    await using server = await startLocalServer();
    await send(server, requestOf('known'));
    const config = { humanFeedbackColumnName: 'feedback' };
    const answer = await call(server, 'PUT', UPDATE, { row: { a: 1 }, config });
    assert.equal(answer.status, 400);
    assert.match(answer.body.error, /humanFeedbackColumnName names the missing column "feedback"/);
  });
});
