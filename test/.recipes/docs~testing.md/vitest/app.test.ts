






























// vitest/app.test.ts
import { type CapturedTraces, captureTraces } from '@openlayer-tracing/express/testing';
import request from 'supertest';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from '../src/app.js';

let traces: CapturedTraces;
beforeEach(() => {
  traces = captureTraces();
});
afterEach(() => traces.restore());

test('looks things up before it answers', async () => {
  await request(createApp()).post('/ask').send({ question: 'loans' });
  const [row] = await traces.rows();
  expect(row?.steps[0]?.name).toBe('POST /ask');
  expect(row?.steps[0]?.steps.map(({ name }) => name)).toEqual(['retrieve', 'answer']);
  expect(row?.output).toEqual({ answer: 'About loans' });
});
