/** Bedrock's agents, flows and knowledge bases as steps. */

import assert from 'node:assert/strict';
import type { WireStep } from '@openlayer-tracing/core/wire';
import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import {
  AgenticRetrieveStreamCommand,
  BedrockAgentRuntimeClient,
  GenerateQueryCommand,
  InvokeAgentCommand,
  InvokeFlowCommand,
  InvokeInlineAgentCommand,
  ListSessionsCommand,
  OptimizePromptCommand,
  RerankCommand,
  RetrieveAndGenerateCommand,
  RetrieveAndGenerateStreamCommand,
  RetrieveCommand,
  StartFlowExecutionCommand,
} from 'bedrock-agent3';
import { BedrockRuntimeClient } from 'bedrock3';
import { eventFrame } from '../support/llm-server/bedrock.ts';
import { drain, frames, json, type Reply, stepOf, stepsOf } from './far-end.ts';

type Json = Record<string, unknown>;
type Options = Parameters<typeof traceBedrock>[1];

function clientAt(endpoint: string, options?: Options): BedrockAgentRuntimeClient {
  const client = new BedrockAgentRuntimeClient({
    region: 'eu-west-1',
    endpoint,
    credentials: { accessKeyId: 'a', secretAccessKey: 's' },
    maxAttempts: 1,
  });
  return traceBedrock(client, options);
}

function sent(
  reply: Reply,
  send: (client: BedrockAgentRuntimeClient) => Promise<unknown>,
  options?: Options,
): Promise<WireStep> {
  return stepOf({ reply, isHttp2: true }, (url) => send(clientAt(url, options)));
}

function stream(...events: readonly (readonly [type: string, payload: object])[]): Reply {
  return frames(events.map(([type, payload]) => eventFrame(type, payload)));
}

const packed = (text: string) => ({ bytes: Buffer.from(text).toString('base64') });
const CITATION = { generatedResponsePart: { textResponsePart: { text: 'It is so.' } } };

describe('an agent of Bedrock', () => {
  const INPUT = { agentId: 'AGENT1', agentAliasId: 'ALIAS1', sessionId: 's1', inputText: 'Hello' };
  const ask = (client: BedrockAgentRuntimeClient) =>
    client.send(new InvokeAgentCommand(INPUT)).then(({ completion }) => drain(completion));
  const orchestration = (part: Json): [string, object] => [
    'trace',
    { agentId: 'AGENT1', sessionId: 's1', trace: { orchestrationTrace: part } },
  ];

  it('is a step with its answer, which is received in pieces', async () => {
    const answer = Buffer.from('It is ça.');
    const step = await sent(
      stream(
        ['chunk', { bytes: answer.subarray(0, 7).toString('base64') }],
        [
          'chunk',
          {
            bytes: answer.subarray(7).toString('base64'),
            attribution: { citations: [CITATION] },
          },
        ],
      ),
      ask,
    );
    assert.deepEqual(
      [step.name, step.type, step.inputs],
      ['Bedrock Agent', 'agent', { input: 'Hello' }],
    );
    assert.deepEqual(step.output, { content: 'It is ça.', citations: [CITATION] });
    const { provider, parameters, partial } = step.metadata;
    assert.deepEqual([provider, partial], ['bedrock', undefined]);
    assert.deepEqual(parameters, { agentId: 'AGENT1', agentAliasId: 'ALIAS1', sessionId: 's1' });
  });

  it('has the models, tools and lookups of its trace as children', async () => {
    const step = await sent(
      stream(
        orchestration({
          modelInvocationInput: {
            traceId: 't1',
            text: '{"messages":[]}',
            foundationModel: 'anthropic.claude-3-haiku-20240307-v1:0',
            inferenceConfiguration: { temperature: 0.5 },
          },
        }),
        orchestration({
          modelInvocationOutput: {
            traceId: 't1',
            rawResponse: { content: 'I call the weather.' },
            metadata: {
              usage: { inputTokens: 100, outputTokens: 20 },
              startTime: 1_790_000_000.25,
              endTime: 1_790_000_001.5,
            },
          },
        }),
        orchestration({ rationale: { traceId: 't1', text: 'The weather is asked for.' } }),
        orchestration({
          invocationInput: {
            traceId: 't1',
            invocationType: 'ACTION_GROUP',
            actionGroupInvocationInput: {
              actionGroupName: 'weather',
              function: 'today',
              parameters: [{ name: 'city', value: 'Oslo' }],
            },
          },
        }),
        orchestration({
          observation: {
            traceId: 't1',
            type: 'ACTION_GROUP',
            actionGroupInvocationOutput: { text: 'sunny' },
          },
        }),
        orchestration({
          invocationInput: {
            traceId: 't2',
            knowledgeBaseLookupInput: { text: 'Oslo', knowledgeBaseId: 'KB1' },
          },
        }),
        orchestration({
          observation: {
            traceId: 't2',
            knowledgeBaseLookupOutput: { retrievedReferences: [{ content: { text: 'A city.' } }] },
          },
        }),
        ['trace', { trace: { guardrailTrace: { traceId: 't3', action: 'NONE' } } }],
        ['chunk', packed('It is sunny.')],
      ),
      ask,
    );
    assert.equal(step.output, 'It is sunny.');
    assert.deepEqual(
      step.steps.map(({ type, name, output }) => [type, name, output]),
      [
        ['chat_completion', 'Bedrock Chat Completion', 'I call the weather.'],
        ['chain', 'Rationale', 'The weather is asked for.'],
        ['tool', 'today', 'sunny'],
        ['retriever', 'Knowledge Base', [{ content: { text: 'A city.' } }]],
        ['guardrail', 'Guardrail', 'NONE'],
      ],
    );
    const [model, , tool] = step.steps as [WireStep, WireStep, WireStep];
    assert.deepEqual(
      [model.model, model.provider, model.promptTokens, model.completionTokens, model.latency],
      ['anthropic.claude-3-haiku-20240307-v1:0', 'bedrock', 100, 20, 1250],
    );
    assert.deepEqual(model.modelParameters, { temperature: 0.5 });
    assert.deepEqual(tool.inputs, {
      actionGroupName: 'weather',
      function: 'today',
      parameters: [{ name: 'city', value: 'Oslo' }],
    });
  });

  it('keeps the inputs of at most 256 works that have not ended', async () => {
    const works = (count: number) =>
      Array.from({ length: count }, (_, i) =>
        orchestration({ invocationInput: { traceId: `t${i}`, otherInput: { text: `${i}` } } }),
      );
    const end = (id: number) =>
      orchestration({ observation: { traceId: `t${id}`, otherOutput: { text: 'done' } } });
    const step = await sent(stream(...works(300), end(255), end(299)), ask);
    const [last, dropped] = step.steps as [WireStep, WireStep];
    assert.deepEqual([last.inputs, last.output], [{ text: '255' }, 'done']);
    assert.deepEqual([dropped.inputs, dropped.output], [{}, 'done']);
  });

  it('keeps tools that the caller has to run, files, and unknown events', async () => {
    const control = { invocationId: 'i1', invocationInputs: [{ functionInvocationInput: {} }] };
    const files = [
      { name: 'a.csv', type: 'text/csv', bytes: Buffer.alloc(900, 7).toString('base64') },
    ];
    const { output } = await sent(
      stream(['returnControl', control], ['files', { files }], ['weather', { sky: 'blue' }]),
      ask,
    );
    assert.deepEqual(output, {
      parts: [
        { returnControl: control },
        { files: { files: [{ name: 'a.csv', type: 'text/csv', bytes: '[base64, 900 bytes]' }] } },
        { weather: { sky: 'blue' } },
      ],
    });
  });

  it('fails if its trace has a failure', async () => {
    const failure = { traceId: 't1', failureReason: 'no such tool', failureCode: 400 };
    const step = await sent(stream(['trace', { trace: { failureTrace: failure } }]), ask);
    assert.deepEqual([step.metadata.error, step.metadata.errorType], ['no such tool', '400']);
  });

  it('has no content with content: false', async () => {
    const step = await sent(
      stream(
        orchestration({ rationale: { traceId: 't1', text: 'SAID' } }),
        orchestration({
          modelInvocationInput: { traceId: 't1', text: 'SAID', foundationModel: 'm' },
        }),
        orchestration({
          modelInvocationOutput: {
            traceId: 't1',
            rawResponse: { content: 'SAID' },
            parsedResponse: { text: 'SAID' },
            metadata: { usage: { inputTokens: 1, outputTokens: 2 } },
          },
        }),
        ['chunk', { ...packed('SAID'), aside: 'SAID' }],
      ),
      ask,
      { content: false },
    );
    assert.doesNotMatch(JSON.stringify(step), /SAID/);
    assert.equal(step.steps.at(-1)?.completionTokens, 2);
  });

  it('is a step if it is defined inline', async () => {
    const step = await sent(stream(['chunk', packed('Hi')]), async (client) => {
      const command = new InvokeInlineAgentCommand({
        foundationModel: 'arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0',
        instruction: 'Be brief, and do as you are told.',
        sessionId: 's1',
        inputText: 'Hello',
      });
      await drain((await client.send(command)).completion);
    });
    assert.deepEqual([step.name, step.type, step.output], ['Bedrock Inline Agent', 'agent', 'Hi']);
    assert.equal(step.metadata.model, 'amazon.nova-lite-v1:0');
  });
});

describe('a flow of Bedrock', () => {
  const INPUT = {
    flowIdentifier: 'FLOW1',
    flowAliasIdentifier: 'ALIAS1',
    inputs: [{ nodeName: 'start', nodeOutputName: 'document', content: { document: 'Hello' } }],
  };
  const run = async (client: BedrockAgentRuntimeClient) =>
    drain((await client.send(new InvokeFlowCommand(INPUT))).responseStream);
  const output = (nodeName: string, document: string): [string, object] => [
    'flowOutputEvent',
    { nodeName, nodeType: 'FlowOutputNode', content: { document } },
  ];
  const done: [string, object] = ['flowCompletionEvent', { completionReason: 'SUCCESS' }];

  it('is a step with its output, and its nodes as children', async () => {
    const step = await sent(
      stream(
        [
          'flowTraceEvent',
          {
            trace: {
              nodeInputTrace: {
                nodeName: 'ask',
                timestamp: '2026-11-01T00:00:00Z',
                fields: [{ nodeInputName: 'q', content: { document: 'Hello' } }],
              },
            },
          },
        ],
        [
          'flowTraceEvent',
          {
            trace: {
              nodeOutputTrace: {
                nodeName: 'ask',
                timestamp: '2026-11-01T00:00:02Z',
                fields: [{ nodeOutputName: 'a', content: { document: 'Hi' } }],
              },
            },
          },
        ],
        output('end', 'Hi'),
        done,
      ),
      run,
    );
    assert.deepEqual([step.name, step.type, step.output], ['Bedrock Flow', 'chain', 'Hi']);
    assert.equal(step.metadata.finishReason, 'SUCCESS');
    assert.deepEqual(
      step.steps.map(({ name, inputs, output: said, latency }) => [name, inputs, said, latency]),
      [['ask', { q: 'Hello' }, { a: 'Hi' }, 2000]],
    );
  });

  it('keeps the inputs of at most 256 nodes', async () => {
    const traced = (kind: string, node: number, field: string): [string, object] => [
      'flowTraceEvent',
      {
        trace: {
          [kind]: {
            nodeName: `n${node}`,
            timestamp: '2026-11-01T00:00:00Z',
            fields: [{ [field]: 'x', content: { document: node } }],
          },
        },
      },
    ];
    const entered = Array.from({ length: 300 }, (_, i) =>
      traced('nodeInputTrace', i, 'nodeInputName'),
    );
    const left = [255, 299].map((node) => traced('nodeOutputTrace', node, 'nodeOutputName'));
    const step = await sent(stream(...entered, ...left, done), run);
    assert.deepEqual(
      step.steps.map(({ inputs, output: said }) => [inputs, said]),
      [
        [{ x: 255 }, { x: 255 }],
        [{}, { x: 299 }],
      ],
    );
  });

  it('keeps several outputs apart, and is partial if its stream is cut off', async () => {
    const step = await sent(stream(output('one', 'Hi'), output('two', 'Hey')), run);
    assert.match(JSON.stringify(step.output), /one.*Hi.*two.*Hey/);
    assert.equal(step.metadata.partial, true);
  });

  it('is a step if its result is fetched later', async () => {
    const executionArn = 'arn:aws:bedrock:eu-west-1:1:flow/FLOW1/alias/ALIAS1/execution/e1';
    const step = await sent(json({ executionArn }), (client) =>
      client.send(new StartFlowExecutionCommand(INPUT)),
    );
    assert.deepEqual([step.name, step.output], ['Bedrock Flow Execution', { executionArn }]);
  });
});

describe('a knowledge base of Bedrock', () => {
  it('retrieves', async () => {
    const retrievalResults = [{ content: { text: 'A city.' }, score: 0.9 }];
    const step = await sent(json({ retrievalResults, nextToken: 'n' }), (client) =>
      client.send(
        new RetrieveCommand({ knowledgeBaseId: 'KB1', retrievalQuery: { text: 'Oslo' } }),
      ),
    );
    assert.deepEqual(
      [step.name, step.type, step.inputs, step.output],
      ['Bedrock Retrieve', 'retriever', { query: 'Oslo' }, retrievalResults],
    );
    assert.deepEqual(step.metadata.parameters, { knowledgeBaseId: 'KB1' });
  });

  const CONFIGURATION = {
    type: 'KNOWLEDGE_BASE' as const,
    knowledgeBaseConfiguration: {
      knowledgeBaseId: 'KB1',
      modelArn: 'arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0',
    },
  };
  const generated = {
    input: { text: 'Hello' },
    retrieveAndGenerateConfiguration: CONFIGURATION,
  };

  it('generates an answer from its documents, whole and streamed', async () => {
    const answer = { sessionId: 's1', output: { text: 'It is so.' }, citations: [CITATION] };
    const whole = await sent(json(answer), (client) =>
      client.send(new RetrieveAndGenerateCommand(generated)),
    );
    const streamed = await sent(
      stream(
        ['output', { text: 'It is ' }],
        ['output', { text: 'so.' }],
        ['citation', { citation: CITATION }],
      ),
      async (client) =>
        drain((await client.send(new RetrieveAndGenerateStreamCommand(generated))).stream),
    );
    for (const step of [whole, streamed]) {
      assert.deepEqual(
        [step.name, step.type, step.model, step.provider],
        ['Bedrock Retrieve And Generate', 'chat_completion', 'amazon.nova-lite-v1:0', 'bedrock'],
      );
      assert.deepEqual(step.output, { content: 'It is so.', citations: [CITATION] });
      assert.deepEqual(step.inputs, { prompt: [{ role: 'user', content: 'Hello' }] });
    }
  });

  it('fails if a guardrail intervened, whole and streamed', async () => {
    const answer = { sessionId: 's1', output: { text: 'Sorry.' }, guardrailAction: 'INTERVENED' };
    const whole = await sent(json(answer), (client) =>
      client.send(new RetrieveAndGenerateCommand(generated)),
    );
    const streamed = await sent(
      stream(['output', { text: 'Sorry.' }], ['guardrail', { action: 'INTERVENED' }]),
      async (client) =>
        drain((await client.send(new RetrieveAndGenerateStreamCommand(generated))).stream),
    );
    for (const { metadata, output } of [whole, streamed]) {
      assert.deepEqual([metadata.error, output], ['a guardrail intervened', 'Sorry.']);
    }
  });

  it('is searched by an agent', async () => {
    const results = [{ content: { text: 'A city.', mimeType: 'text/plain' } }];
    const step = await sent(
      stream(['responseEvent', { text: 'It is so.' }], ['result', { results }]),
      async (client) => {
        const command = new AgenticRetrieveStreamCommand({
          messages: [{ role: 'user', content: { text: 'Oslo' } }],
          retrievers: [],
          agenticRetrieveConfiguration: {},
        } as unknown as ConstructorParameters<typeof AgenticRetrieveStreamCommand>[0]);
        await drain((await client.send(command)).stream);
      },
    );
    assert.deepEqual([step.name, step.type], ['Bedrock Agentic Retrieve', 'retriever']);
    assert.deepEqual(step.output, { content: 'It is so.', parts: [{ result: { results } }] });
  });
});

describe('other calls of a Bedrock agent client', () => {
  it('are retriever steps if they rank documents', async () => {
    const results = [{ index: 1, relevanceScore: 0.9 }];
    const step = await sent(json({ results }), (client) =>
      client.send(
        new RerankCommand({
          queries: [{ type: 'TEXT', textQuery: { text: 'Oslo' } }],
          sources: [],
          rerankingConfiguration: {
            type: 'BEDROCK_RERANKING_MODEL',
            bedrockRerankingConfiguration: {
              modelConfiguration: {
                modelArn: 'arn:aws:bedrock:eu-west-1::foundation-model/cohere.rerank-v3-5:0',
              },
            },
          },
        }),
      ),
    );
    assert.deepEqual([step.type, step.output], ['retriever', results]);
    assert.equal(step.metadata.model, 'cohere.rerank-v3-5:0');
  });

  it('are chat completion steps if a model writes', async () => {
    const queries = [{ type: 'REDSHIFT_SQL', sql: 'select 1' }];
    const asked = await sent(json({ queries }), (client) =>
      client.send(
        new GenerateQueryCommand({
          queryGenerationInput: { type: 'TEXT', text: 'one' },
          transformationConfiguration: { mode: 'TEXT_TO_SQL' },
        }),
      ),
    );
    assert.deepEqual([asked.type, asked.output], ['chat_completion', queries]);
    const optimizedPrompt = { textPrompt: { text: 'Be brief.' } };
    const better = await sent(
      stream(['optimizedPromptEvent', { optimizedPrompt }]),
      async (client) => {
        const command = new OptimizePromptCommand({
          input: { textPrompt: { text: 'be brief' } },
          targetModelId: 'amazon.nova-lite-v1:0',
        });
        await drain((await client.send(command)).optimizedPrompt);
      },
    );
    assert.equal(better.model, 'amazon.nova-lite-v1:0');
    assert.deepEqual(better.output, { parts: [{ optimizedPromptEvent: { optimizedPrompt } }] });
  });

  it('are not recorded if they are free', async () => {
    const steps = await stepsOf(
      { reply: json({ sessionSummaries: [] }), isHttp2: true },
      async (url) => {
        await clientAt(url).send(new ListSessionsCommand({}));
      },
      0,
    );
    assert.deepEqual(steps, []);
  });

  it('throw for a client of which nothing would be recorded', () => {
    const others = [{}, null, { middlewareStack: { add() {} }, config: { serviceId: 'S3' } }];
    for (const other of others) {
      assert.throws(
        () => traceBedrock(other as object),
        /takes a BedrockRuntimeClient or a BedrockAgentRuntimeClient/,
      );
    }
    const client = new BedrockRuntimeClient({ region: 'eu-west-1' });
    assert.equal(traceBedrock(client), client);
  });
});
