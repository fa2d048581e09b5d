import assert from 'node:assert/strict';
import type { WireRow } from '@openlayer-tracing/core/wire';
import { renderTrace, startLocalServer } from '@openlayer-tracing/local';
import { fixture, requestOf, send } from './client.js';

const rowOf = (name: string): WireRow => fixture(`valid/${name}.json`).rows[0] as WireRow;

const http = { method: 'POST', route: '/chat', status: 200, outcome: 'completed' };

/** A row with one step, changed. */
const withStep = (step: object, columns: object = {}): WireRow => {
  const [row] = requestOf('req-1').rows;
  return { ...row, ...columns, steps: [{ ...row?.steps[0], ...step }] } as unknown as WireRow;
};

const tree = (text: string) => text.replace(/^\n/, '').replace(/\n *$/, '');

describe('renderTrace', () => {
  it('shows a tree with latencies, models, tokens and outputs', () => {
    assert.equal(
      renderTrace({ ...rowOf('02-rag-trace'), metadata: { http } }),
      tree(`
3f0c1a77-0a3b-4c55-9b6e-9a8f4e2d7c01  completed  200
└─ answerPolicyQuestion [user_call]  931 ms  → "No: opened software is excluded from refunds."
   ├─ policy retriever [retriever]  96 ms  → ["Refunds are accepted within 30 days of delivery.","Opened software can…
   │  └─ embed query [tool]  31 ms  → "vector(1536)"
   └─ OpenAI Chat Completion [chat_completion]  812.4 ms  gpt-4o-mini-2024-07-18  96+14 tokens  → "No: opened software is excluded from refunds."
`),
    );
  });

  it('shows the errors that the list of traces shows', () => {
    for (const step of [{ error: 'boom' }, { metadata: { Exceptions: { message: 'boom' } } }]) {
      assert.match(renderTrace(withStep(step)), /✗ boom/);
    }
    assert.match(renderTrace(withStep({ status: 'error' })), /✗ error/);
  });

  it('leaves out what differs between two runs', () => {
    const row = { ...rowOf('02-rag-trace'), metadata: { http } };
    assert.equal(
      renderTrace(row, { timings: false }),
      tree(`
(uuid)  completed  200
└─ answerPolicyQuestion [user_call]  → "No: opened software is excluded from refunds."
   ├─ policy retriever [retriever]  → ["Refunds are accepted within 30 days of delivery.","Opened software can…
   │  └─ embed query [tool]  → "vector(1536)"
   └─ OpenAI Chat Completion [chat_completion]  gpt-4o-mini-2024-07-18  96+14 tokens  → "No: opened software is excluded from refunds."
`),
    );
  });

  it('marks errors, and prints any text as the outcome', () => {
    assert.equal(
      renderTrace(rowOf('03-error-trace')),
      tree(`
9e1b8c34-2a6d-4f2e-8f55-7c0d1e2f3a44
└─ checkout [user_call]  70 ms  ✗ Card declined (insufficient_funds)
   └─ chargeCard [tool]  57 ms  ✗ Card declined (insufficient_funds)
`),
    );
    const aborted = { ...http, outcome: 'aborted', status: 499 };
    const error = { name: 'Error', message: 'client left' };
    assert.equal(
      renderTrace(withStep({ output: null }, { metadata: { http: aborted, error } }), {
        timings: false,
      }),
      'req-1  aborted  499\n└─ summarizeTicket [user_call]  ✗ client left',
    );
  });

  it('shows agents, handoffs and guardrails', () => {
    assert.equal(
      renderTrace(rowOf('06-agent-tool-handoff-guardrail'), { timings: false }),
      tree(`
(uuid)
└─ Agent: triage [agent]  → "Order 77 is cancelled."
   ├─ PII Guard - Input [guardrail]  → {"request":"Cancel order 77 and mail me at [EMAIL_ADDRESS]"}
   ├─ planner turn [chat_completion]  claude-sonnet-4-5  210+31 tokens  → {"name":"cancel_order","arguments":{"orderId":77}}
   ├─ Handoff: triage → orders [handoff]
   └─ Agent: orders [agent]  → {"status":"cancelled"}
      ├─ cancel_order [tool]  → {"status":"cancelled"}
      ├─ Tool Call: notify [function_call]  → {"queued":true}
      └─ Handoffs: finalize [chain]  → {"reply":"Order 77 is cancelled."}
`),
    );
  });

  it('adds metadata with `metadata`, without what differs between two runs', () => {
    const id = '3f0c1a77-0a3b-4c55-9b6e-9a8f4e2d7c01';
    const metadata = { http: { ...http, timeToFirstByteMs: 3.2 }, plan: 'pro' };
    const child = { ...requestOf('x').rows[0]?.steps[0], metadata: { topK: 5 } };
    const row = withStep({ metadata: { timeToFirstToken: 4, id }, steps: [child] }, { metadata });
    const output = ' → "Recurring paper jam, floor 3 printer."';
    assert.equal(
      renderTrace(row, { metadata: true, timings: false }),
      tree(`
req-1  completed  200
   {"http":{"method":"POST","route":"/chat","status":200,"outcome":"completed"},"plan":"pro"}
└─ summarizeTicket [user_call] ${output}
   │  {"id":"(uuid)"}
   └─ summarizeTicket [user_call] ${output}
         {"topK":5}
`),
    );
    assert.match(renderTrace(row, { metadata: true }), /"timeToFirstByteMs":3.2/);
    assert.match(renderTrace(row, { metadata: true }), /"timeToFirstToken":4,"id":"3f0c1a77/);
  });

  it('prints control and bidirectional characters as code points', () => {
    const evil = 'a\x1b[2J\x07\r\nb\u202Ec\u2066d\u200Be\u0085f\u009b31m\ud800';
    const shown = renderTrace(
      withStep(
        { name: evil, type: evil, output: evil, model: evil, metadata: { error: evil } },
        {
          inferenceId: evil,
          metadata: { http: { outcome: evil, status: evil }, [evil]: evil },
        },
      ),
      { metadata: true },
    );
    assert.equal(shown.split('\n').length, 4);
    assert.doesNotMatch(shown.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Cs}]/u);
    assert.match(shown, /a\\u\{1b\}\[2J\\u\{7\} b\\u\{202e\}c\\u\{2066\}d\\u\{200b\}e/);
    assert.match(renderTrace(withStep({ output: 'Grüße 👩‍👩‍👧 سلام' })), /→ "Grüße 👩‍👩‍👧 سلام"$/);
  });

  it('shortens long texts without cutting a character in two', () => {
    const line = (output: string) => renderTrace(withStep({ output })).split('→ ')[1];
    assert.equal(line('x'.repeat(70)), `"${'x'.repeat(70)}"`);
    assert.equal(line('x'.repeat(71)), `"${'x'.repeat(71)}…`);
    assert.equal(line('😀'.repeat(500)), `"${'😀'.repeat(71)}…`);
    assert.equal(line(`two\nlines  here`), '"two\\nlines here"');
  });

  it('throws for wrong values of its options', () => {
    const render = renderTrace as (row: unknown, options: unknown) => string;
    for (const options of [
      ...['80', Number.NaN, 1.5, -1, true].map((width) => ({ width })),
      ...['timings', 'metadata', 'details', 'color'].map((name) => ({ [name]: 'yes' })),
      ...[null, 5, 'width', []],
    ]) {
      assert.throws(() => render(withStep({}), options), TypeError, JSON.stringify(options));
    }
  });

  it('has colours with `color` alone', () => {
    const row = withStep({ metadata: { error: 'no' } });
    assert.ok(!renderTrace(row).includes('\x1b'));
    assert.ok(renderTrace(row, { color: true }).includes('\x1b[31m✗ no\x1b[0m'));
  });

  it('adds time, user, session, inputs and unfinished steps with `details`', () => {
    const [row] = requestOf('req-1', { user_id: 'ada', session_id: 's-1' }).rows;
    const inner = {
      name: 'search',
      type: 'tool',
      inputs: { q: 'x' },
      metadata: { unfinished: true },
    };
    const open = { ...inner, inputs: {}, metadata: {}, endTime: null, latency: null };
    const root = { ...row?.steps[0], inputs: { q: 'Why?' }, output: 'So.', steps: [inner, open] };
    const zone = process.env.TZ;
    process.env.TZ = 'UTC';
    try {
      assert.equal(
        renderTrace({ ...row, metadata: { http }, steps: [root] } as unknown as WireRow, {
          details: true,
        }),
        tree(`
2026-01-01 00:00:00  req-1  completed  200  user ada  session s-1
└─ summarizeTicket [user_call]  42 ms  {"q":"Why?"}  → "So."
   ├─ search [tool]  unfinished  {"q":"x"}
   └─ search [tool]  unfinished
`),
      );
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  it('cuts texts so that lines fill the width and do not exceed it', () => {
    const long = 'abcdefghij '.repeat(100);
    const row = withStep({ inputs: { question: long }, output: long });
    for (const width of [60, 100, 200, 400]) {
      for (const color of [false, true]) {
        const text = renderTrace(row, { details: true, width, color });
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes of colours
        const [, line = ''] = text.replace(/\u001b\[\d+m/g, '').split('\n');
        assert.ok(line.length <= width, `${line.length} of ${width}`);
        assert.ok(line.length > width - 6, `${line.length} of ${width}`);
        // On a narrow line only what came out is left.
        const texts =
          width < 100
            ? /\[user_call\] {2}42 ms {2}→ "abc.*…$/
            : /\{"question":"abc.*… {2}→ "abc.*…$/;
        assert.match(line, texts);
      }
    }
    const short = renderTrace(withStep({ inputs: { q: 'Why?' }, output: long }), {
      details: true,
      width: 200,
    });
    assert.match(
      short,
      /\{"q":"Why\?"\} {2}→ "(abcdefghij ){8,}/,
      'the output has what the inputs leave',
    );
  });

  it('shows rows without steps, and values that are too deep to be written', () => {
    const row = { inferenceId: 'r-1', output: 'So.', latency: 12, tokens: 7 };
    assert.equal(
      renderTrace(row as unknown as WireRow),
      'r-1\n└─ row [no steps]  12 ms  7 tokens  → "So."',
    );
    const deep = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000));
    assert.match(renderTrace(withStep({ output: deep })), /→ \(nested too deeply to be printed\)$/);
  });

  it('prints rows whose columns an update has given other types', () => {
    const [row] = requestOf('req-1').rows as [WireRow];
    const shapes: unknown[] = [null, 'x', 7, [null, 1, 'a', []], [{}], {}];
    for (const steps of shapes) {
      assert.match(renderTrace({ ...row, steps, metadata: steps } as unknown as WireRow), /^req-1/);
    }
    let deep: object = withStep({}).steps[0] as object;
    for (let n = 0; n < 5000; n += 1) deep = { ...deep, steps: [deep] };
    const lines = renderTrace(withStep({ steps: [deep] })).split('\n');
    assert.equal(lines.length, 67);
    assert.match(lines.at(-1) ?? '', /└─ … deeper steps are not shown$/);
  });

  it('is what traces() shows', async () => {
    await using server = await startLocalServer();
    await send(server, fixture('valid/08-two-rows.json'));
    assert.deepEqual(
      server.traces(),
      server.rows().map((row) => renderTrace(row)),
    );
    assert.equal(server.traces().length, 2);
  });
});
