/** What broke in other libraries that read OpenTelemetry's spans, by the number in the list of failures. */

import assert from 'node:assert/strict';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { type Ran, runLab, SETUPS, type Setup, stepNamed, stepsBelow, tree } from './lab.ts';

/** One setup is enough for most changes: `SETUP=0`. */
const chosen =
  process.env.SETUP === undefined ? SETUPS : [SETUPS[Number(process.env.SETUP)] as Setup];

function count(ran: Ran, reason: string): number {
  return ran.diagnostics.filter((each) => each.reason === reason).length;
}

function traceIdOf(row: WireRow | undefined): unknown {
  return row?.metadata?.trace_id;
}

for (const setup of chosen) {
  describe(`OpenTelemetry's failures, SDK ${setup.sdk} on ${setup.node}`, () => {
    const run = (name: string, flags: readonly string[] = []) =>
      runLab('failures', name, { setup, flags });

    it('failure 1: a sampler of the app loses no trace of ours', async () => {
      const ran = await run('off');
      assert.equal(ran.rows.length, 10);
      for (const row of ran.rows) assert.equal(stepsBelow(row).length, 0);
    });

    it('failure 1: a sampler that records all spans loses no step either', async () => {
      const ran = await run('recordOnly');
      assert.equal(ran.rows.length, 10);
      for (const row of ran.rows) stepNamed(row, 'work');
    });

    it('failure 5: the trace id is the one of the active span, whatever the header says', async () => {
      const ran = await run('headers');
      const answers = ran.seen as { traceId: string; otel: string }[];
      assert.equal(answers[0]?.traceId, '0af7651916cd43dd8448eb211c80319c');
      for (const { traceId, otel } of answers) assert.equal(traceId, otel);
      const ids = ran.rows.map(traceIdOf);
      assert.equal(new Set(ids).size, 3);
      // An SDK that follows the caller's flag exports nothing of the last one.
      for (const row of ran.rows.slice(0, 3)) {
        const otel = row.metadata?.otel as { parent_span_id: string } | undefined;
        const parent = ran.spans.find(({ spanId }) => spanId === otel?.parent_span_id);
        assert.equal(parent?.traceId, traceIdOf(row));
      }
    });

    it('failure 2: a caller that does not record its trace turns nothing off', async () => {
      const { rows } = await run('headersOnly');
      assert.equal(rows.length, 4);
      assert.equal(traceIdOf(rows[3]), '0af7651916cd43dd8448eb211c80319c');
      assert.deepEqual(
        stepsBelow(rows[3]).map(({ name }) => name),
        ['work'],
      );
    });

    it('failure 5: two headers start a new trace where no span is active', async () => {
      const answers = (await run('headersOnly')).seen as { traceId: string }[];
      assert.equal(answers[0]?.traceId, '0af7651916cd43dd8448eb211c80319c');
      assert.match(answers[1]?.traceId ?? '', /^(?!0af7|1bf7)[0-9a-f]{32}$/);
    });

    it('failure 6: a request has one traceparent, also where an instrumentation adds it', async () => {
      const { seen, rows } = await run('injected');
      const { traceId, headers, received } = seen as {
        traceId: string;
        headers: Record<string, string>;
        received: string[][];
      };
      assert.deepEqual(Object.keys(headers), ['x-request-id']);
      assert.equal(received.length, 2);
      for (const values of received) {
        assert.equal(values.length, 1);
        assert.ok(values[0]?.startsWith(`00-${traceId}-`), values[0]);
        assert.ok(!values[0]?.includes(','));
      }
      assert.equal(rows.length, 1);
    });

    it('failure 6: without an instrumentation the app adds our headers', async () => {
      const { traceId, received } = (await run('notInjected')).seen as {
        traceId: string;
        received: string[][];
      };
      assert.deepEqual(
        received.map((values) => values.map((value) => value.slice(3, 35))),
        [[traceId]],
      );
    });

    it('failure 7: the tokens of agents and of outer calls are not counted', async () => {
      const { rows } = await run('agent');
      const [row] = rows;
      assert.equal(row?.tokens, 3 * 15);
      const agent = stepNamed(row, 'invoke_agent helper');
      assert.equal(agent.type, 'agent');
      assert.equal(stepNamed(row, 'ask').type, 'chain');
      assert.equal(stepNamed(row, 'ask').metadata.promptTokens, 12);
    });

    it('failure 8: reasoning is a part of the output', async () => {
      const { rows } = await run('agent');
      const call = stepNamed(rows[0], 'chat gpt-5-mini');
      assert.deepEqual([call.promptTokens, call.completionTokens, call.tokens], [12, 3, 15]);
    });

    it('failure 10: a span that never ends delays no row, and is marked', async () => {
      const ran = await run('neverEnds');
      assert.equal(ran.rows.length, 2);
      const chain = ran.rows.find((row) => stepsBelow(row).some(({ name }) => name === 'never'));
      const model = ran.rows.find((row) => row !== chain);
      assert.equal(stepNamed(chain, 'never').metadata.unfinished, true);
      assert.equal(stepNamed(model, 'chat never').metadata.unfinished, true);
      assert.equal(count(ran, 'late_span'), 1);
      assert.equal(ran.counts.open, 0);
    });

    it('failure 10: a second end of a span is ignored', async () => {
      const { rows } = await run('endsTwice');
      assert.equal(rows[0]?.tokens, 15);
      assert.equal(stepsBelow(rows[0]).length, 1);
    });

    it('failure 11: a trace waits for an open model call and for waitUntil(); later spans are counted', async () => {
      const ran = await run('endsLate');
      assert.equal(ran.rows.length, 3);
      const [model, waits, late] = ['model', 'waits', 'late'].map((path) =>
        ran.rows.find((row) => tree(row).includes(`GET /${path}`)),
      );
      assert.equal(stepNamed(model, 'chat gpt-5-mini').promptTokens, 12);
      assert.equal(stepNamed(waits, 'background').metadata.unfinished, undefined);
      assert.equal(stepNamed(late, 'too late').metadata.unfinished, true);
      assert.equal(count(ran, 'late_span'), 1);
    });

    it('failure 12: spans of a request that is not recorded are no traces', async () => {
      const ran = await run('notRecorded');
      assert.deepEqual(ran.rows, []);
      assert.equal(ran.counts.sampledOut, 2);
    });

    it('records spans of model work outside requests as traces, if the app wants that', async () => {
      const ran = await runLab('failures', 'orphans', { setup });
      assert.equal(ran.rows.length, 1);
      const [row] = ran.rows;
      assert.equal(row?.steps[0]?.name, 'invoke_agent helper');
      stepNamed(row, 'chat gpt-5-mini');
      assert.equal(row?.tokens, 15);
      assert.equal(traceIdOf(row), ran.seen);
    });

    it('failure 13: spans that never end are not kept in memory', async () => {
      const ran = await run('memory', ['--expose-gc']);
      assert.ok((ran.seen as number) < 20, `${String(ran.seen)} of 200 spans are kept`);
    });

    it('failure 14: the children of a span that is left out are below the step above it', async () => {
      const ran = await run('filtered');
      const [row] = ran.rows;
      assert.equal(ran.rows.length, 1);
      assert.deepEqual(row?.body, { question: 'why?' });
      assert.deepEqual(
        stepsBelow(row).map(({ name }) => name),
        ['shown', 'broken'],
      );
      assert.equal(row?.steps[0]?.steps[0]?.name, 'shown');
      assert.equal(count(ran, 'integration_failed'), 1);
    });

    it('failures 15 and 16: a span is below the deeper of its parent and of the scope', async () => {
      const { rows } = await run('scopes');
      const [row] = rows;
      assert.equal(rows.length, 1);
      assert.equal(
        tree(row)
          .split('\n')
          .slice(1)
          .join('\n')
          .replace(/ {2}→.*/g, ''),
        [
          '└─ POST /nested [user_call]',
          '   ├─ outer [user_call]',
          '   │  ├─ GET [function_call]',
          '   │  └─ span [chain]',
          '   │     └─ inner [user_call]',
          '   │        └─ GET [function_call]',
          '   ├─ stream [user_call]',
          '   └─ read [user_call]',
          '      └─ in the reader [chain]',
        ].join('\n'),
      );
    });

    it('failure 17: the spans of a queue are below the request of their job, or nowhere', async () => {
      const ran = await run('queue');
      assert.equal(ran.rows.length, 3);
      for (const n of ['1', '2', '3']) {
        const row = ran.rows.find((each) => JSON.stringify(each.params).includes(`"${n}"`));
        assert.deepEqual(
          stepsBelow(row).map(({ name }) => name),
          [`explicit ${n}`],
        );
      }
    });

    it('failure 22: ids are those of a provider that somebody else registered', async () => {
      const ran = await run('foreignProvider');
      const { traceId } = ran.seen as { traceId: string };
      assert.match(traceId, /^[0-9a-f]{32}$/);
      assert.equal(traceIdOf(ran.rows[0]), traceId);
    });

    it('failure 24: fifty requests at once have their own spans', async () => {
      const ran = await run('concurrent');
      assert.equal(ran.rows.length, 50);
      for (const row of ran.rows) {
        const [, n] = /span (\d+)/.exec(tree(row)) ?? [];
        assert.deepEqual(
          stepsBelow(row).map(({ name }) => name),
          [`span ${n}`, `step ${n}`, 'leaf'],
        );
        assert.deepEqual(stepNamed(row, 'leaf').metadata.attributes, { n });
      }
      assert.equal(new Set(ran.rows.map(traceIdOf)).size, 50);
    });

    it('failure 3: requests that share a trace id are traces of their own', async () => {
      const ran = await run('sharedTraceId');
      assert.equal(ran.rows.length, 5);
      assert.deepEqual(
        new Set(ran.rows.map(traceIdOf)),
        new Set(['0af7651916cd43dd8448eb211c80319c']),
      );
      for (const row of ran.rows) assert.equal(stepsBelow(row).length, 1);
    });

    it('masks secrets in attributes, events and errors', async () => {
      const { rows } = await run('secrets');
      const text = JSON.stringify(rows);
      assert.ok(!text.includes('canary'), text);
      assert.ok(text.includes('SELECT 1'));
    });

    it('keeps the latency of a span, and its times within the trace', async () => {
      const { rows } = await run('clocks');
      const [row] = rows;
      const root = row?.steps[0];
      const steps = stepsBelow(row);
      assert.deepEqual(
        steps.map(({ latency }) => Math.round(latency ?? 0) >= 10),
        [true, true, true],
      );
      for (const step of steps) {
        assert.ok(step.startTime >= (root?.startTime ?? 0), step.name);
        assert.ok(step.startTime <= (root?.endTime ?? 0) + 1, step.name);
      }
      assert.ok((stepNamed(row, 'an hour ago').metadata.clockSkewMs as number) > 3_500_000);
      assert.ok((stepNamed(row, 'in an hour').metadata.clockSkewMs as number) < -3_500_000);
      assert.equal(stepNamed(row, 'right').metadata.clockSkewMs, undefined);
    });

    if (setup.sdk === 2) {
      it('failure 19: copies of the api that do not work together are reported once', async () => {
        const ran = await run('mismatch');
        assert.equal(ran.rows.length, 2);
        assert.equal(count(ran, 'otel_api_mismatch'), 1);
        assert.match(ran.diagnostics[0]?.message ?? '', /1\.8\.0/);
      });
    }
  });
}
