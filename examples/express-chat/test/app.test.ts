import assert from 'node:assert/strict';
import { renderTrace } from '@openlayer-tracing/local';
import { type RunningChat, runChat } from './running-chat.js';

describe('the express chat', () => {
  let chat: RunningChat;
  beforeEach(async () => {
    chat = await runChat();
  });
  afterEach(async () => {
    assert.deepEqual(chat.traces.problems, []);
    await chat[Symbol.asyncDispose]();
  });

  /** The printed trace of each request. Waits until there are `count`. */
  async function traces(count: number): Promise<string[]> {
    const rows = await chat.traces.waitForRows(count);
    return rows.map((row) => renderTrace(row, { timings: false }));
  }

  const DRILL = { question: 'Do I need a deposit to borrow a drill?', user: 'ada', session: 's1' };

  it('answers from its articles, as one trace', async () => {
    const response = await chat.post('/chat', 'drill', DRILL);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('x-request-id'), 'drill');
    assert.deepEqual(await response.json(), {
      answer:
        'Tool library: “Borrowing is free, but power tools need a deposit of 20 dollars, which you get back when the tool returns clean and complete.”',
      sources: ['tool-library#2', 'tool-library#1', 'study-rooms#3', 'library-cards#2'],
      inferenceId: 'drill',
    });
    assert.deepEqual(await traces(1), [
      `
drill  completed  200
└─ POST /chat [user_call]  → {"answer":"Tool library: “Borrowing is free, but power tools need a depo…
   ├─ retrieve [retriever]  → ["tool-library#2","tool-library#1","study-rooms#3","library-cards#2"]
   ├─ build_prompt [chain]  → [{"role":"system","content":"You answer questions of visitors to the cit…
   └─ OpenAI Chat Completion [chat_completion]  local-extractive  319+32 tokens  → "Tool library: “Borrowing is free, but power tools need a deposit of 20 …
`.trim(),
    ]);
  });

  it('serves a page that loads nothing from other hosts and is not traced', async () => {
    const loaded: string[] = [];
    for (const path of ['/', '/chat.js', '/chat.css']) {
      const response = await fetch(`${chat.url}${path}`);
      assert.equal(response.status, 200, path);
      const text = await response.text();
      assert.doesNotMatch(text, /https?:|\/\/[a-z]/i, path);
      for (const [, address = ''] of text.matchAll(/(?:src|href)="([^"]*)"/g)) loaded.push(address);
    }
    assert.deepEqual(loaded, ['data:,', 'chat.css', 'chat.js']);
    await chat.post('/chat', 'drill', DRILL);
    assert.equal((await traces(1)).length, 1);
  });

  it('sends the user, the session, the question and the passages to the platform', async () => {
    await chat.post('/chat', 'drill', DRILL);
    const [row] = await chat.traces.waitForRows(1);
    assert.equal(row?.user_id, 'ada');
    assert.equal(row?.session_id, 's1');
    assert.equal(row?._question, DRILL.question);
    assert.equal(row?.tokens, 351);
    const context = row?.context as string[];
    assert.equal(context.length, 4);
    assert.match(context[0] ?? '', /^Any adult with a library card can join/);
    const [retrieve] = row?.steps[0]?.steps ?? [];
    const documents = (retrieve?.documents ?? []) as { id: string }[];
    assert.deepEqual(
      documents.map(({ id }) => id),
      ['tool-library#2', 'tool-library#1', 'study-rooms#3', 'library-cards#2'],
    );
  });

  it('streams an answer, whose trace has the whole text', async () => {
    const response = await chat.post('/chat/stream', 'late', {
      question: 'What does a late book cost per day?',
    });
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    assert.match(await response.text(), /data: \[DONE\]\n\n$/);
    assert.deepEqual(await traces(1), [
      `
late  completed  200
└─ POST /chat/stream [user_call]  → "Late fees: “A book or magazine that comes back late costs 20 cents for …
   ├─ retrieve [retriever]  → ["late-fees#1","late-fees#2","ebooks#2","lost-and-damaged#1"]
   ├─ build_prompt [chain]  → [{"role":"system","content":"You answer questions of visitors to the cit…
   └─ OpenAI Chat Completion [chat_completion]  local-extractive  324+37 tokens  → "Late fees: “A book or magazine that comes back late costs 20 cents for …
`.trim(),
    ]);
  });

  it('stops the model when the client leaves in mid-stream', async () => {
    const client = new AbortController();
    const question = 'What does a late book cost per day?';
    const response = await chat.post('/chat/stream', 'gone', { question }, client.signal);
    for await (const bytes of response.body ?? []) {
      if (Buffer.from(bytes).includes('"Late"')) break;
    }
    client.abort();

    const [row] = await chat.traces.waitForRows(1);
    assert.ok(row);
    assert.match(renderTrace(row), /^gone {2}aborted {2}200\n/);
    const text = String(row.output);
    assert.match(text, /^Late/);
    assert.ok(!text.endsWith('”'), `the stream went on to its end: "${text}"`);
    const completion = row.steps[0]?.steps.at(-1);
    assert.equal(completion?.output, text);
    assert.equal(completion?.completionTokens, null);
  });

  it('responds that it found nothing if no article has the answer', async () => {
    const response = await chat.post('/chat', 'france', {
      question: 'What is the capital of France?',
    });
    const { answer } = (await response.json()) as { answer: string };
    assert.equal(answer, 'I found nothing about that in the passages I was given.');
  });

  it('responds to a failure of the model with the inference ID', async () => {
    for (const path of ['/chat', '/chat/stream']) {
      const response = await chat.post(path, `broken:${path}`, { ...DRILL, model: 'local-broken' });
      assert.equal(response.status, 502);
      assert.deepEqual(await response.json(), {
        error: 'the model cannot answer now',
        inferenceId: `broken:${path}`,
      });
    }
    const [broken] = await traces(2);
    assert.equal(
      broken,
      `
broken:/chat  error  502
└─ POST /chat [user_call]  ✗ 500 The server had an error while processing your request.  → {"error":"the model cannot answer now","inferenceId":"broken:/chat"}
   ├─ retrieve [retriever]  → ["tool-library#2","tool-library#1","study-rooms#3","library-cards#2"]
   ├─ build_prompt [chain]  → [{"role":"system","content":"You answer questions of visitors to the cit…
   └─ OpenAI Chat Completion [chat_completion]  local-broken  ✗ 500 The server had an error while processing your request.
`.trim(),
    );
  });

  it('responds to mistakes of the client with 400 and what is wrong', async () => {
    const wrong: [body: unknown, error: RegExp][] = [
      [{ ...DRILL, model: 'gpt-none' }, /^there is no such model$/],
      [{ question: ' ' }, /^send JSON with a question/],
      [{ ...DRILL, user: 7 }, /^user must be a string$/],
      ['{', /JSON/],
    ];
    for (const [i, [body, error]] of wrong.entries()) {
      const response = await chat.post('/chat', `wrong-${i}`, body);
      assert.equal(response.status, 400);
      assert.match(((await response.json()) as { error: string }).error, error);
    }
    await chat.traces.waitForRows(wrong.length);
  });

  it('adds feedback to the row of an answer', async () => {
    await chat.post('/chat', 'drill', DRILL);
    const feedback = { inferenceId: 'drill', helpful: true, comment: 'short and right' };
    assert.equal((await chat.post('/feedback', 'other', feedback)).status, 204);
    const row = chat.traces.row('drill');
    assert.equal(row?.humanFeedback, true);
    assert.equal(row?.comment, 'short and right');

    assert.equal((await chat.post('/feedback', 'other', { helpful: true })).status, 400);
  });

  it('traces neither health checks nor feedback', async () => {
    assert.equal((await fetch(`${chat.url}/health`)).status, 200);
    await chat.post('/feedback', 'other', {});
    await chat.post('/chat', 'drill', DRILL);
    const rows = await chat.traces.waitForRows(1);
    assert.deepEqual(
      rows.map(({ inferenceId }) => inferenceId),
      ['drill'],
    );
  });

  it('keeps concurrent visitors apart', async () => {
    const visitors = Array.from({ length: 20 }, (_, i) => `visitor-${i}`);
    await Promise.all(
      visitors.map((user, i) =>
        chat.post(i % 2 ? '/chat' : '/chat/stream', user, { ...DRILL, user }).then((r) => r.text()),
      ),
    );
    const rows = await chat.traces.waitForRows(visitors.length);
    assert.deepEqual(rows.map(({ user_id }) => user_id).sort(), visitors.toSorted());
    for (const row of rows) {
      assert.equal(row.inferenceId, row.user_id);
      assert.deepEqual(
        row.steps[0]?.steps.map(({ name }) => name),
        ['retrieve', 'build_prompt', 'OpenAI Chat Completion'],
      );
    }
  });
});
