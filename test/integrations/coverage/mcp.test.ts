import { traceMCPServer } from '@openlayer-tracing/integrations/mcp';
import type { AnswerTable } from './facts.ts';
import { mcpMethods } from './mcp-methods.ts';
import { coverageSuite } from './suite.ts';
import { local } from './unrecorded-methods.ts';

type Json = Readonly<Record<string, unknown>>;
type Handler = (request: Json) => Promise<unknown>;

/** A server that handles a request of this kind so, and sends one of its own that is answered so. */
async function exchanged(method: string, params: Json, result: Json): Promise<void> {
  let handle: Handler | undefined;
  const server = traceMCPServer({
    setRequestHandler: (_method: string, handler: Handler) => {
      handle = handler;
    },
    request: async (_request: Json): Promise<Json> => result,
  });
  if (/^(sampling|elicitation)/.test(method)) await server.request({ method, params });
  else {
    server.setRequestHandler(method, async () => result);
    await handle?.({ method, params });
  }
}

type Reasons = Readonly<Record<string, string>>;

interface Exchange {
  /** What its types are called. */
  readonly type: string;
  readonly asked: Json;
  readonly answered: Json;
  readonly leftOut?: Reasons;
  /** What of the request is not kept, beside what the protocol adds to each. */
  readonly notAsked?: Reasons;
}

const NAMED = 'media are named by type and size';
const APART = 'how the protocol keeps its messages apart';
const OF_REQUESTS = { '_meta.*': APART };
const OF_FORMS = { '[__type]._meta.*': APART };
const MASKED = { '_meta.progressToken*': 'it is a token, and masked' };
const MEDIA = { '*[image].data': NAMED, '*[audio].data': NAMED };
const BLOBS = { '*[__type].blob': NAMED };
const text = { type: 'text', text: 'hi' };

const EXCHANGES: Readonly<Record<string, Exchange>> = {
  'tools/call': {
    type: 'CallTool',
    asked: { name: 'weather', arguments: {} },
    answered: { content: [] },
    leftOut: { isError: 'the error of the step tells it', ...MEDIA, ...BLOBS },
  },
  'resources/read': {
    type: 'ReadResource',
    asked: { uri: 'book://dune' },
    answered: { contents: [] },
    leftOut: BLOBS,
  },
  'prompts/get': {
    type: 'GetPrompt',
    asked: { name: 'greet', arguments: {} },
    answered: { messages: [] },
    leftOut: MEDIA,
  },
  'sampling/createMessage': {
    type: 'CreateMessage',
    asked: { messages: [{ role: 'user', content: text }], maxTokens: 5 },
    answered: { role: 'assistant', model: 'm', content: text },
    leftOut: { ...MEDIA, role: 'it is the assistant' },
    notAsked: MEDIA,
  },
  'elicitation/create': {
    type: 'Elicit',
    asked: { message: 'Who?', requestedSchema: { type: 'object', properties: {} } },
    answered: { action: 'decline' },
  },
};

const LISTS = [
  ...['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'roots/list'],
];

const VERSIONS = { '1': '@modelcontextprotocol/sdk/types.js', '2': '@modelcontextprotocol/client' };

const types: Record<string, string> = {};
const answers: AnswerTable[] = [];
for (const [version, module] of Object.entries(VERSIONS)) {
  for (const [method, { type, asked, answered, leftOut, notAsked }] of Object.entries(EXCHANGES)) {
    types[`${type}Asked${version}`] = `import('${module}').${type}Request['params']`;
    types[`${type}Answered${version}`] = `import('${module}').${type}Result`;
    answers.push(
      {
        title: `${method}, version ${version}`,
        type: `${type}Asked${version}`,
        isAsked: true,
        ask: (params: Json) => exchanged(method, params, answered),
        leftOut: { ...notAsked, ...(type === 'Elicit' ? OF_FORMS : OF_REQUESTS) },
      },
      {
        title: `the result of ${method}, version ${version}`,
        type: `${type}Answered${version}`,
        ask: (result: Json) => exchanged(method, asked, result),
        // Results of version 2 have no such thing.
        leftOut: { ...leftOut, ...(version === '1' && MASKED) },
      },
    );
  }
}

coverageSuite({
  page: 'mcp',
  client: 'the Model Context Protocol, @modelcontextprotocol/sdk 1, client and server 2',
  types,
  answers,
  tried: {
    methods: mcpMethods,
    unrecorded: {
      'notifications/*': 'what a request comes to is told by its result',
      'tasks/*': 'a tool is recorded where it is called, or by `requestStream` to its end',
      ...Object.fromEntries(LISTS.map((method) => [`${method}*`, 'lists what there is'])),
      'resources/subscribe*': 'what is read later is recorded',
      'resources/unsubscribe*': 'what is read later is recorded',
      'completion/complete*': 'words for a field that a user fills in',
      'logging/setLevel*': 'a setting',
      'ping*': 'a sign of life',
      'initialize*': 'the beginning of a session',
      'nothing: Client.discover*': local('asks what a server can do'),
      'nothing: Client.listen*': local('waits for notifications'),
      'nothing: Client.sendRootsListChanged*': local('a notification'),
    },
  },
});
