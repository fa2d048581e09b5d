/** Values of the app that frameworks pass on, which no provider would send: graphs, dates, bytes, getters that throw. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import { RunnableLambda } from '@langchain/core/runnables';
import { tool } from '@langchain/core/tools';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceTools } from '@openlayer-tracing/integrations/ai-sdk';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { z } from 'zod';
import { rowsOf } from './stage.ts';

interface User {
  readonly id: number;
  friends: readonly User[];
}

/** Users who all refer to each other, and how often one of them was read. */
function usersWhoKnowEachOther(count: number): { readonly users: User[]; reads(): number } {
  let reads = 0;
  const users = Array.from(
    { length: count },
    (_, i): User => ({
      get id() {
        reads++;
        return i;
      },
      friends: [],
    }),
  );
  for (const user of users) user.friends = users;
  return { users, reads: () => reads };
}

async function stepOf(call: () => unknown): Promise<WireStep> {
  using captured = captureTraces();
  await call();
  const [row] = await rowsOf(captured, 1);
  assert.ok(row?.steps[0]);
  return row.steps[0];
}

const ofTool = (input: unknown, output: unknown) =>
  stepOf(() => {
    const { find } = traceTools({ find: { execute: async (_: unknown) => output } });
    return find.execute(input);
  });

describe('a value of the app', () => {
  before(() => traceLangChain(CallbackManager));

  it('is not followed along all paths if it is a graph: of a tool', async () => {
    const { users, reads } = usersWhoKnowEachOther(6);
    const { output } = await ofTool({}, users);
    assert.ok(reads() < 100_000, `${reads()} reads`);
    assert.match(JSON.stringify(output), /\[Circular\]/);
  });

  it('is not followed along all paths if it is a graph: of LangChain', async () => {
    const { users, reads } = usersWhoKnowEachOther(70);
    const step = await stepOf(() => RunnableLambda.from(() => users).invoke('hi'));
    assert.ok(reads() < 300_000, `${reads()} reads`);
    assert.equal(step.metadata?.error, undefined);
  });

  it('is recorded with a mark in place of a getter that throws', async () => {
    const input = {
      city: 'Rome',
      get hidden() {
        throw new Error('not today');
      },
    };
    const { inputs } = await ofTool(input, 'sunny');
    assert.deepEqual(inputs, { city: 'Rome', hidden: '[Getter]' });
  });

  it('is recorded by its own method if it has one', async () => {
    const row = { connection: { password: 'x' }, toJSON: () => ({ id: 7 }) };
    assert.deepEqual((await ofTool({}, row)).output, { id: 7 });
  });

  it('has its media named in what its own method returns', async () => {
    const url = `data:image/png;base64,${'iVBORw0K'.repeat(1500)}`;
    const picture = { secret: 1, toJSON: () => ({ id: 7, parts: [{ url }] }) };
    const { output } = await ofTool({}, { picture, link: new URL(url) });
    const name = '[image/png, 9000 bytes]';
    assert.deepEqual(output, { picture: { id: 7, parts: [{ url: name }] }, link: name });
  });

  it('has its media named beside methods that fail', async () => {
    const url = `data:image/png;base64,${'iVBORw0K'.repeat(1500)}`;
    const itself: object = { toJSON: () => itself };
    const broken = {
      toJSON: () => {
        throw new Error('not today');
      },
    };
    const rejected = { toJSON: () => Promise.reject(new Error('later')) };
    const { output } = await ofTool({}, { itself, broken, rejected, url });
    assert.deepEqual(output, {
      itself: '[Object]',
      broken: '[Object: toJSON failed]',
      rejected: '[Promise]',
      url: '[image/png, 9000 bytes]',
    });
  });

  it('has its media named behind an array that is too long to visit', async () => {
    const url = `data:image/png;base64,${'iVBORw0K'.repeat(1500)}`;
    let redacted: unknown;
    const redact = (content: unknown) => {
      redacted = content;
      return 'done';
    };
    const content = { numbers: new Array<number>(120_000).fill(1), messages: [{ url }] };
    const { find } = traceTools({ find: { execute: async () => content } }, { redact });
    await stepOf(() => find.execute());
    assert.deepEqual((redacted as typeof content).messages, [{ url: '[image/png, 9000 bytes]' }]);
  });

  it('keeps its dates, and is named if it is bytes', async () => {
    const artifact = {
      at: new Date(0),
      bytes: new Uint8Array(9),
      link: new URL('http://a.example/'),
    };
    const chart = tool(async () => ['done', artifact], {
      name: 'chart',
      schema: z.object({}),
      responseFormat: 'content_and_artifact',
    });
    const call = { type: 'tool_call', id: 'call_1', name: 'chart', args: {} } as const;
    const { metadata } = await stepOf(() => chart.invoke(call));
    assert.deepEqual(metadata?.artifact, {
      at: '1970-01-01T00:00:00.000Z',
      bytes: '[binary, 9 bytes]',
      link: 'http://a.example/',
    });
  });
});
