import assert from 'node:assert/strict';
import { createTracer, type StartedTrace, type Tracer } from '@openlayer-tracing/core';
import {
  announcedRequest,
  announceRequest,
  type RequestContent,
  startCall,
} from '@openlayer-tracing/core/integration';
import { memoryTransport } from '@openlayer-tracing/core/testing';

/** A call that a framework has announced, within a trace. */
function announced(trace: StartedTrace, asked?: RequestContent) {
  const call = trace.run(() => startCall({ name: 'framework', type: 'chat_completion' }));
  assert.ok(call !== undefined);
  trace.run(() => announceRequest(call, asked));
  return call;
}

describe('a request that a framework has announced', () => {
  let tracer: Tracer;
  let trace: StartedTrace;

  beforeEach(() => {
    tracer = createTracer({ transport: memoryTransport() });
    trace = tracer.startTrace('chat');
  });
  afterEach(async () => {
    trace.end();
    await tracer.shutdown();
  });

  const isExpected = (model: string | undefined, content: unknown, where = trace) =>
    where.run(() => announcedRequest(model, content)) !== undefined;

  const CONTENT = { model: 'm', lastText: 'Why?' };
  const CASES: readonly (readonly [
    what: string,
    asked: RequestContent,
    model: string | undefined,
    content: unknown,
    expected: boolean,
  ])[] = [
    ['the text itself', CONTENT, 'm', 'Why?', true],
    ['the text among others', CONTENT, 'm', [{ content: 'So.' }, { parts: ['Why?'] }], true],
    ['the text with space around it', CONTENT, 'm', ' Why?\n', true],
    ['a text that only holds it', CONTENT, 'm', 'Why? Why?', false],
    ['another text', CONTENT, 'm', 'How?', false],
    ['the text for another model', CONTENT, 'n', 'Why?', false],
    ['the text for a model that the client does not name', CONTENT, undefined, 'Why?', true],
    [
      'the text where the framework names no model',
      { ...CONTENT, model: undefined },
      'n',
      'Why?',
      true,
    ],
    [
      'the model alone, where no text was announced',
      { model: 'm', lastText: undefined },
      'm',
      'x',
      true,
    ],
    ['the model alone, where an empty text was', { model: 'm', lastText: ' ' }, 'm', 'x', true],
    ['another model, where no text was', { model: 'm', lastText: undefined }, 'n', 'x', false],
    ['no model, where no text was', { model: 'm', lastText: undefined }, undefined, 'x', false],
    [
      'anything, where nothing was',
      { model: undefined, lastText: undefined },
      undefined,
      'x',
      false,
    ],
    ['bytes', CONTENT, 'm', Buffer.from('Why?'), false],
    ['nothing', CONTENT, 'm', null, false],
  ];
  for (const [what, asked, model, content, expected] of CASES) {
    it(`is ${expected ? '' : 'not '}recognised by ${what}`, () => {
      const call = announced(trace, asked);
      assert.equal(isExpected(model, content), expected);
      call.end();
    });
  }

  it('is found at a bounded depth of the fields', () => {
    const within = (depth: number): unknown => (depth === 0 ? 'Why?' : [within(depth - 1)]);
    const call = announced(trace, CONTENT);
    assert.equal(isExpected('m', within(18)), false);
    assert.equal(isExpected('m', within(17)), true);
    call.end();
  });

  it('matches one of two equal requests, and the other one after a failure', () => {
    const call = announced(trace, CONTENT);
    const first = trace.run(() => announcedRequest('m', 'Why?'));
    assert.ok(first !== undefined);
    assert.equal(isExpected('m', 'Why?'), false);
    // The client sends it again.
    first.markFailed();
    assert.equal(isExpected('m', 'Why?'), true);
    call.end();
  });

  it('matches nothing once its call has ended', () => {
    announced(trace, CONTENT).end();
    assert.equal(isExpected('m', 'Why?'), false);
  });

  it('matches no request of another trace', () => {
    const other = tracer.startTrace('other');
    const call = announced(trace, CONTENT);
    assert.equal(isExpected('m', 'Why?', other), false);
    assert.equal(announcedRequest('m', 'Why?') === undefined, true);
    assert.equal(isExpected('m', 'Why?'), true);
    call.end();
    other.end();
  });

  it('is recognised in the scope of its own step, whatever is asked and however often', () => {
    const call = announced(trace);
    const inStep = () => call.step.run(() => announcedRequest('n', 'anything'));
    assert.ok(inStep() !== undefined);
    assert.ok(inStep() !== undefined);
    assert.equal(isExpected('n', 'anything'), false);
    call.end();
    assert.equal(inStep(), undefined);
  });
});
