import assert from 'node:assert/strict';
import { renderTrace } from '@openlayer-tracing/local';
import { LOCAL_BROKEN } from 'example-local-model';
import { type RunningDesk, runDesk } from './running-desk.js';

/** The name of the traced client's steps. */
const ASK = 'OpenAI Chat Completion';

describe('the koa agent', () => {
  let desk: RunningDesk;
  beforeEach(async () => {
    desk = await runDesk();
  });
  afterEach(async () => {
    assert.deepEqual(desk.traces.problems, []);
    await desk[Symbol.asyncDispose]();
  });

  /** The printed trace of each request. Waits until there are `count`. */
  async function traces(count: number): Promise<string[]> {
    const rows = await desk.traces.waitForRows(count);
    return rows.map((row) => renderTrace(row, { timings: false }));
  }

  it('looks things up with tools, which are steps of one trace', async () => {
    const response = await desk.say('On which shelf is "The Tombs of Atuan"?', {
      inferenceId: 'atuan',
    });
    assert.equal(response.headers.get('x-request-id'), 'atuan');
    assert.deepEqual(await response.json(), {
      answer:
        'Catalogue: “The Tombs of Atuan by Ursula K. Le Guin stands on the shelf Fantasy, G to L.”',
      inferenceId: 'atuan',
    });
    assert.deepEqual(await traces(1), [
      String.raw`
atuan  completed  200
└─ POST /sessions/:session/messages [user_call]  → {"answer":"Catalogue: “The Tombs of Atuan by Ursula K. Le Guin stands on…
   └─ library_desk [agent]  → "Catalogue: “The Tombs of Atuan by Ursula K. Le Guin stands on the shelf…
      ├─ OpenAI Chat Completion [chat_completion]  local-extractive  152+20 tokens  → {"tool_calls":[{"name":"find_book","arguments":{"title":"The Tombs of At…
      ├─ find_book [tool]  → "<passage title=\"Catalogue\">The Tombs of Atuan by Ursula K. Le Guin st…
      └─ OpenAI Chat Completion [chat_completion]  local-extractive  192+25 tokens  → "Catalogue: “The Tombs of Atuan by Ursula K. Le Guin stands on the shelf…
`.trim(),
    ]);
  });

  it('sends the user, the session and the arguments of tools to the platform', async () => {
    await desk.say('Please renew the loan of "Solaris".', {
      user: 'ada',
      session: 'friday',
      inferenceId: 'renewal',
    });
    const [row] = await desk.traces.waitForRows(1);
    assert.deepEqual([row?.user_id, row?.session_id], ['ada', 'friday']);
    assert.equal(row?._question, 'Please renew the loan of "Solaris".');
    assert.deepEqual(row?.params, { session: 'friday' });
    const [agent] = row?.steps[0]?.steps ?? [];
    assert.deepEqual(agent?.metadata, { turns: 2 });
    const tool = agent?.steps.find(({ type }) => type === 'tool');
    assert.deepEqual([tool?.functionName, tool?.arguments], ['renew_loan', { title: 'Solaris' }]);
    const tokens = agent?.steps.map((each) => Number(each.tokens ?? 0)) ?? [];
    assert.equal(
      row?.tokens,
      tokens.reduce((sum, count) => sum + count, 0),
    );
  });

  it('continues after a tool refused, and the trace shows why', async () => {
    const response = await desk.say('Please renew "Dune".', { inferenceId: 'reserved' });
    const { answer } = (await response.json()) as { answer: string };
    assert.equal(answer, 'Refused: “Dune is reserved by another reader.”');
    assert.deepEqual(await traces(1), [
      String.raw`
reserved  completed  200
└─ POST /sessions/:session/messages [user_call]  → {"answer":"Refused: “Dune is reserved by another reader.”","inferenceId"…
   └─ library_desk [agent]  → "Refused: “Dune is reserved by another reader.”"
      ├─ OpenAI Chat Completion [chat_completion]  local-extractive  146+17 tokens  → {"tool_calls":[{"name":"renew_loan","arguments":{"title":"Dune"},"id":"c…
      ├─ renew_loan [tool]  ✗ Dune is reserved by another reader.  → "<passage title=\"Refused\">Dune is reserved by another reader.</passage…
      └─ OpenAI Chat Completion [chat_completion]  local-extractive  173+12 tokens  → "Refused: “Dune is reserved by another reader.”"
`.trim(),
    ]);
  });

  it('remembers the messages of a session, and of that user alone', async () => {
    const turns = [
      ['ada', 'What have I borrowed?'],
      ['bob', 'What have I borrowed?'],
      ['ada', 'Please renew the loan of "Solaris".'],
    ] as const;
    for (const [n, [user, text]] of turns.entries()) {
      assert.equal((await desk.say(text, { user, inferenceId: `turn-${n}` })).status, 200);
    }
    const headers = { 'x-user': 'ada' };
    const transcript = await fetch(`${desk.url}/sessions/monday/messages`, { headers });
    assert.deepEqual(await transcript.json(), [
      { role: 'user', text: 'What have I borrowed?' },
      {
        role: 'assistant',
        text: 'Loans: “You have borrowed Solaris until day 3. You have borrowed Dune until day 9.”',
      },
      { role: 'user', text: 'Please renew the loan of "Solaris".' },
      { role: 'assistant', text: 'Renewals: “The loan of Solaris is renewed until day 17.”' },
    ]);
    const rows = await desk.traces.waitForRows(3);
    assert.deepEqual(
      rows.map(({ inferenceId }) => inferenceId),
      ['turn-0', 'turn-1', 'turn-2'],
      'reading the transcript is not traced',
    );
  });

  it('keeps concurrent visitors apart', async () => {
    const visitors = Array.from({ length: 20 }, (_, n) => `visitor-${n}`);
    const asked = await Promise.all(
      visitors.map((user) =>
        desk.say(user.endsWith('3') ? 'What have I borrowed?' : 'Please renew "Dune".', {
          user,
          session: `of-${user}`,
          inferenceId: user,
        }),
      ),
    );
    assert.ok(asked.every(({ status }) => status === 200));
    for (const row of await desk.traces.waitForRows(visitors.length)) {
      const { inferenceId: user } = row;
      assert.deepEqual([row.user_id, row.session_id], [user, `of-${user}`]);
      const [agent] = row.steps[0]?.steps ?? [];
      assert.deepEqual(
        agent?.steps.map(({ name }) => name),
        [ASK, user.endsWith('3') ? 'list_loans' : 'renew_loan', ASK],
      );
    }
  });

  it('responds to mistakes of its clients with the inference ID', async () => {
    const stranger = await desk.say('Hello?', { user: '', inferenceId: 'stranger' });
    assert.equal(stranger.status, 401);
    const silent = await desk.say(7, { inferenceId: 'silent' });
    assert.equal(silent.status, 400);
    assert.deepEqual(await silent.json(), {
      error: 'send JSON with a text: { "text": "..." }',
      inferenceId: 'silent',
    });
    assert.deepEqual(await traces(2), [
      `
stranger  completed  401
└─ POST /sessions/:session/messages [user_call]  ✗ say who you are in the header x-user  → {"error":"say who you are in the header x-user","inferenceId":"stranger"…
`.trim(),
      String.raw`
silent  completed  400
└─ POST /sessions/:session/messages [user_call]  ✗ send JSON with a text: { "text": "..." }  → {"error":"send JSON with a text: { \"text\": \"...\" }","inferenceId":"s…
`.trim(),
    ]);
  });
});

describe('the koa agent with a model that is down', () => {
  it('responds with 502, and each step of the trace has the error', async () => {
    await using desk = await runDesk({ name: LOCAL_BROKEN });
    const response = await desk.say('What have I borrowed?', { inferenceId: 'down' });
    assert.equal(response.status, 502);
    const [row] = await desk.traces.waitForRows(1);
    assert.ok(row);
    assert.equal(
      renderTrace(row, { timings: false }),
      `
down  error  502
└─ POST /sessions/:session/messages [user_call]  ✗ 500 The server had an error while processing your request.  → {"error":"the model cannot answer now","inferenceId":"down"}
   └─ library_desk [agent]  ✗ 500 The server had an error while processing your request.
      └─ OpenAI Chat Completion [chat_completion]  local-broken  ✗ 500 The server had an error while processing your request.
`.trim(),
    );
  });
});
