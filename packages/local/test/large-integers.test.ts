/** Integers that JavaScript's numbers cannot hold, such as the ids of some databases. */

import assert from 'node:assert/strict';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import type { GroupPage, TracePage } from '../src/page-api.ts';
import { rowWithExactIntegers, withExactIntegers } from '../src/reading/exact-integers.ts';
import { call, PIPELINE, requestOf } from './client.js';
import { got } from './page/read.js';

const PATH = `/inference-pipelines/${PIPELINE}`;

/** The request with the texts `<digits>` as numbers. */
async function sent(server: LocalServer, method: string, path: string, body: unknown) {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
    body: JSON.stringify(body).replace(/"<(-?[\d.e+]+)>"/g, '$1'),
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

describe('integers above 2^53', () => {
  it('keep their digits: two users stay two, and a row is found by its id', async () => {
    await using server = await startLocalServer({ checks: 'lenient' });
    const config = { userIdColumnName: 'user_id' };
    for (const last of [3, 4]) {
      const request = requestOf(`<900719925474099${last}>`, {
        user_id: `<-1000000000000000000000000${last}>`,
        body: [`<900719925474099${last}>`, { 'a": 9007199254740993,': 'b' }],
      });
      const body = { ...request, config: { ...request.config, ...config } };
      assert.equal((await sent(server, 'POST', `${PATH}/data-stream`, body)).status, 200);
    }
    const { groups } = await got<GroupPage>(server, 'users');
    assert.deepEqual(groups.map(({ id }) => id).sort(), [
      '-10000000000000000000000003',
      '-10000000000000000000000004',
    ]);
    const { traces } = await got<TracePage>(server, 'traces?user=-10000000000000000000000003');
    assert.deepEqual(
      traces.map(({ inferenceId }) => inferenceId),
      ['9007199254740993'],
    );
    const found = await call(server, 'GET', `${PATH}/rows/9007199254740993`);
    assert.equal(found.status, 200);
    assert.deepEqual(server.row('9007199254740993')?.body, [
      '9007199254740993',
      { 'a": 9007199254740993,': 'b' },
    ]);
  });

  it('are numbers still where a number cannot differ from the text, and in measures', async () => {
    await using server = await startLocalServer({ checks: 'lenient' });
    const [step] = requestOf('x').rows[0]?.steps ?? [];
    const times = { startTime: '<17900000001234567891>', latency: '<90071992547409931>' };
    const request = requestOf('m', {
      body: ['<9007199254740991>', '<12345678901234567000>', '<1e30>', '<9007199254740993.5>'],
      ...{ latency: '<90071992547409931>', inferenceTimestamp: '<1790000000123456789>' },
      steps: [{ ...step, ...times, steps: [{ ...step, ...times }] }],
    });
    assert.equal((await sent(server, 'POST', `${PATH}/data-stream`, request)).status, 200);
    const row = server.row('m');
    assert.deepEqual(row?.body, [
      9007199254740991,
      12345678901234567000,
      1e30,
      Number('9007199254740993.5'),
    ]);
    assert.equal(row?.latency, Number('90071992547409931'));
    assert.equal(row?.inferenceTimestamp, Number('1790000000123456789'));
    assert.equal(row?.steps[0]?.startTime, Number('17900000001234567891'));
    assert.equal(row?.steps[0]?.steps[0]?.latency, Number('90071992547409931'));
  });

  it('pass and fail the strict checks as numbers', async () => {
    await using server = await startLocalServer({ checks: 'strict' });
    const post = async (columns: object) =>
      (await sent(server, 'POST', `${PATH}/data-stream`, requestOf('s', columns))).status;
    assert.equal(await post({ body: { order: '<9007199254740993>' } }), 200);
    assert.deepEqual(server.row('s')?.body, { order: '9007199254740993' });
    assert.equal(await post({ latency: '<90071992547409931>' }), 200);
    assert.equal(await post({ user_id: '<9007199254740993>' }), 400);
  });

  it('keep their digits in updates and filters, and can be compared', async () => {
    await using server = await startLocalServer({ checks: 'lenient' });
    await sent(server, 'POST', `${PATH}/data-stream`, requestOf('<9007199254740993>'));
    const row = { inferenceId: '<9007199254740993>', order: '<9007199254740995>' };
    const path = `${PATH}/rows?inferenceId=9007199254740993`;
    assert.equal((await sent(server, 'PUT', path, { row })).status, 200);
    const stored: Readonly<Record<string, unknown>> = server.row('9007199254740993') ?? {};
    assert.equal(stored.order, '9007199254740995');
    for (const [operator, value, count] of [
      ['is', '<9007199254740995>', 1],
      ['is', '<9007199254740996>', 0],
      ['one_of', ['<9007199254740995>'], 1],
      ['>', 5, 1],
      ['<', '<90071992547409959>', 1],
      ['<', 5, 0],
    ] as const) {
      const columnFilters = [{ measurement: 'order', operator, value }];
      const { body } = await sent(server, 'POST', `${PATH}/rows`, { columnFilters });
      assert.equal((body.items as unknown as unknown[]).length, count, `${operator} ${value}`);
    }
  });
});

describe('the two readings of a request', () => {
  const step = (latency: unknown, id: unknown, steps: readonly unknown[] = []) => ({
    name: 's',
    latency,
    metadata: { id },
    steps,
  });
  const row = (latency: unknown, id: unknown) => ({
    inferenceId: 'i',
    latency,
    id,
    steps: [step(latency, id, [step(latency, id), null]), 'no step'],
  });
  const [number, text] = [2 ** 60, '1152921504606846977'];
  const rounded = () => row(number, number);
  const exact = () => row(text, text);
  const merged = row(number, text);

  it('are not changed, and give a third one: of a row', () => {
    const [one, other] = [rounded(), exact()];
    assert.deepEqual(rowWithExactIntegers(one, other, {}), merged);
    assert.deepEqual([one, other], [rounded(), exact()]);
  });

  it('are not changed, and give a third one: of a request', () => {
    type Request = Parameters<typeof withExactIntegers>[0];
    const requestWith = (rows: readonly object[]) => ({ config: {}, rows }) as unknown as Request;
    const [one, other] = [requestWith([rounded(), rounded()]), requestWith([exact()])];
    assert.deepEqual(withExactIntegers(one, other), requestWith([merged, rounded()]));
    assert.deepEqual([one, other], [requestWith([rounded(), rounded()]), requestWith([exact()])]);
  });
});
