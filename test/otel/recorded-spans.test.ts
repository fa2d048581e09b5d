/** Spans of real SDKs as steps. `UPDATE_SNAPSHOT=1` writes what there is, to be read before it is committed. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type SpanData, type StepData, stepOfSpan } from '@openlayer-tracing/otel/dialects';
import { printedSteps } from './printed-steps.ts';
import { RECORDINGS, recordingOf } from './recordings.ts';

const stepsIn = (name: string): readonly StepData[] =>
  recordingOf(name).spans.map((span) => stepOfSpan(span).step);

const isModelCall = ({ type }: StepData) => type === 'chat_completion' || type === 'embedding';

/** The inputs of a step, of which the test knows the fields. */
const inputsOf = <T>(step: StepData | undefined): T => (step?.inputs ?? {}) as T;

const modelCalls = (name: string): readonly StepData[] => stepsIn(name).filter(isModelCall);

describe('recorded spans', () => {
  for (const name of RECORDINGS) {
    it(`${name} are the steps that were printed and read`, () => {
      const printed = printedSteps(recordingOf(name).spans);
      const file = fileURLToPath(new URL(`./expected/${name}.txt`, import.meta.url));
      if (process.env.UPDATE_SNAPSHOT) writeFileSync(file, printed);
      assert.ok(existsSync(file), `no ${file} yet`);
      assert.deepEqual(printed.split('\n'), readFileSync(file, 'utf8').split('\n'));
    });

    it(`${name} have tokens at model calls alone`, () => {
      for (const step of stepsIn(name)) {
        const counts = [step.promptTokens, step.completionTokens, step.tokens, step.cost];
        if (!isModelCall(step)) assert.deepEqual(counts, Array(4).fill(undefined), step.name);
      }
    });

    it(`${name} have the error of each span that failed`, () => {
      for (const span of recordingOf(name).spans.filter(({ status }) => status.code === 'error')) {
        const { error } = stepOfSpan(span).step;
        assert.ok(error !== undefined && error.name !== '' && error.message !== '', span.name);
      }
    });
  }
});

/** What the same calls of a client are as steps, by the instrumentation: `undefined` is what it does not record. */
describe('the same calls of OpenAI', () => {
  const recordings = ['otel-openai', 'openinference-openai', 'traceloop-openai', 'langfuse'];
  const firstOf = (name: string) =>
    modelCalls(name).find(({ tokens, name: of }) => tokens === 18 && of !== 'generation');

  for (const name of recordings) {
    it(`by ${name} have the model, the tokens and the parameters`, () => {
      const step = firstOf(name);
      assert.equal(step?.model, 'gpt-5-mini-2026');
      assert.deepEqual([step?.promptTokens, step?.completionTokens], [9, 9]);
      assert.equal(step?.modelParameters?.temperature, 0.2);
      // Langfuse has no attribute for the provider.
      assert.equal(step?.provider, name === 'langfuse' ? undefined : 'openai');
    });

    // Of OpenTelemetry's own instrumentation, the content is in the logs.
    if (name === 'otel-openai') continue;
    it(`by ${name} have the same messages and answers`, () => {
      assert.deepEqual(firstOf(name)?.inputs, {
        prompt: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'What is a span?' },
        ],
      });
      assert.equal(firstOf(name)?.output, 'You said: What is a span? — ça va?');
      const calling = modelCalls(name).find(({ completionTokens }) => completionTokens === 14);
      assert.deepEqual(calling?.output, {
        tool_calls: ['Oslo', 'Roma'].map((city, i) => ({
          id: `call_${i}`,
          name: 'weather',
          arguments: { city },
        })),
      });
      const { tools } = inputsOf<{ readonly tools: readonly object[] }>(calling);
      assert.match(JSON.stringify(tools), /"name":"weather","description":"The weather in a city"/);
      const last = modelCalls(name).find(({ promptTokens }) => promptTokens === 16);
      const { prompt } = inputsOf<{ readonly prompt: readonly { readonly role: string }[] }>(last);
      assert.deepEqual(
        prompt.filter(({ role }) => role === 'tool'),
        ['call_0', 'call_1'].map((id) => ({ role: 'tool', content: '12 °C', tool_call_id: id })),
      );
    });
  }
});

describe('the same calls of Anthropic', () => {
  for (const name of ['openinference-anthropic', 'traceloop-anthropic']) {
    it(`by ${name} have the tokens of caches among those of the input`, () => {
      const [step] = modelCalls(name);
      assert.deepEqual(
        [step?.promptTokens, step?.completionTokens, step?.tokens, step?.usageDetails],
        [
          23,
          9,
          32,
          { input_tokens: 7, output_tokens: 9, cached_tokens: 11, cache_creation_tokens: 5 },
        ],
      );
    });

    it(`by ${name} have the instructions, tools and their results`, () => {
      const [first, second, third] = modelCalls(name);
      assert.deepEqual(first?.inputs, {
        prompt: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'What is a span?' },
        ],
      });
      assert.deepEqual(second?.output, {
        content: 'Let me look.',
        tool_calls: ['Oslo', 'Roma'].map((city, i) => ({
          id: `toolu_${i + 1}`,
          name: 'weather',
          arguments: { city },
        })),
      });
      const { prompt } = inputsOf<{ readonly prompt: readonly { readonly role: string }[] }>(third);
      const [assistant, ...results] = prompt.slice(2).map(({ role }) => role);
      assert.equal(assistant, 'assistant');
      // OpenInference's instrumentation has only the last result of a message.
      assert.deepEqual(results, name.startsWith('traceloop') ? ['tool', 'tool'] : ['tool']);
    });
  }

  it('by the AI SDK 5 have them as well, which its attributes leave out', () => {
    const [step] = modelCalls('ai-sdk-5-anthropic');
    assert.deepEqual([step?.promptTokens, step?.tokens], [23, 32]);
    assert.equal(step?.usageDetails?.cached_tokens, 11);
  });
});

describe('the same calls of the AI SDK', () => {
  for (const name of ['ai-sdk-4', 'ai-sdk-5', 'ai-sdk-6', 'ai-sdk-7', 'ai-sdk-7-legacy']) {
    it(`by ${name} are two model calls and two tools of one answer`, () => {
      const { spans } = recordingOf(name);
      const [root] = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
      const isBelow = (span: SpanData | undefined): boolean =>
        span !== undefined &&
        (span.spanId === root?.spanId ||
          isBelow(spans.find(({ spanId }) => spanId === span.parentSpanId)));
      const steps = spans.filter(isBelow).map((span) => stepOfSpan(span).step);
      const calls = steps.filter(isModelCall);
      assert.deepEqual(
        calls.map(({ promptTokens, completionTokens }) => [promptTokens, completionTokens]),
        [
          [9, 14],
          [11, 6],
        ],
      );
      for (const { provider, model, modelParameters } of calls) {
        assert.deepEqual([provider, model], ['openai', 'gpt-5-mini-2026']);
        assert.equal(modelParameters?.temperature, 0.2);
      }
      const tools = steps.filter(({ type }) => type === 'tool');
      assert.deepEqual(
        tools.map(({ functionName, arguments: given, output }) => [functionName, given, output]),
        ['Oslo', 'Roma'].map((city) => ['weather', { city }, { city, degrees: 12 }]),
      );
    });
  }
});

describe('requests', () => {
  it('have the same facts by the stable and by the old names', () => {
    for (const name of ['http', 'http-old-names']) {
      const requests = stepsIn(name).filter(({ type }) => type === 'user_call');
      const [first] = requests;
      const http = (first?.metadata.http ?? {}) as Readonly<Record<string, unknown>>;
      const { method, path, query, status } = http;
      assert.deepEqual([method, path, query, status], ['GET', '/chat/7', 'full=1', 200], name);
    }
  });
});
