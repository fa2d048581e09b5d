/** An export without content sends nothing of an attribute that is content, whatever dialect has it. */

import assert from 'node:assert/strict';
import type { StepType } from '@openlayer-tracing/core/integration';
import { DIALECTS } from '../../src/dialects/attributes/tables/index.ts';
import { isSimpleFact, type SimpleFact } from '../../src/dialects/facts/facts.ts';
import { kindOfMember } from '../../src/dialects/facts/members.ts';
import { spanOfStep } from '../../src/dialects/to-span/span-of-step.ts';
import { stepOfSpan } from '../../src/dialects/to-step/step-of-span.ts';
import { withoutContent } from '../../src/export/rows/without-content.ts';

/**
 * Whether a fact is content. A new one does not compile until it is here: then see what becomes of it in a step. `mixed`: an object
 * of anything, of which the fields that are no content are kept.
 */
const FACTS = {
  name: 'label',
  provider: 'label',
  model: 'label',
  requestModel: 'label',
  parameters: 'mixed',
  usage: 'mixed',
  cost: 'label',
  costDetails: 'label',
  messages: 'content',
  instructions: 'content',
  tools: 'content',
  answer: 'content',
  answerText: 'content',
  reasoning: 'content',
  toolCalls: 'content',
  answerObject: 'content',
  inputs: 'content',
  output: 'content',
  functionName: 'label',
  arguments: 'content',
  result: 'content',
  query: 'content',
  documents: 'content',
  embeddingDimensions: 'label',
  embeddingInputs: 'content',
  embeddingTexts: 'content',
  embeddings: 'content',
  agentName: 'label',
  finishReasons: 'label',
  firstChunkSeconds: 'label',
  firstChunkMs: 'label',
  firstChunkAt: 'label',
  sessionId: 'label',
  userId: 'label',
  tags: 'label',
  metadata: 'mixed',
  errorType: 'label',
  errorMessage: 'label',
  level: 'label',
  pending: 'label',
  inferenceId: 'label',
  stepInputs: 'content',
  stepOutput: 'content',
  stepParameters: 'mixed',
  stepMetadata: 'mixed',
  stepFields: 'mixed',
} as const satisfies Readonly<Record<SimpleFact, 'content' | 'label' | 'mixed'>>;

const TYPES: readonly StepType[] = [
  ...(['user_call', 'chat_completion', 'embedding', 'agent', 'tool', 'retriever'] as const),
  ...(['chain', 'handoff', 'guardrail', 'function_call'] as const),
];
const CANARY = 'S3CRET';
/** The forms in which attributes hold values. */
const VALUES: readonly unknown[] = [
  CANARY,
  `my ${CANARY} test`,
  JSON.stringify(CANARY),
  JSON.stringify({ a: CANARY, content: CANARY }),
  JSON.stringify([{ role: 'user', content: CANARY }]),
  [CANARY],
  // Contents of vectors.
  JSON.stringify([[CANARY]]),
];

const PROMPT = { 'input.value': '[{"role":"user","content":"hi"}]' };

type Kind = 'content' | 'label' | 'mixed' | 'ignored';

function kindOf(target: string): Kind | undefined {
  if (target === 'ignored') return 'ignored';
  const list = target.replace(/\[\]$/, '');
  if (isSimpleFact(list)) return FACTS[list];
  const [fact = '', member = ''] = target.split('.');
  if (fact === 'tokens') return 'label';
  if (member === '*') return 'mixed';
  return kindOfMember(fact as Parameters<typeof kindOfMember>[0], member);
}

/** Attributes that the key of a table matches. */
function namesOf(key: string, target: string): readonly string[] {
  if (!key.endsWith('.*')) return [key];
  const prefix = key.slice(0, -1);
  if (!target.endsWith('[]')) return [`${prefix}canary`];
  return [
    ...['0.content', '0.message.content', '0.message.contents.0.message_content.text'],
    ...['0.document.content', '0.embedding.text', '0.tool.json_schema', '0.name'],
  ].map((rest) => prefix + rest);
}

const TARGETS = DIALECTS.flatMap(({ name, attributes }) =>
  Object.entries(attributes).map(([key, target]) => ({ name, key, target, kind: kindOf(target) })),
);

/** Where the canary of an attribute is found in the span that is sent: with the content, and without it. */
function found(key: string, target: string): { readonly all: boolean; readonly kept: string[] } {
  let all = false;
  // A target has a path, which is no content. Tools are shown beside a prompt alone.
  const values = target === 'http.target' ? [`/path?q=${CANARY}`] : VALUES;
  const beside = /^tools/.test(target) ? PROMPT : {};
  const kept: string[] = [];
  for (const type of TYPES) {
    for (const name of namesOf(key, target)) {
      for (const value of values) {
        const { step } = stepOfSpan({
          name: 'work',
          kind: 'client',
          startMs: 1,
          endMs: 2,
          attributes: { 'openlayer.step.type': type, ...beside, [name]: value },
          events: [],
          status: { code: 'unset' },
          scope: { name: 'app' },
        });
        all ||= JSON.stringify(spanOfStep(step, {})).includes(CANARY);
        const sent = JSON.stringify(spanOfStep(withoutContent(step), {}));
        if (sent.includes(CANARY))
          kept.push(`${type}, ${name} = ${JSON.stringify(value)}: ${sent}`);
      }
    }
  }
  return { all, kept };
}

describe('a span without content', () => {
  it('is made of attributes each of which is content or not', () => {
    assert.deepEqual(
      TARGETS.filter(({ kind }) => kind === undefined),
      [],
    );
    const members = TARGETS.filter(({ target }) =>
      /^(metadata|parameters|http|database)\./.test(target),
    );
    assert.ok(members.length > 60);
    assert.ok(members.some(({ kind }) => kind === 'content'));
  });

  for (const { name, key, target, kind } of TARGETS) {
    if (kind === 'content') {
      it(`has nothing of ${key} (${name})`, () => {
        const { all, kept } = found(key, target);
        assert.ok(all || UNSEEN.has(target), 'the canary is not even in the span with content');
        assert.deepEqual(kept, []);
      });
    }
    if (kind === 'label' && target.startsWith('metadata.')) {
      it(`has ${key} (${name})`, () => assert.ok(found(key, target).kept.length > 0));
    }
  }

  it('has of the other fields of a response only numbers, booleans and names', () => {
    const metadata = {
      citations: [{ text: CANARY }],
      grounding: { queries: [CANARY], chunks: 3, more: { text: CANARY, isLast: true } },
      said: `my ${CANARY} test`,
      stopSequence: CANARY,
      serviceTier: 'flex',
      scope: '@scope/name 1.2.3',
      billed: { region: 'eu', units: 3 },
    };
    const step = {
      name: 'a',
      type: 'chat_completion',
      startTime: 1,
      endTime: 2,
      metadata,
    } as const;
    assert.deepEqual(withoutContent(step).metadata, {
      grounding: { chunks: 3, more: { isLast: true } },
      serviceTier: 'flex',
      scope: '@scope/name 1.2.3',
      billed: { region: 'eu', units: 3 },
    });
  });
});

/** Content that no span shows as it came: the vectors of an embedding are counted alone. */
const UNSEEN: ReadonlySet<string> = new Set(['embeddings']);
