import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import { boundedTest } from '../../../../test/support/bounded-test.ts';
import type {
  FoundSteps,
  StepColumns,
  StepContent,
  TraceDetail,
  TracePage,
} from '../../src/page-api.ts';
import { requestOf, send } from '../client.js';
import { allSteps, got, lenientServer, read } from './read.js';

const STEP = {
  name: 'step',
  id: 's',
  type: 'user_call',
  inputs: null,
  output: null,
  groundTruth: null,
  metadata: {},
  steps: [],
  latency: 1,
  startTime: 1795910593047,
  endTime: 1795910593048,
};

/** The text of `request` with something in the place of "@@": JSON.stringify cannot write what is too deep. */
function textOf(columns: object, inPlace: string): string {
  return JSON.stringify(requestOf('hostile', columns)).replace('"@@"', () => inPlace);
}

for (const place of ['memory', 'a file'] as const) {
  describe(`hostile traces, over ${place}`, function () {
    this.timeout(120_000);
    let folder: string;
    let server: LocalServer;
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'openlayer-hostile-'));
      server = await lenientServer(place === 'memory' ? undefined : join(folder, 'traces.db'));
    });
    afterEach(async () => {
      await server.close();
      rmSync(folder, { recursive: true });
    });

    const TEXTS: Readonly<Record<string, string>> = {
      'a lone surrogate': 'before \ud83d after',
      'a NUL': 'before \0 after',
      'bidi overrides': 'before \u202etfel-ot-thgir\u202c after',
      'escapes of escapes': 'before \\u0041 &lt;b&gt; after',
      markup: 'before </script><img src=x onerror=alert(1)> after',
      'zero-width characters': 'before \u200b\u2060\ufeff after',
      'combining marks': `before e${'\u0301'.repeat(50)} after`,
      Chinese: 'before 天气预报 after',
    };
    for (const [what, text] of Object.entries(TEXTS)) {
      it(`have the same text everywhere: ${what}`, async () => {
        const steps = [{ ...STEP, name: text, inputs: { question: text }, output: text, id: text }];
        const body = requestOf('x', { output: text, user_id: text, session_id: text, steps });
        const { config } = body;
        Object.assign(config, {
          inputVariableNames: [],
          userIdColumnName: 'user_id',
          sessionIdColumnName: 'session_id',
        });
        const rows = body.rows.map((row) => ({ ...row, inferenceId: text }));
        assert.equal((await send(server, { config, rows })).status, 200);

        const [trace] = (await got<TracePage>(server, 'traces?q=before+after')).traces;
        for (const key of ['name', 'input', 'output', 'user', 'session', 'inferenceId'] as const) {
          assert.equal(trace?.[key], text, key);
        }
        const detail = await got<TraceDetail>(server, 'traces/1');
        assert.deepEqual(detail.trace, trace);
        assert.equal(detail.steps[0]?.name, text);
        const content = await got<StepContent>(server, 'traces/1/steps/0');
        assert.equal(content.id, text);
        assert.deepEqual(await allSteps(server, 1, 10), detail.steps);
        assert.deepEqual([content.inputs, content.output], [{ question: text }, text]);
        assert.deepEqual((await got<FoundSteps>(server, 'traces/1/find?q=BEFORE')).steps, [0]);
        for (const kind of ['user', 'session'] as const) {
          const page = await got<{ groups: readonly { id: string }[] }>(server, `${kind}s`);
          assert.deepEqual(
            page.groups.map(({ id }) => id),
            [text],
          );
          // As an address has it, which cannot have half of a character.
          const query = new URLSearchParams({ [kind]: text });
          assert.equal((await got<TracePage>(server, `traces?${query}`)).total, 1, kind);
        }
      });
    }

    it('may be 20,000 levels of steps deep', async () => {
      const [head = '', tail = ''] = JSON.stringify({ ...STEP, steps: ['@'] }).split('"@"');
      const depth = 20_000;
      const body = textOf({ steps: '@@' }, `[${head.repeat(depth)}${tail.repeat(depth)}]`);
      assert.equal((await send(server, body)).status, 200);
      const detail = await got<TraceDetail>(server, 'traces/1');
      assert.equal(detail.totalSteps, depth);
      assert.equal(detail.steps.length, 500);
      assert.equal(detail.criticalPath.length, depth);
      const steps = await allSteps(server, 1, 15_000);
      assert.deepEqual([steps.length, steps.at(-1)?.depth], [depth, depth - 1]);
      assert.equal(
        (await got<StepContent>(server, `traces/1/steps/${depth - 1}`)).index,
        depth - 1,
      );
      assert.equal((await read(server, `traces/1/steps/${depth}`)).status, 404);
      assert.equal((await got<FoundSteps>(server, 'traces/1/find?q=step')).isCut, true);
    });

    it('may have values that are 20,000 levels deep', async () => {
      const deep = `${'['.repeat(20_000)}"bottom"${']'.repeat(20_000)}`;
      assert.equal((await send(server, textOf({ output: '@@' }, deep))).status, 200);
      const steps = `[${JSON.stringify({ ...STEP, output: '@' }).replace('"@"', deep)}]`;
      assert.equal((await send(server, textOf({ steps: '@@' }, steps))).status, 200);
      assert.equal((await got<TracePage>(server, 'traces?q=bottom')).total, 2);
      for (const path of ['traces/2', 'traces/2/row', 'traces/1/row']) {
        assert.equal((await read(server, path)).status, 200, path);
      }
      const { text } = await read(server, 'traces/2/steps/0');
      assert.ok(text.includes(deep));
      assert.deepEqual((await got<FoundSteps>(server, 'traces/2/find?q=bottom')).steps, [0]);
    });

    boundedTest('may have 80,000 steps', async () => {
      const leaf = JSON.stringify({ ...STEP, type: 'tool', inputs: undefined, output: undefined });
      const middle = JSON.stringify({ ...STEP, steps: ['@'] }).replace(
        '"@"',
        Array(799).fill(leaf).join(','),
      );
      const all = JSON.stringify({ ...STEP, steps: ['@'] }).replace(
        '"@"',
        Array(100).fill(middle).join(','),
      );
      assert.equal((await send(server, textOf({ steps: '@@' }, `[${all}]`))).status, 200);
      const detail = await got<TraceDetail>(server, 'traces/1');
      assert.equal(detail.totalSteps, 80_001);
      assert.equal(detail.steps.length, 500);
      const { parent } = await got<StepColumns>(server, 'traces/1/steps?from=79000&count=2000');
      assert.equal(parent.length, 1001);
      const started = performance.now();
      await got<StepContent>(server, 'traces/1/steps/80000');
      assert.ok(performance.now() - started < 5000, 'the trace stays parsed');

      if (place === 'memory') return;
      // Searches that take long: four run, the others are refused, and later ones run again.
      const searches = await Promise.all(
        Array.from({ length: 12 }, () => read(server, 'traces/1/find?q=nothing')),
      );
      const statuses = new Set(searches.map(({ status }) => status));
      assert.ok(statuses.delete(429), 'none was refused');
      // On a busy machine some take longer than two seconds.
      statuses.delete(503);
      assert.deepEqual([...statuses], [200]);
      assert.notEqual((await read(server, 'traces/1/find?q=nothing')).status, 429);
    });

    it('may have a text of 10 MB', async () => {
      const text = `start ${'x'.repeat(10 * 1024 * 1024)}`;
      const steps = [{ ...STEP, output: text, inputs: { image: text.slice(0, 1024) } }];
      assert.equal((await send(server, requestOf('long', { output: text, steps }))).status, 413);
      assert.equal((await send(server, requestOf('long', { steps }))).status, 200);
      const [trace] = (await got<TracePage>(server, 'traces?q=start')).traces;
      assert.ok((trace?.bytes ?? 0) > 10_000_000);
      const detail = await read(server, 'traces/1');
      assert.ok(detail.text.length < 100_000, 'a trace has no contents');
      const content = await got<StepContent>(server, 'traces/1/steps/0');
      assert.equal(content.isCut, false);
      assert.equal(content.output, text);
      assert.equal((await read(server, 'traces/1/row')).status, 200);
    });

    it('may have a text of 20 MB, which is returned cut', async () => {
      await using large = await startLocalServer({
        checks: 'lenient',
        maxBodyBytes: 32 * 1024 * 1024,
      });
      const text = `start ${'x'.repeat(20 * 1024 * 1024)}`;
      const steps = [{ ...STEP, output: text, inputs: { image: text.slice(0, 1024) } }];
      assert.equal((await send(large, requestOf('long', { steps }))).status, 200);
      const content = await got<StepContent>(large, 'traces/1/steps/0');
      assert.equal(content.isCut, true);
      assert.ok(String(content.output).startsWith('start xxx'));
      assert.match(String(content.output), /… \[cut: 20971526 characters in all\]$/);
      assert.deepEqual(content.inputs, { image: text.slice(0, 1024) });
      assert.equal((await read(large, 'traces/1/row')).status, 413);
    });

    it('may have long names and errors in every step', async () => {
      const long = (what: string) => `${what} ${'\u0001'.repeat(6000)}`;
      const inner = Array.from({ length: 100 }, () => ({
        ...STEP,
        name: long('name'),
        model: long('model'),
        metadata: { error: long('error') },
      }));
      const steps = [{ ...STEP, steps: inner }];
      const sent = requestOf('long', { steps, user_id: long('user'), feedback: long('good') });
      assert.equal((await send(server, sent)).status, 200);
      const detail = await got<TraceDetail>(server, 'traces/1');
      assert.equal(detail.totalSteps, 101);
      assert.equal(detail.trace.user, long('user').slice(0, 1000));
      const { name, model, error } = detail.steps[1] ?? {};
      assert.deepEqual([name?.length, model?.length, error?.length], [300, 200, 1000]);
      const content = await got<StepContent>(server, 'traces/1/steps/1');
      assert.deepEqual(content.metadata, { error: long('error') });
      assert.deepEqual(content.others.name, long('name'));
      assert.deepEqual(content.others.model, long('model'));
      assert.equal((await read(server, 'traces/1/row')).status, 200);
      assert.ok((await read(server, 'traces')).text.length < 100_000);
    });

    it('may have 10 MB of metadata, which are returned cut', async () => {
      const text = 'x'.repeat(10 * 1024 * 1024);
      const many = Object.fromEntries(
        Array.from({ length: 100_000 }, (_, i) => [`key-${i}`, 'x'.repeat(80)]),
      );
      for (const metadata of [
        { text, flag: 'short' },
        { flag: 'short', ...many },
      ]) {
        assert.equal((await send(server, requestOf('long', { metadata }))).status, 200);
      }
      const one = (await got<TraceDetail>(server, 'traces/1')).metadata;
      assert.match(String(one.text), /^xxx.*… \[cut: 10485760 characters in all\]$/);
      assert.equal(one.flag, 'short');
      const all = (await got<TraceDetail>(server, 'traces/2')).metadata;
      assert.equal(all.flag, 'short');
      assert.match(String(all['…']), /^\[cut: \d+ more members\]$/);
      for (const number of [1, 2]) {
        const { row } = await got<{ row: { metadata: { flag: string } } }>(
          server,
          `traces/${number}/row`,
        );
        assert.equal(row.metadata.flag, 'short');
      }
    });

    it('may have values of any type for steps, metadata and times', async () => {
      const odd: readonly unknown[] = [null, 1, 'text', [], {}, [[]], [null], { steps: [1] }];
      let sent = 0;
      for (const value of odd) {
        for (const column of ['steps', 'metadata', 'latency', 'tokens', 'inferenceTimestamp']) {
          const { status } = await send(server, requestOf(`${sent}`, { [column]: value }));
          assert.ok(status === 200 || status === 400, `${column}: ${status}`);
          if (status === 200) sent += 1;
        }
      }
      assert.ok(sent > 10, `${sent} were taken`);
      const page = await got<TracePage>(server, 'traces?limit=200');
      assert.equal(page.total, sent);
      for (const { number } of page.traces) {
        for (const part of ['', '/steps', '/row', '/find?q=a', '/neighbours']) {
          const path = `traces/${number}${part}`;
          assert.equal((await read(server, path)).status, 200, path);
        }
      }
      for (const path of ['overview', 'sessions', 'users', 'health', 'info']) {
        assert.equal((await read(server, path)).status, 200, path);
      }
    });

    it('are not found by searches without a word, and make no search fail', async () => {
      await send(server, requestOf('a'));
      for (const q of [
        '"',
        '*',
        '""',
        'AND',
        'a AND',
        'NEAR(a b)',
        '^',
        '-a',
        '{a}',
        'a:b',
        "'",
        '\0',
      ]) {
        const { status } = await read(server, `traces?q=${encodeURIComponent(q)}`);
        assert.equal(status, 200, q);
      }
      assert.equal((await got<TracePage>(server, 'traces?q=***')).total, 0);
      assert.equal((await read(server, `traces?q=${'x'.repeat(301)}`)).status, 400);
    });
  });
}
