/** The agent's tools. Each returns a passage for the model to read. */

import { step } from '@openlayer-tracing/koa';
import type OpenAI from 'openai';
import type { Library } from './library.js';

export interface Tool {
  readonly description: string;
  readonly parameters: Readonly<Record<string, { readonly type: 'string' }>>;
  run(args: Readonly<Record<string, string>>): Promise<string>;
}

export type Tools = Readonly<Record<string, Tool>>;

const TITLE = { title: { type: 'string' } } as const;

/** The tools for one visitor: they read and change only that visitor's loans. */
export function toolsFor(user: string, library: Library): Tools {
  return {
    find_book: {
      description: 'Finds a book by its title, and the shelf where it stands.',
      parameters: TITLE,
      run: async ({ title = '' }) => {
        const { title: found, author, shelf } = await library.find(title);
        return passage('Catalogue', `${found} by ${author} stands on the shelf ${shelf}.`);
      },
    },
    list_loans: {
      description: 'Lists the books that the visitor has borrowed, and when they go back.',
      parameters: {},
      run: async () => {
        const loans = await library.loansOf(user);
        if (loans.length === 0) return passage('Loans', 'You have borrowed nothing.');
        const lines = loans.map(({ title, due }) => `You have borrowed ${title} until day ${due}.`);
        return passage('Loans', lines.join(' '));
      },
    },
    renew_loan: {
      description: 'Renews the loan of a book, which is extended by two weeks.',
      parameters: TITLE,
      run: async ({ title = '' }) => {
        const due = await library.renew(user, title);
        return passage('Renewals', `The loan of ${title} is renewed until day ${due}.`);
      },
    },
  };
}

/** The tool calls in a message. */
export function callsIn(
  message: OpenAI.ChatCompletionMessage,
): OpenAI.ChatCompletionMessageFunctionToolCall[] {
  return (message.tool_calls ?? []).filter((call) => call.type === 'function');
}

/** Runs a tool that the model calls. An error is returned to the model, which may then try something else. */
export async function callTool(
  tools: Tools,
  call: OpenAI.ChatCompletionMessageFunctionToolCall,
): Promise<OpenAI.ChatCompletionToolMessageParam> {
  const { name, arguments: json } = call.function;
  const content = await step({ name, type: 'tool', functionName: name }, async (own) => {
    try {
      const args = JSON.parse(json) as Record<string, string>;
      own.update({ arguments: args });
      const tool = tools[name];
      if (tool === undefined) throw new Error(`There is no tool ${name}.`);
      return await tool.run(args);
    } catch (error) {
      own.update({ error });
      return passage('Refused', (error as Error).message);
    }
  });
  return { role: 'tool', tool_call_id: call.id, content };
}

/** The tools in the format of OpenAI's API. */
export function toDefinitions(tools: Tools): OpenAI.ChatCompletionFunctionTool[] {
  return Object.entries(tools).map(([name, { description, parameters }]) => ({
    type: 'function',
    function: {
      name,
      description,
      parameters: { type: 'object', properties: parameters, required: Object.keys(parameters) },
    },
  }));
}

function passage(title: string, text: string): string {
  return `<passage title="${title}">${text}</passage>`;
}
