/** The HTTP status of a response that fails a call is in the metadata of its step, by any client and framework. */

import assert from 'node:assert/strict';
import { trace } from '@openlayer-tracing/core';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { CLIENTS, traceFrameworks } from './abort-clients.ts';
import { type Reply, stepsOf } from './far-end.ts';

const flat = (step: WireStep): WireStep[] => [step, ...step.steps.flatMap(flat)];

describe('a call that is refused', () => {
  before(traceFrameworks);

  for (const [name, { ask, isHttp2 = false }] of Object.entries(CLIENTS)) {
    for (const isStream of [false, true]) {
      it(`has the status of the response: ${name}, ${isStream ? 'streamed' : 'whole'}`, async () => {
        const reply: Reply = (res) => {
          res.writeHead(422, { 'content-type': 'application/json' });
          res.end('{"error":{"message":"not so"}}');
        };
        const [root] = await stepsOf({ reply, isHttp2 }, (url) =>
          trace(
            () => ask({ url, model: 'm', isStream, retries: 0, received() {} }).catch(() => {}),
            { name: 'request' },
          )(),
        );
        const models = flat(root as WireStep).filter(({ type }) => type === 'chat_completion');
        assert.deepEqual(
          models.map(({ metadata }) => metadata?.status),
          [422],
        );
        assert.match(String(models[0]?.metadata?.error), /not so|422/);
      });
    }
  }
});
