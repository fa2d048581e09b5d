

























































// jest/app.test.ts
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type CapturedTraces, captureTraces } from '@openlayer-tracing/express/testing';
import request from 'supertest';
import { createApp } from '../src/app.js';

let traces: CapturedTraces;
beforeEach(() => {
  traces = captureTraces();
});
afterEach(() => traces.restore());

test('has a trace for each request', async () => {
  const app = createApp();
  await request(app).post('/ask').set('X-Request-Id', 'first').send({ question: 'loans' });
  await request(app).post('/ask').set('X-Request-Id', 'second').send({ question: 'rooms' });
  const rows = await traces.rows();
  expect(rows.map(({ inferenceId }) => inferenceId)).toEqual(['first', 'second']);
});
