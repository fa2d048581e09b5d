import assert from 'node:assert/strict';
import { type LocalModel, startLocalModel } from 'example-local-model';
import OpenAI from 'openai';
import { asking, clientOf } from './chat.js';

/** A function with these parameters. */
function tool(
  name: string,
  description: string,
  properties: Record<string, object> = {},
): OpenAI.ChatCompletionTool {
  const parameters = { type: 'object', properties };
  return { type: 'function', function: { name, description, parameters } };
}

const TOOLS = [
  tool('find_book', 'Finds books and the shelf that they stand on.', {
    title: { type: 'string' },
    copies: { type: 'integer' },
    language: { type: 'string', enum: ['German', 'English'] },
  }),
  tool('list_loans', 'Lists what was borrowed, and when it is due.'),
];

describe('tools of the local model', () => {
  let model: LocalModel;
  let openai: OpenAI;
  before(async () => {
    model = await startLocalModel();
    openai = clientOf(model);
  });
  after(() => model.close());

  const ask = async (question: string, later: OpenAI.ChatCompletionMessageParam[] = []) => {
    const request = asking(question, '');
    const messages = [...request.messages, ...later];
    const completion = await openai.chat.completions.create({ ...request, messages, tools: TOOLS });
    const [choice] = completion.choices;
    assert.ok(choice);
    return choice;
  };

  const callOf = (message: OpenAI.ChatCompletionMessage) => {
    const [call] = message.tool_calls ?? [];
    assert.ok(call?.type === 'function');
    return [call.function.name, JSON.parse(call.function.arguments)];
  };

  it('are called with arguments from the question', async () => {
    const { message, finish_reason } = await ask('Which shelf has 2 English copies of "Dune"?');
    assert.equal(finish_reason, 'tool_calls');
    assert.equal(message.content, null);
    const expected = { title: 'Dune', copies: 2, language: 'English' };
    assert.deepEqual(callOf(message), ['find_book', expected]);
  });

  it('are called one after the other, each that fits the question once', async () => {
    const question = 'Which shelf is for loans of books that were borrowed?';
    const messages: OpenAI.ChatCompletionMessageParam[] = [];
    const called: unknown[] = [];
    for (let turn = 0; turn < 2; turn++) {
      const { message } = await ask(question, messages);
      called.push(callOf(message)[0]);
      const id = message.tool_calls?.[0]?.id ?? '';
      const content = `Books that were borrowed go to the shelf by the door, says ${callOf(message)[0]}.`;
      messages.push(message, {
        role: 'tool',
        tool_call_id: id,
        content: `<passage title="Returns">${content}</passage>`,
      });
    }
    assert.deepEqual(called.sort(), ['find_book', 'list_loans']);
    const { message, finish_reason } = await ask(question, messages);
    assert.equal(finish_reason, 'stop');
    assert.match(message.content ?? '', /^Returns: “Books that were borrowed go to the shelf/);
  });

  it('are not called if none fits, or if the request forbids it', async () => {
    const { finish_reason } = await ask('How are you?');
    assert.equal(finish_reason, 'stop');
    const completion = await openai.chat.completions.create({
      ...asking('Which shelf has books that were borrowed?'),
      tools: TOOLS,
      tool_choice: 'none',
    });
    assert.equal(completion.choices[0]?.message.tool_calls, undefined);
  });

  it('are called in a stream too', async () => {
    const request = { ...asking('What was borrowed?', ''), tools: TOOLS, stream: true } as const;
    const calls: unknown[] = [];
    let last: string | null | undefined;
    for await (const { choices } of await openai.chat.completions.create(request)) {
      calls.push(...(choices[0]?.delta.tool_calls ?? []).map((call) => call.function?.name));
      last = choices[0]?.finish_reason;
    }
    assert.deepEqual([calls, last], [['list_loans'], 'tool_calls']);
  });

  it('without a function are refused', async () => {
    const tools = [{ type: 'magic' }] as unknown as typeof TOOLS;
    await assert.rejects(
      openai.chat.completions.create({ ...asking('Why?'), tools }),
      (error) => error instanceof OpenAI.BadRequestError && error.param === 'tools[0]',
    );
  });
});
