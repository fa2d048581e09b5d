import assert from 'node:assert/strict';
import { LOCAL_BROKEN, LOCAL_MODEL, type LocalModel, startLocalModel } from 'example-local-model';
import type OpenAI from 'openai';
import { AuthenticationError, BadRequestError, InternalServerError, NotFoundError } from 'openai';
import { asking, clientOf } from './chat.js';

describe('the chat API of the local model', () => {
  let model: LocalModel;
  let openai: OpenAI;
  before(async () => {
    model = await startLocalModel();
    openai = clientOf(model);
  });
  after(() => model.close());

  it('answers in the shape of a chat completion, with the tokens counted', async () => {
    const completion = await openai.chat.completions.create(asking('When does the library open?'));
    const { id, created, ...rest } = completion;
    assert.match(id, /^chatcmpl-/);
    assert.ok(Math.abs(created - Date.now() / 1000) < 5, 'created is in UNIX seconds');
    assert.deepEqual(rest, {
      object: 'chat.completion',
      model: LOCAL_MODEL,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Opening hours: “The library opens at nine on weekdays.”',
            refusal: null,
          },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 84, completion_tokens: 12, total_tokens: 96 },
    });
  });

  it('streams the same answer a token at a time', async () => {
    const stream = await openai.chat.completions.create({
      ...asking('When does the library open?'),
      stream: true,
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const deltas = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '');
    assert.equal(deltas.join(''), 'Opening hours: “The library opens at nine on weekdays.”');
    assert.equal(deltas.filter((delta) => delta !== '').length, 12);
    assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'stop');
    assert.ok(chunks.every((chunk) => !('usage' in chunk)));
  });

  it('ends a stream with [DONE], and with the usage before it if requested', async () => {
    const response = await openai.chat.completions
      .create({
        ...asking('When does the library open?'),
        stream: true,
        stream_options: { include_usage: true },
      })
      .asResponse();
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
    const events = (await response.text()).trimEnd().split('\n\n');
    assert.equal(events.pop(), 'data: [DONE]');
    const chunks = events.map((event) => JSON.parse(event.replace(/^data: /, '')));
    const last = chunks.pop();
    assert.deepEqual(last.choices, []);
    assert.deepEqual(last.usage, { prompt_tokens: 84, completion_tokens: 12, total_tokens: 96 });
    assert.ok(chunks.every((chunk) => chunk.usage === null));
  });

  it('works with the helpers of the client', async () => {
    const runner = openai.chat.completions.stream(asking('When does the library open?'));
    assert.match(String(await runner.finalContent()), /opens at nine/);
  });

  it('cuts an answer at max_completion_tokens', async () => {
    const limited = { ...asking('When does the library open?'), max_completion_tokens: 11 };
    const cut = await openai.chat.completions.create(limited);
    assert.equal(cut.choices[0]?.finish_reason, 'length');
    assert.equal(cut.usage?.completion_tokens, 11);

    const whole = await openai.chat.completions.create({ ...limited, max_completion_tokens: 12 });
    assert.equal(whole.choices[0]?.finish_reason, 'stop');
  });

  it('stops a stream when the client leaves', async () => {
    await using slow = await startLocalModel({ tokenDelayMs: 100 });
    const stream = await clientOf(slow).chat.completions.create({
      ...asking('When does the library open?'),
      stream: true,
    });
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) break;
    }
    const left = performance.now();
    while (slow.openRequests > 0 && performance.now() - left < 20_000) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.ok(performance.now() - left < 600, 'it does not go on to the end of the answer');
  });

  it('lists its models', async () => {
    const { data } = await openai.models.list();
    assert.deepEqual(
      data.map(({ id }) => id),
      [LOCAL_MODEL, LOCAL_BROKEN],
    );
    assert.equal((await openai.models.retrieve(LOCAL_MODEL)).id, LOCAL_MODEL);
    await assert.rejects(openai.models.retrieve('gpt-none'), NotFoundError);
  });

  it('responds with 500 for the broken model, and the client does not retry', async () => {
    const patient = openai.withOptions({ maxRetries: 5 });
    for (const stream of [false, true]) {
      await assert.rejects(
        patient.chat.completions.create({ ...asking('?'), model: LOCAL_BROKEN, stream }),
        InternalServerError,
      );
    }
  });

  it('refuses an unknown model', async () => {
    await assert.rejects(
      openai.chat.completions.create({ ...asking('?'), model: 'gpt-none' }),
      (error) => error instanceof NotFoundError && error.code === 'model_not_found',
    );
  });

  it('refuses a request without a key', async () => {
    const response = await fetch(`${model.url}/models`);
    assert.equal(response.status, 401);
    const { error } = (await response.json()) as { error: object };
    assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type']);

    const keyless = openai.withOptions({ defaultHeaders: { authorization: null } });
    await assert.rejects(keyless.models.list(), AuthenticationError);
  });

  it('refuses invalid chat requests, and names the parameter', async () => {
    const message = { role: 'user', content: 'Hello' };
    const wrong: [body: unknown, param: string | null][] = [
      ['not JSON', null],
      ['[]', null],
      [{ messages: [message] }, 'model'],
      [{ model: LOCAL_MODEL }, 'messages'],
      [{ model: LOCAL_MODEL, messages: [] }, 'messages'],
      [{ model: LOCAL_MODEL, messages: ['Hello'] }, 'messages[0]'],
      [{ model: LOCAL_MODEL, messages: [{ role: 'cat', content: '' }] }, 'messages[0].role'],
      [{ model: LOCAL_MODEL, messages: [message, { role: 'user' }] }, 'messages[1].content'],
      [{ model: LOCAL_MODEL, messages: [message], stream: 'yes' }, 'stream'],
      [{ model: LOCAL_MODEL, messages: [message], stream_options: {} }, 'stream_options'],
      [{ model: LOCAL_MODEL, messages: [message], max_tokens: 0 }, 'max_tokens'],
      [{ model: LOCAL_MODEL, messages: [message], n: 2 }, 'n'],
    ];
    for (const [body, param] of wrong) {
      const response = await post(body);
      assert.equal(response.status, 400, JSON.stringify(body));
      const { error } = (await response.json()) as { error: { param: string | null } };
      assert.equal(error.param, param, JSON.stringify(body));
    }
    assert.ok((await openai.chat.completions.create(asking('?'))).id, 'it still serves');
    const refused = openai.chat.completions.create({ ...asking('?'), n: 2 });
    await assert.rejects(refused, BadRequestError);
  });

  it('refuses unknown paths, and bodies that are too large', async () => {
    const unknown = await fetch(`${model.url}/embeddings`, {
      method: 'POST',
      headers: { authorization: 'Bearer any' },
    });
    assert.equal(unknown.status, 404);
    assert.equal((await post(' '.repeat(4 * 1024 * 1024 + 1))).status, 413);
    assert.equal((await post(' '.repeat(4 * 1024 * 1024))).status, 400);
  });

  function post(body: unknown): Promise<Response> {
    return fetch(`${model.url}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }
});

describe('startLocalModel', () => {
  it('listens on the given port, and rejects if it is in use', async () => {
    await using first = await startLocalModel();
    const port = Number(new URL(first.url).port);
    await assert.rejects(startLocalModel({ port }), /EADDRINUSE/);
    await first.close();
    await using again = await startLocalModel({ port });
    assert.equal(again.url, first.url);
  });

  it('closes with a stream under way, and twice', async () => {
    const model = await startLocalModel({ tokenDelayMs: 1000 });
    const stream = await clientOf(model).chat.completions.create({
      ...asking('When does the library open?'),
      stream: true,
    });
    const read = (async () => {
      for await (const _ of stream);
    })();
    await Promise.all([model.close(), model.close(), assert.rejects(read)]);
  });
});
