import assert from 'node:assert/strict';
import { type LocalServer, startLocalServer } from '@openlayer-tracing/local';
import type { StepSummary, TraceDetail, TracePage, TraceSummary } from '../../src/page-api.ts';
import { call, fixture, PIPELINE, requestOf, send } from '../client.js';
import { got } from './read.js';

/** The summary of a request's last row. */
async function summaryOf(body: unknown): Promise<TraceSummary> {
  return (await detailOf(body)).trace;
}

async function detailOf(body: unknown): Promise<TraceDetail> {
  await using server = await startLocalServer({ checks: 'lenient' });
  assert.equal((await send(server, body)).status, 200);
  const { newest } = await got<TracePage>(server, 'traces');
  return await got<TraceDetail>(server, `traces/${newest}`);
}

/** When the rows begin. A row that comes long after its end is marked. */
let start = Date.now() - 1000;

/** A row as this library writes it for a request. */
function ourRow(columns: object = {}, step: object = {}) {
  const metadata = {
    plan: 'pro',
    http: {
      method: 'POST',
      route: '/chat/:topic',
      path: '/chat/fees',
      status: 200,
      outcome: 'completed',
      timeToFirstByteMs: 410.102,
      bytes: 45,
    },
  };
  const root = {
    name: 'POST /chat/:topic',
    id: '64674986-2170-4d3d-b6a6-000000000000',
    type: 'user_call',
    inputs: { body: { question: 'What are the late fees?' }, query: {}, params: {} },
    output: { answer: '20 cents a day.' },
    groundTruth: null,
    metadata,
    latency: 412.643,
    startTime: start,
    endTime: start + 412,
    steps: [
      {
        name: 'OpenAI Chat Completion',
        id: '64674986-2170-4d3d-b6a6-000000000002',
        type: 'chat_completion',
        inputs: { prompt: [{ role: 'user', content: 'What are the late fees?' }] },
        output: '20 cents a day.',
        groundTruth: null,
        metadata: { timeToFirstToken: 50.5 },
        steps: [],
        latency: 380.233,
        startTime: start + 33,
        endTime: start + 413,
        provider: 'openai',
        promptTokens: 96,
        completionTokens: 14,
        tokens: 110,
        cost: null,
        model: 'gpt-5-mini',
        modelParameters: null,
      },
    ],
    ...step,
  };
  const { config } = requestOf('x');
  return {
    config: { ...config, inputVariableNames: ['body', 'query', 'params'] },
    rows: [
      {
        inferenceTimestamp: start / 1000,
        inferenceId: 'req-42',
        output: { answer: '20 cents a day.' },
        latency: 412.643,
        cost: null,
        tokens: 110,
        user_id: 'ada',
        session_id: 's-1',
        body: { question: 'What are the late fees?' },
        query: {},
        params: {},
        plan: 'pro',
        metadata,
        steps: [root],
        ...columns,
      },
    ],
  };
}

describe('the summary of a trace', () => {
  beforeEach(() => {
    start = Date.now() - 1000;
  });

  it('has the facts of the request that our own rows have', async () => {
    const { number, receivedAt, bytes, ...summary } = await summaryOf(ourRow());
    assert.equal(number, 1);
    assert.ok(Math.abs(receivedAt - Date.now()) < 60_000);
    assert.equal(bytes, Buffer.byteLength(JSON.stringify(ourRow().rows[0])));
    assert.deepEqual(summary, {
      pipelineId: PIPELINE,
      inferenceId: 'req-42',
      traceId: null,
      time: start,
      name: 'POST /chat/:topic',
      route: '/chat/:topic',
      method: 'POST',
      status: 200,
      outcome: 'completed',
      error: null,
      latency: 412.643,
      firstByte: 410.102,
      // 33 ms after the start, the model call began.
      firstToken: 83.5,
      promptTokens: 96,
      completionTokens: 14,
      tokens: 110,
      cost: null,
      unpricedCalls: 1,
      models: ['gpt-5-mini'],
      user: 'ada',
      session: 's-1',
      steps: 2,
      input: 'What are the late fees?',
      output: '20 cents a day.',
      feedback: null,
      marks: [],
      dialect: 'openlayer-tracing',
    } satisfies Omit<TraceSummary, 'number' | 'receivedAt' | 'bytes'>);
  });

  it("reads the official Python SDK's rows: seconds, and zeros for what it does not know", async () => {
    const { trace, steps } = await detailOf(fixture('official-shape/python-sdk.json'));
    assert.equal(trace.dialect, 'openlayer-python');
    assert.equal(trace.time, 1767225604120.338);
    assert.equal(trace.latency, 18.2714);
    assert.equal(trace.tokens, 4);
    assert.equal(trace.cost, null);
    assert.equal(trace.unpricedCalls, 1);
    assert.equal(trace.input, 'meaning of life?');
    assert.equal(trace.output, '42');
    // Its model calls begin after they end: the latency is right, and the end.
    assert.deepEqual(
      steps.map(({ start, duration, problem }) => ({ start, duration, problem })),
      [
        { start: 0, duration: 18.2714, problem: null },
        { start: 0.052, duration: 9.51, problem: null },
      ],
    );
  });

  it("reads the official TypeScript SDK's rows: whole seconds at the end, columns left out", async () => {
    const { trace, steps } = await detailOf(fixture('official-shape/typescript-sdk.json'));
    assert.equal(trace.dialect, 'openlayer-ts');
    assert.equal(trace.time, 1767225604120);
    assert.equal(trace.tokens, null);
    assert.equal(trace.cost, null);
    assert.equal(trace.input, 'meaning of life?');
    assert.deepEqual(steps[0]?.start, 0);
  });

  it("has the row's time if the root step's start is the age of a process", async () => {
    const body = fixture('official-shape/typescript-sdk.json');
    const [row] = body.rows;
    const call = { ...row?.steps[0], id: 'call', startTime: 9573.17, latency: 12 };
    const root = { ...row?.steps[0], steps: [call] };
    const { steps } = await detailOf({ ...body, rows: [{ ...row, steps: [root] }] });
    assert.deepEqual([steps[1]?.start, steps[1]?.duration, steps[1]?.problem], [7, 12, null]);
  });

  const asked: Readonly<Record<string, readonly [inputs: unknown, text: string]>> = {
    'the last message of the user': [
      {
        messages: [
          { role: 'user', content: 'first' },
          { role: 'assistant', content: 'second' },
          { role: 'user', content: [{ type: 'text', text: 'third' }, { type: 'image_url' }] },
          { role: 'tool', content: 'fourth' },
        ],
      },
      'third',
    ],
    'a text': [{ prompt: 'hello' }, 'hello'],
    'parts of Gemini': [{ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }, 'hi'],
    'the only member': [{ anything: 'this' }, 'this'],
    'several members as JSON': [{ a: 1, b: 2 }, '{"a":1,"b":2}'],
    nothing: [{}, ''],
    'line ends of Windows': [{ prompt: `${'x'.repeat(199)}\r\n and more` }, 'x'.repeat(199)],
    '200 characters': [{ prompt: `${'x'.repeat(199)}😀 and more` }, 'x'.repeat(199)],
  };
  for (const [what, [inputs, text]] of Object.entries(asked)) {
    it(`previews ${what}`, async () => {
      const { input } = await summaryOf(ourRow({}, { inputs }));
      assert.equal(input, text);
    });
  }

  it('has the answer of chat completions and of messages as its output', async () => {
    for (const output of [
      { choices: [{ message: { role: 'assistant', content: 'yes' } }] },
      [
        { role: 'user', content: 'no' },
        { role: 'assistant', content: 'yes' },
      ],
      { content: [{ type: 'text', text: 'yes' }] },
      'yes',
    ]) {
      assert.equal((await summaryOf(ourRow({ output }))).output, 'yes', JSON.stringify(output));
    }
  });

  it('has a mark for what the tracer masked, cut or left out', async () => {
    const http = { outcome: 'interrupted' };
    const summary = await summaryOf(
      ourRow(
        { output: '[redacted]', metadata: { http } },
        {
          metadata: { http, unrecordedSteps: 4, unfinished: true },
          output: 'so… [cut: 9 bytes in all]',
        },
      ),
    );
    assert.deepEqual(summary.marks, [
      'masked',
      'truncated',
      'limited',
      'interrupted',
      'unfinished',
    ]);
    assert.equal(summary.outcome, 'interrupted');
  });

  it('has a mark if its row came more than a minute after its end', async () => {
    const endedBefore = (ms: number) => ourRow({}, { startTime: Date.now() - ms - 412 });
    assert.deepEqual((await summaryOf(endedBefore(61_000))).marks, ['late']);
    assert.deepEqual((await summaryOf(endedBefore(50_000))).marks, []);
    const endless = ourRow(
      { latency: null },
      { startTime: Date.now() - 90_000, latency: null, endTime: null },
    );
    assert.deepEqual((await summaryOf(endless)).marks, [], 'it may have run so long');
  });

  it('has the error of the row, or of its root step', async () => {
    const texts = await Promise.all(
      [
        ourRow({ metadata: { error: 'no such model' } }),
        ourRow({ metadata: {} }, { metadata: { Exceptions: 'no such model' } }),
        ourRow({ metadata: { error: { message: 'no such model' } } }),
      ].map(async (body) => (await summaryOf(body)).error),
    );
    assert.deepEqual(texts, Array(3).fill('no such model'));
  });

  it('has the sums over the model calls, each counted once', async () => {
    const { rows } = ourRow();
    const call = rows[0]?.steps[0]?.steps[0];
    const steps = [
      { ...call, id: '1', cost: 0.5 },
      { ...call, id: '2', cost: 0.25, model: 'other', tokens: null },
      { ...call, id: '3', type: 'tool' },
    ];
    const summary = await summaryOf(ourRow({ tokens: null }, { steps }));
    assert.equal(summary.promptTokens, 192);
    assert.equal(summary.completionTokens, 28);
    assert.equal(summary.tokens, 220);
    assert.equal(summary.cost, 0.75);
    assert.equal(summary.unpricedCalls, 0);
    assert.deepEqual(summary.models, ['gpt-5-mini', 'other']);
  });
});

describe('feedback', () => {
  let server: LocalServer;
  beforeEach(async () => {
    server = await startLocalServer({ checks: 'lenient' });
    await send(server, ourRow());
  });
  afterEach(() => server.close());

  const update = (body: unknown) =>
    call(server, 'PUT', `/inference-pipelines/${PIPELINE}/rows?inferenceId=req-42`, body);

  it('is read from updates of the row alone', async () => {
    assert.equal((await update(fixture('valid/rows-update-human-feedback.json'))).status, 200);
    const [trace] = (await got<TracePage>(server, 'traces?feedback=positive')).traces;
    const { at, ...feedback } = trace?.feedback ?? { at: 0 };
    assert.deepEqual(feedback, {
      value: 'thumbs_up',
      comment: 'Correct and short.',
      groundTruth: null,
      isPositive: true,
    });
    assert.ok(Math.abs(at - Date.now()) < 60_000);
    assert.equal((await got<TracePage>(server, 'traces?feedback=negative')).total, 0);
    const detail = await got<TraceDetail>(server, 'traces/1');
    assert.equal(detail.metadata.converted, true);
  });

  it('has the ground truth in the column that the update names', async () => {
    await update(fixture('valid/rows-update-ground-truth.json'));
    await update(fixture('valid/rows-update-custom-columns.json'));
    const [trace] = (await got<TracePage>(server, 'traces?feedback=any')).traces;
    assert.equal(trace?.feedback?.groundTruth, 'Opened software is not refundable.');
  });

  for (const [wanted, values] of [
    ['positive', [true, 1, 5, '5', '4/5', '5/5', '4 out of 5', '★★★★☆', '★★★★', '👍', 'Helpful']],
    ['negative', [false, 0, -1, 2, '1/5', '2/5', '1/10', '★☆☆☆☆', '⭐⭐', '👎', 'wrong']],
    ['neither', [3, '3', '3/5', '6/10', '★★★☆☆', 'it depends', '4/0', '1999/12/31', '']],
  ] as const) {
    it(`is ${wanted}: ${values.join(', ')}`, async () => {
      for (const value of values) {
        await update({ row: { humanFeedback: value } });
        for (const filter of ['positive', 'negative'] as const) {
          const { total } = await got<TracePage>(server, `traces?feedback=${filter}`);
          assert.equal(total, filter === wanted ? 1 : 0, `${value} is ${filter}`);
        }
        const { traces } = await got<TracePage>(server, 'traces');
        const shown = wanted === 'neither' ? null : wanted === 'positive';
        assert.equal(traces[0]?.feedback?.isPositive, shown, `the sign of ${value}`);
      }
    });
  }

  it('is never a column of the app, updated or not, and never replaces one', async () => {
    const names = ['feedback', 'humanFeedback', 'comment', 'feedbackComment', 'groundTruth'];
    const own = Object.fromEntries(names.map((name) => [name, `the app's ${name}`]));
    for (const inputVariableNames of [['body'], [...names, 'body']]) {
      const id = `own-${inputVariableNames.length}`;
      const body = ourRow({ ...own, inferenceId: id });
      await send(server, { ...body, config: { ...body.config, inputVariableNames } });
      const update = async (row: object, config = {}) => {
        const path = `/inference-pipelines/${PIPELINE}/rows?inferenceId=${id}`;
        assert.equal((await call(server, 'PUT', path, { row, config })).status, 200);
        const page = await got<TracePage>(server, 'traces?limit=1');
        return await got<TraceDetail>(server, `traces/${page.newest}`);
      };
      const { trace, feedbackColumns: columns } = await update({ converted: true });
      assert.equal(trace.feedback, null);
      assert.deepEqual(columns, {
        humanFeedback: 'human_feedback',
        comment: 'feedback_comment',
        groundTruth: 'groundTruth_',
      });
      const given = { [columns.humanFeedback]: 'up', [columns.groundTruth]: 'Yes.' };
      const config = {
        humanFeedbackColumnName: columns.humanFeedback,
        groundTruthColumnName: columns.groundTruth,
      };
      const { trace: after, feedbackColumns } = await update(
        { ...given, [columns.comment]: 'Right.' },
        config,
      );
      const { value, comment, groundTruth } = after.feedback ?? {};
      assert.deepEqual(
        { value, comment, groundTruth },
        { value: 'up', comment: 'Right.', groundTruth: 'Yes.' },
      );
      assert.deepEqual(feedbackColumns, columns);
      const row: Readonly<Record<string, unknown>> = server.row(id) ?? {};
      assert.deepEqual(Object.fromEntries(names.map((name) => [name, row[name]])), own);
    }
  });

  it('is found by a search, and deleted with the row', async () => {
    await update({ row: { comment: 'marvellous' } });
    assert.equal((await got<TracePage>(server, 'traces?q=marvellous')).total, 1);
    await call(server, 'DELETE', `/inference-pipelines/${PIPELINE}/rows/req-42`);
    assert.equal((await got<TracePage>(server, 'traces?q=marvellous')).total, 0);
    assert.equal((await got<TracePage>(server, 'traces')).total, 0);
  });
});

describe('the times and places of steps', () => {
  const T = 1795910593000;
  const step = (id: string, start: unknown, end: unknown, more: object = {}) => ({
    name: id,
    id,
    type: 'user_call',
    inputs: null,
    output: null,
    groundTruth: null,
    metadata: {},
    steps: [],
    latency: null,
    startTime: start,
    endTime: end,
    ...more,
  });
  const tell = ({ name, parent, depth, start, duration, problem }: StepSummary) =>
    `${name} ${parent}/${depth} ${start}+${duration} ${problem ?? 'ok'}`;

  it('name the problem of each step', async () => {
    const { steps } = await detailOf(
      ourRow({
        steps: [
          step('root', T, T + 100, {
            steps: [
              step('fine', T + 10, T + 20),
              step('early', T - 5000, T + 20),
              step('late', T + 50, T + 5000),
              step('backwards', T + 90, T + 10),
              step('endless', T + 90, null),
              step('open', T + 90, null, { metadata: { unfinished: true }, latency: 5 }),
            ],
          }),
        ],
      }),
    );
    assert.deepEqual(steps.map(tell), [
      'root -1/0 0+100 ok',
      'fine 0/1 10+10 ok',
      'early 0/1 -5000+5020 before-parent',
      'late 0/1 50+4950 after-parent',
      'backwards 0/1 90+null ends-before-start',
      'endless 0/1 90+null no-end',
      'open 0/1 90+5 ok',
    ]);
    assert.deepEqual(
      steps.filter((each) => each.isUnfinished).map((each) => each.name),
      ['endless', 'open'],
    );
  });

  it('put steps that name a parent below it, and mark missing parents and cycles', async () => {
    const { steps, criticalPath } = await detailOf(
      ourRow({
        steps: [
          step('root', T, T + 100),
          step('child', T, T + 10, { parentId: 'root' }),
          step('orphan', T, T + 10, { parentId: 'gone' }),
          step('a', T, T + 10, { parentId: 'b' }),
          step('b', T, T + 10, { parentId: 'a' }),
          step('self', T, T + 10, { parentId: 'self' }),
        ],
      }),
    );
    assert.deepEqual(steps.map(tell), [
      'root -1/0 0+100 ok',
      'child 0/1 0+10 ok',
      'orphan -1/0 0+10 missing-parent',
      'a -1/0 0+10 cycle',
      'b 3/1 0+10 ok',
      'self -1/0 0+10 cycle',
    ]);
    assert.ok(criticalPath.includes(0));
  });

  it('give the critical path: from the end back along the steps that were waited for', async () => {
    const { criticalPath, steps } = await detailOf(
      ourRow({
        steps: [
          step('root', T, T + 100, {
            steps: [
              step('first', T, T + 40, { steps: [step('inner', T + 5, T + 38)] }),
              step('beside', T, T + 30),
              step('second', T + 41, T + 98),
            ],
          }),
        ],
      }),
    );
    assert.deepEqual(
      criticalPath.map((index) => steps[index]?.name),
      ['root', 'first', 'inner', 'second'],
    );
  });
});
