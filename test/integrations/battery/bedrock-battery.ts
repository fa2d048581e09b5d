import { traceBedrock } from '@openlayer-tracing/integrations/bedrock';
import type * as bedrock from 'bedrock3';
import type { BedrockRuntimeClient, Message } from 'bedrock3';
import { type Check, type DoorOptions, drained } from './check.ts';
import { commonChecks, type Kit, lastCheck } from './common-checks.ts';

interface BedrockKit extends Kit<BedrockRuntimeClient> {
  readonly module: typeof bedrock;
}

const CLAUDE = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0';
const ask = (text: string) => ({
  modelId: CLAUDE,
  messages: [{ role: 'user', content: [{ text }] }] as Message[],
});
const toolConfig = {
  tools: [{ toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } }],
};

export async function load(packageName: string, traced: DoorOptions | undefined) {
  const module = (await import(packageName)) as typeof bedrock;
  const { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } = module;
  const common = commonChecks<BedrockRuntimeClient>({
    ask: async (client, content, abortSignal) =>
      seen(await client.send(new ConverseCommand(ask(content)), abortSignal && { abortSignal })),
    async stream(client, content, abortSignal) {
      const command = new ConverseStreamCommand(ask(content));
      const { stream } = await client.send(command, abortSignal && { abortSignal });
      return stream ?? none();
    },
    retrying: { maxAttempts: 2 },
  });
  return {
    checks: [...common, ...checks, lastCheck] as readonly Check<BedrockKit>[],
    kit: (name: string): BedrockKit => ({
      module,
      client(scenario = '', options) {
        const client = new BedrockRuntimeClient({
          region: 'eu-west-1',
          endpoint: process.env.LLM_HTTP2_URL ?? '',
          token: { token: 't' },
          authSchemePreference: ['httpBearerAuth'],
          maxAttempts: 1,
          ...options,
        });
        client.middlewareStack.add(
          (next) => (args) => {
            const { headers } = args.request as { headers: Record<string, string> };
            headers['x-case'] = `${traced !== undefined}:${name}`;
            headers['x-scenario'] = scenario;
            return next(args);
          },
          { step: 'build' },
        );
        return traced ? traceBedrock(client, traced) : client;
      },
    }),
  };
}

async function* none() {}

/** Without how long the client waited between its tries. */
function seen({ $metadata, ...answer }: { $metadata: object }): unknown {
  return { ...answer, $metadata: { ...$metadata, totalRetryDelay: undefined } };
}

async function invoked(kit: BedrockKit, modelId: string, body: object): Promise<unknown> {
  const command = new kit.module.InvokeModelCommand({ modelId, body: JSON.stringify(body) });
  const { body: bytes, ...answer } = await kit.client().send(command);
  return { ...answer, said: bytes.transformToString() };
}

async function invokedStream(kit: BedrockKit, modelId: string, body: object): Promise<unknown> {
  const input = { modelId, body: JSON.stringify(body) };
  const command = new kit.module.InvokeModelWithResponseStreamCommand(input);
  const { body: events } = await kit.client().send(command);
  return drained(events ?? none());
}

const claude = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 50,
  system: 'Be brief.',
  messages: [{ role: 'user', content: 'hi' }],
};
const nova = { schemaVersion: 'messages-v1', messages: ask('hi').messages };
const llama = { prompt: 'the world', max_gen_len: 20 };

const checks: readonly Check<BedrockKit>[] = [
  {
    name: 'parameters',
    run: async (kit) =>
      seen(
        await kit.client().send(
          new kit.module.ConverseCommand({
            ...ask('hi'),
            system: [{ text: 'Be brief.' }],
            inferenceConfig: { temperature: 0.2, maxTokens: 20, stopSequences: ['END'] },
            additionalModelRequestFields: { thinking: { type: 'enabled' } },
          }),
        ),
      ),
  },
  {
    name: 'tools',
    run: async (kit) =>
      seen(
        await kit.client().send(new kit.module.ConverseCommand({ ...ask('weather?'), toolConfig })),
      ),
  },
  {
    name: 'tools in a stream',
    async run(kit) {
      const command = new kit.module.ConverseStreamCommand({ ...ask('weather?'), toolConfig });
      return drained((await kit.client().send(command)).stream ?? none());
    },
  },
  {
    name: 'thoughts in a stream',
    async run(kit) {
      const additionalModelRequestFields = { thinking: { type: 'enabled' } };
      const command = new kit.module.ConverseStreamCommand({
        ...ask('why?'),
        additionalModelRequestFields,
      });
      return drained((await kit.client().send(command)).stream ?? none());
    },
  },
  {
    name: 'an image',
    run: async (kit) =>
      seen(
        await kit.client().send(
          new kit.module.ConverseCommand({
            modelId: CLAUDE,
            messages: [
              {
                role: 'user',
                content: [
                  { image: { format: 'png', source: { bytes: Buffer.alloc(900, 7) } } },
                  { text: 'what is this?' },
                ],
              },
            ],
          }),
        ),
      ),
  },
  {
    name: 'an inference profile',
    run: async (kit) =>
      seen(
        await kit.client().send(
          new kit.module.ConverseCommand({
            ...ask('hi'),
            modelId: `arn:aws:bedrock:eu-west-1:123456789012:inference-profile/${CLAUDE}`,
          }),
        ),
      ),
  },
  { name: 'invoke Claude', run: (kit) => invoked(kit, CLAUDE, claude) },
  { name: 'invoke Claude for a stream', run: (kit) => invokedStream(kit, CLAUDE, claude) },
  { name: 'invoke Nova', run: (kit) => invoked(kit, 'amazon.nova-lite-v1:0', nova) },
  {
    name: 'invoke Nova for a stream',
    run: (kit) => invokedStream(kit, 'amazon.nova-lite-v1:0', nova),
  },
  { name: 'invoke Llama', run: (kit) => invoked(kit, 'meta.llama3-8b-instruct-v1:0', llama) },
  {
    name: 'invoke Llama for a stream',
    run: (kit) => invokedStream(kit, 'meta.llama3-8b-instruct-v1:0', llama),
  },
  {
    name: 'invoke Titan for an embedding',
    run: (kit) => invoked(kit, 'amazon.titan-embed-text-v2:0', { inputText: 'one two' }),
  },
];
