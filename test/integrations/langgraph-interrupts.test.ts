/** Graphs of LangGraph that wait for a human, or whose node commands the graph around it. */

import assert from 'node:assert/strict';
import { CallbackManager } from '@langchain/core/callbacks/manager';
import {
  Annotation,
  Command,
  END,
  interrupt,
  MemorySaver,
  START,
  StateGraph,
} from '@langchain/langgraph';
import { captureTraces } from '@openlayer-tracing/core/testing';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceLangChain } from '@openlayer-tracing/integrations/langchain';
import { rowsOf } from './stage.ts';

const State = Annotation.Root({ x: Annotation<number>(), y: Annotation<unknown>() });
const config = (id: string) => ({ configurable: { thread_id: id } });

function asking() {
  return new StateGraph(State)
    .addNode('a', async ({ x }) => ({ x: (x ?? 0) + 1 }))
    .addNode('b', async () => ({ y: interrupt({ ask: 'ok?' }) }))
    .addEdge(START, 'a')
    .addEdge('a', 'b')
    .addEdge('b', END)
    .compile({ checkpointer: new MemorySaver() });
}

async function stepsOf(run: () => Promise<unknown>): Promise<{ root: WireStep; app: unknown }> {
  using captured = captureTraces();
  const app = await run();
  const [row] = await rowsOf(captured, 1);
  const root = row?.steps[0];
  assert.ok(root);
  return { root, app };
}

function named(step: WireStep, name: string): WireStep | undefined {
  if (step.name === name) return step;
  for (const child of step.steps) {
    const found = named(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('a graph that waits for a human', () => {
  before(() => traceLangChain(CallbackManager));

  it('has what it asks, as the app receives it, and so has its node', async () => {
    const { root, app } = await stepsOf(() => asking().invoke({ x: 1 }, config('t1')));
    const { __interrupt__: asked } = app as { __interrupt__: readonly object[] };
    const expected = JSON.parse(JSON.stringify(asked));
    assert.deepEqual(expected[0].value, { ask: 'ok?' });
    assert.deepEqual(root.output, { x: 2, __interrupt__: expected });
    assert.equal(root.metadata.error, undefined);
    const node = named(root, 'b');
    assert.deepEqual(node?.output, { __interrupt__: expected });
    assert.equal(node?.metadata.ended, 'GraphInterrupt');
  });

  it('has no question when it goes on', async () => {
    const graph = asking();
    await graph.invoke({ x: 1 }, config('t2'));
    const { root } = await stepsOf(() =>
      graph.invoke(new Command({ resume: 'yes' }), config('t2')),
    );
    assert.deepEqual(root.output, { x: 2, y: 'yes' });
  });

  it('has the questions of all its nodes and of the graphs within it', async () => {
    const graph = new StateGraph(State)
      .addNode('one', async () => ({ x: interrupt('first?') }))
      .addNode('inner', asking())
      .addEdge(START, 'one')
      .addEdge(START, 'inner')
      .compile({ checkpointer: new MemorySaver() });
    const { root, app } = await stepsOf(() => graph.invoke({ x: 1 }, config('t3')));
    const values = (output: unknown) =>
      (output as { __interrupt__: { value: unknown }[] }).__interrupt__
        .map(({ value }) => JSON.stringify(value))
        .sort();
    assert.deepEqual(values(root.output), values(app));
    assert.equal(values(root.output).length, 2);
    assert.deepEqual(values(named(root, 'inner')?.output), ['{"ask":"ok?"}']);
  });

  it('shows the command of a node to the graph around it', async () => {
    const leave = async () =>
      new Command({ graph: Command.PARENT, goto: 'last', update: { y: 'told' } });
    const child = new StateGraph(State).addNode('leave', leave).addEdge(START, 'leave').compile();
    const graph = new StateGraph(State)
      .addNode('child', child, { ends: ['last'] })
      .addNode('last', async () => ({ x: 9 }))
      .addEdge(START, 'child')
      .compile();
    const { root } = await stepsOf(() => graph.invoke({ x: 1 }));
    assert.deepEqual(root.output, { x: 9, y: 'told' });
    assert.match(JSON.stringify(named(root, 'leave')?.output), /"goto":.*last.*told|told.*last/);
  });
});
