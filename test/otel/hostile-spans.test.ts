/** Any attributes give a step: within bounds, without a throw, in time that grows with their number. */

import assert from 'node:assert/strict';
import {
  type SpanData,
  type SpanStep,
  spanOfStep,
  stepOfSpan,
} from '@openlayer-tracing/otel/dialects';
import { RandomValues } from '../integrations/random-values.ts';
import { RECORDINGS, recordingOf, spanOf, spanWith } from './recordings.ts';

const MAX_TEXT_CHARS = 1 << 20;

/** All attribute names that a recording has, which the tables know. */
const KEYS: readonly string[] = [
  ...new Set(
    RECORDINGS.flatMap((name) => recordingOf(name).spans).flatMap(({ attributes }) =>
      Object.keys(attributes),
    ),
  ),
];

/** Values of every type, of which some are no value that an attribute may have. */
const VALUES: readonly unknown[] = [
  ...[
    '',
    ' ',
    '{',
    '[',
    '[1',
    '"',
    'null',
    '{}',
    '[]',
    '[null]',
    '{"a":',
    '\ud800',
    'x'.repeat(100),
  ],
  ...[
    '{"__proto__":{"polluted":1}}',
    '[{"role":"user","content":{"a":[1]}}]',
    '-1',
    '1e999',
    '0x10',
  ],
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, true, false, null, undefined],
  ...[12n, 2n ** 70n, Symbol('s'), () => 1, new Date(0), new Uint8Array(9), new Map([[1, 2]])],
  ...[
    [],
    [1, 'a', null],
    [['a']],
    {},
    { a: { b: { c: 1 } } },
    [{ role: 'user', parts: [null, 7] }],
  ],
  ...[
    [{ message: { message: { message: 1 } } }],
    { messages: [{ role: 7, content: [{ type: {} }] }] },
  ],
  ...[
    '[{"role":"assistant","tool_calls":[null,{"function":7}]}]',
    [{ role: 'user', tool_calls: 'x' }],
  ],
];

/** Checks what must hold for every step. */
function check({ step, dialects }: SpanStep, about: string): void {
  const { name, type, startTime, endTime, metadata } = step;
  assert.ok(typeof name === 'string' && typeof type === 'string', about);
  assert.ok(Number.isFinite(startTime) && endTime >= startTime, about);
  assert.ok(Array.isArray(dialects), about);
  for (const field of ['promptTokens', 'completionTokens', 'tokens', 'cost'] as const) {
    const count = step[field];
    assert.ok(count === undefined || (Number.isFinite(count) && count >= 0), `${about}: ${field}`);
  }
  const unknown = Object.keys((metadata.attributes ?? {}) as object).length;
  assert.ok(unknown <= 128, about);
  // It is made of plain values, so it can be written and read.
  assert.equal(typeof JSON.stringify(step), 'string', about);
  assert.equal(({} as Record<string, unknown>).polluted, undefined, about);
}

/** The step of a span, which is a span again, which is a step again. */
function checked(span: SpanData, about: string): SpanStep {
  const read = stepOfSpan(span);
  check(read, about);
  check(stepOfSpan(spanWith(spanOfStep(read.step))), about);
  return read;
}

describe('any attributes', () => {
  it('of a known name are a step, whatever the value', () => {
    for (const key of KEYS) {
      for (const [i, value] of VALUES.entries()) checked(spanOf({ [key]: value }), `${key} ${i}`);
    }
  });

  it('are a step in any combination', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const random = new RandomValues(seed);
      const pick = <T>(items: readonly T[]): T =>
        items[Math.floor(random.next() * items.length)] as T;
      const attributes = Object.fromEntries(
        Array.from({ length: 1 + Math.floor(random.next() * 30) }, () => {
          const value = random.next() < 0.5 ? pick(VALUES) : random.object();
          return [pick(KEYS), random.next() < 0.3 ? JSON.stringify(random.object()) : value];
        }),
      );
      const events = [
        { name: 'exception', timeMs: 1, attributes },
        { name: 'gen_ai.choice', timeMs: 1, attributes },
        { name: 'ai.stream.finish', timeMs: 1, attributes },
      ];
      checked(spanWith({ attributes, events }), `seed ${seed}`);
    }
  });

  it('of another form are a step: what a protocol or an SDK got wrong', () => {
    const wrong: readonly unknown[] = [undefined, null, 7, 'text', [], [null], [[]], { a: 1 }];
    for (const field of Object.keys(spanOf({}))) {
      for (const value of wrong) {
        check(
          stepOfSpan({
            ...spanOf({ 'gen_ai.operation.name': 'chat' }),
            [field]: value,
          } as SpanData),
          field,
        );
      }
    }
    const throws = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('no');
        },
      },
    );
    check(stepOfSpan(spanWith({ attributes: throws })), 'a proxy');
    check(stepOfSpan(spanOf({ 'input.value': throws, other: throws })), 'a proxy in a value');
    const getter = Object.defineProperty({}, 'input.value', {
      enumerable: true,
      get: () => assert.fail('a getter was called'),
    });
    check(stepOfSpan(spanWith({ attributes: getter })), 'a getter');
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    check(stepOfSpan(spanOf({ 'input.value': circle, other: circle })), 'a circle');
  });

  it('that would change prototypes change none', () => {
    const text = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const attributes = JSON.parse(
      `{"__proto__":{"polluted":1},"metadata":${JSON.stringify(text)},"llm.invocation_parameters":${JSON.stringify(text)},
      "llm.input_messages.0.__proto__.polluted":1,"gen_ai.prompt.__proto__.polluted":1,
      "gen_ai.request.__proto__":{"polluted":1},"langfuse.observation.metadata.__proto__":"x",
      "ai.settings.constructor":"x","gen_ai.operation.name":"constructor","openinference.span.kind":"__proto__"}`,
    ) as Record<string, unknown>;
    const { step } = checked(spanOf(attributes), 'prototypes');
    for (const object of [step, step.metadata, step.modelParameters ?? {}]) {
      assert.equal(Object.getPrototypeOf(object), Object.prototype);
      assert.equal((object as Record<string, unknown>).polluted, undefined);
    }
    assert.equal(step.type, 'chain');
  });
});

describe('the bounds of a step', () => {
  it('are those of text: one value of 5 MB is cut', () => {
    const long = 'x'.repeat(5_000_000);
    const { step } = stepOfSpan(
      spanOf({ 'input.value': [long], other: long, 'gen_ai.prompt': [long] }),
    );
    for (const value of [step.inputs, step.metadata.attributes]) {
      assert.ok(JSON.stringify(value).length <= MAX_TEXT_CHARS + 100);
    }
    const { attributes } = step.metadata as { readonly attributes: { readonly other: string } };
    assert.equal(attributes.other.length, 8192);
  });

  it('are those of depth: JSON of 100,000 levels is cut', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const objects = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    for (const key of [
      'input.value',
      'gen_ai.input.messages',
      'metadata',
      'ai.response.toolCalls',
    ]) {
      checked(spanOf({ [key]: deep }), key);
      checked(spanOf({ [key]: objects }), key);
    }
  });

  it('are those of number: unknown attributes, numbers of items, events', () => {
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`own.${i}`, i]));
    const { step } = stepOfSpan(spanOf(many));
    assert.equal(Object.keys(step.metadata.attributes as object).length, 128);
    assert.equal(step.metadata.unkeptAttributes, 50_000 - 128);
    const numbered = stepOfSpan(
      spanOf({
        'gen_ai.operation.name': 'chat',
        'gen_ai.prompt.0.content': 'first',
        'gen_ai.prompt.999.content': 'last',
        'gen_ai.prompt.1000.content': 'refused',
        'gen_ai.prompt.4294967295.content': 'refused',
      }),
    ).step;
    assert.deepEqual(numbered.inputs, {
      prompt: [
        { role: 'user', content: 'first' },
        { role: 'user', content: 'last' },
      ],
    });
    assert.equal(numbered.metadata.unkeptAttributes, 2);
    const events = Array.from({ length: 5000 }, (_, i) => ({
      name: `e${i}`,
      timeMs: i,
      attributes: {},
    }));
    const { metadata } = stepOfSpan(spanWith({ events })).step;
    assert.equal((metadata.events as readonly unknown[]).length, 32);
  });

  it('keep well-formed what they cut', () => {
    const { step } = stepOfSpan(spanOf({ own: `${'x'.repeat(8191)}👋` }));
    const { own } = step.metadata.attributes as { readonly own: string };
    assert.ok(own.isWellFormed() && own.length === 8191);
  });
});

describe('the time for a span', () => {
  /** Microseconds of CPU of the fastest of several runs: other processes do not count. */
  function fastest(span: SpanData): number {
    const times = Array.from({ length: 7 }, () => {
      const start = process.cpuUsage();
      stepOfSpan(span);
      const { user, system } = process.cpuUsage(start);
      return user + system;
    });
    return Math.min(...times);
  }

  /** Twenty times as much takes about 20 times as long; by the square it would be 400 times. */
  function assertLinear(few: SpanData, many: SpanData): void {
    fastest(few);
    const ratio = fastest(many) / Math.max(fastest(few), 20);
    assert.ok(ratio < 120, `${ratio.toFixed(1)} times as long`);
  }

  const KINDS: Readonly<Record<string, (i: number) => readonly [string, unknown]>> = {
    'numbered messages': (i) => [`gen_ai.prompt.${i % 1000}.field${Math.floor(i / 1000)}`, 'x'],
    'one item of many fields': (i) => [`llm.input_messages.0.message.${i}`, 'x'],
    'own attributes': (i) => [`own.attribute.${i}`, 'x'],
    'members of metadata': (i) => [`ai.telemetry.metadata.${i}`, 'x'],
    'long names': (i) => [`${'a.'.repeat(400)}${i}`, 'x'],
  };

  for (const [kind, attribute] of Object.entries(KINDS)) {
    it(`grows with the number of its attributes: ${kind}`, () => {
      const span = (n: number) =>
        spanOf(Object.fromEntries(Array.from({ length: n }, (_, i) => attribute(i))));
      assertLinear(span(500), span(10_000));
    });
  }

  it('grows with the length of its messages', () => {
    const span = (n: number) => {
      const message = {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 'c', name: 'f', input: {} }],
      };
      return spanOf({
        'gen_ai.operation.name': 'chat',
        'gen_ai.input.messages': JSON.stringify(Array.from({ length: n }, () => message)),
        'gen_ai.output.messages': JSON.stringify([
          {
            role: 'assistant',
            content: Array.from({ length: n }, (_, i) => ({ ...message.content[0], id: `${i}` })),
          },
        ]),
      });
    };
    assertLinear(span(100), span(2000));
  });
});
