/** The methods of the protocol's SDK, by version and side, and the requests that each side handles. */

import * as client2 from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  ClientNotificationSchema,
  ClientRequestSchema,
  ServerNotificationSchema,
  ServerRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import * as server2 from '@modelcontextprotocol/server';
import { captureTraces } from '@openlayer-tracing/core/testing';
import { traceMCPClient, traceMCPServer } from '@openlayer-tracing/integrations/mcp';
import type { Method } from './methods.ts';

type Json = Readonly<Record<string, unknown>>;
type Side = 'Client' | 'Server';
type Peer = Record<string, (...args: readonly unknown[]) => unknown>;

interface Message extends Json {
  readonly id?: number;
  readonly method?: string;
}

const ABOUT = { name: 'tests', version: '1.0.0' };
const OF_CLIENT = {
  ...{ sampling: { tools: {}, context: {} }, elicitation: { form: {}, url: {} }, roots: {} },
};
const OF_SERVER = {
  ...{ tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} },
};
const CLASSES = {
  1: { Client, Server },
  2: { Client: client2.Client, Server: server2.Server },
} as const;

/** What is said to those that ask. */
const ANSWERS: Readonly<Record<string, Json>> = {
  initialize: {
    ...{ protocolVersion: '2025-06-18', capabilities: OF_SERVER, serverInfo: ABOUT },
  },
  'tools/call': { content: [] },
  'tools/list': { tools: [] },
  'resources/list': { resources: [] },
  'resources/templates/list': { resourceTemplates: [] },
  'resources/read': { contents: [] },
  'prompts/list': { prompts: [] },
  'prompts/get': { messages: [] },
  'completion/complete': { completion: { values: [] } },
  'roots/list': { roots: [] },
  'elicitation/create': { action: 'decline' },
  'sampling/createMessage': {
    ...{ role: 'assistant', model: 'm', content: { type: 'text', text: 'hi' } },
  },
};

class OtherSide {
  onmessage: ((message: object) => void) | undefined;
  readonly asked: string[] = [];

  async start(): Promise<void> {}
  async close(): Promise<void> {}

  async send({ method, id }: Message): Promise<void> {
    if (method === undefined) return;
    this.asked.push(method);
    if (id === undefined) return;
    const answer = ANSWERS[method];
    const error = { code: -32_601, message: 'Method not found' };
    const said = answer === undefined && method !== 'ping' ? { error } : { result: answer ?? {} };
    setImmediate(() => this.onmessage?.({ jsonrpc: '2.0', id, ...said }));
  }
}

const TOOL = { name: 'weather', arguments: {} };
const REQUEST = { method: 'tools/call', params: TOOL };
const SAMPLING = {
  ...{ messages: [{ role: 'user', content: { type: 'text', text: 'hi' } }], maxTokens: 5 },
};
const FORM = { message: 'Who?', requestedSchema: { type: 'object', properties: {} } };
const ANY = {
  parse: (value: unknown) => value,
  safeParse: (data: unknown) => ({ success: true, data }),
};

/** What methods are called with; others with nothing. */
const GIVEN: Readonly<Record<string, readonly unknown[]>> = {
  'Client.callTool': [TOOL],
  'Client.request': [REQUEST, ANY],
  'Client.requestStream': [REQUEST, ANY],
  'Client.readResource': [{ uri: 'book://dune' }],
  'Client.getPrompt': [{ name: 'greet' }],
  'Client.complete': [
    { ref: { type: 'ref/prompt', name: 'greet' }, argument: { name: 'a', value: 'b' } },
  ],
  'Client.setLoggingLevel': ['info'],
  'Client.subscribeResource': [{ uri: 'book://dune' }],
  'Client.unsubscribeResource': [{ uri: 'book://dune' }],
  'Client.notification': [{ method: 'notifications/initialized' }],
  'Server.createMessage': [SAMPLING],
  'Server.elicitInput': [FORM],
  'Server.request': [{ method: 'sampling/createMessage', params: SAMPLING }, ANY],
  'Server.requestStream': [{ method: 'sampling/createMessage', params: SAMPLING }, ANY],
  'Server.notification': [{ method: 'notifications/tools/list_changed' }],
  'Server.sendLoggingMessage': [{ level: 'info', data: 'hi' }],
  'Server.sendResourceUpdated': [{ uri: 'book://dune' }],
};

/** Methods that send nothing, and those by which both sides are set up. */
const SET_UP =
  /^(_|constructor$|connect$|close$|transport$|experimental$|(get|set|has|is|assert|register|remove|build|cache|create(?!Message)|project|request(?!$|Stream$))\w*|autoOpenedSubscription$)/;
const SENDS_ALL_THE_SAME = /^(setLoggingLevel|getPrompt|getTask|getTaskResult)$/;

export async function mcpMethods(): Promise<readonly Method[]> {
  const methods: Method[] = [];
  for (const version of [1, 2] as const) {
    for (const side of ['Client', 'Server'] as const) {
      const names = namesOf(CLASSES[version][side].prototype);
      for (const name of names) methods.push(await called(version, side, name));
    }
  }
  const unions = {
    Server: [ClientRequestSchema, ClientNotificationSchema],
    Client: [ServerRequestSchema, ServerNotificationSchema],
  };
  for (const [side, schemas] of Object.entries(unions)) {
    const asked = schemas.flatMap((schema) => literals(schema));
    for (const method of new Set(asked)) methods.push(await handled(side as Side, method));
  }
  return methods.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function namesOf(prototype: object): readonly string[] {
  const names = new Set<string>();
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  return [...names].filter((name) => !SET_UP.test(name) || SENDS_ALL_THE_SAME.test(name)).sort();
}

function literals({ options }: { readonly options: readonly unknown[] }): readonly string[] {
  return options.map(
    (option) => (option as { shape: { method: { value: string } } }).shape.method.value,
  );
}

async function called(version: 1 | 2, side: Side, name: string): Promise<Method> {
  const Class = CLASSES[version][side] as unknown as new (about: object, options: object) => Peer;
  const peer = new Class(ABOUT, { capabilities: side === 'Client' ? OF_CLIENT : OF_SERVER });
  if (side === 'Client') traceMCPClient(peer);
  else traceMCPServer(peer);
  const other = new OtherSide();
  await peer.connect?.(other);
  if (side === 'Server') {
    const params = { protocolVersion: '2025-06-18', capabilities: OF_CLIENT, clientInfo: ABOUT };
    other.onmessage?.({ jsonrpc: '2.0', id: 1000, method: 'initialize', params });
    other.onmessage?.({ jsonrpc: '2.0', method: 'notifications/initialized' });
    await new Promise((resolve) => setImmediate(resolve));
  }
  other.asked.length = 0;
  using captured = captureTraces({ logLevel: 'off' });
  try {
    const returned = await peer[name]?.(...(GIVEN[`${side}.${name}`] ?? []));
    if (isIterable(returned)) for await (const _ of returned);
  } catch {
    // What it was given may not do; what it has sent is what counts.
  }
  const [row] = await captured.rows();
  const [request] = other.asked;
  const step = row?.steps[0]?.type;
  return { name: `${request ?? 'nothing'}: ${side}.${name}, version ${version}`, request, step };
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

/** What becomes of a request that the other side sends. */
async function handled(side: Side, method: string): Promise<Method> {
  type Handler = (request: Json) => Promise<unknown>;
  let handle: Handler | undefined;
  const peer = {
    callTool: async () => ({}),
    setRequestHandler(_method: string, handler: Handler): void {
      handle = handler;
    },
  };
  if (side === 'Client') traceMCPClient(peer);
  else traceMCPServer(peer);
  peer.setRequestHandler(method, async () => ({}));
  using captured = captureTraces({ logLevel: 'off' });
  await handle?.({ method, params: {} });
  const [row] = await captured.rows();
  return { name: `${method}: handled by the ${side}`, request: method, step: row?.steps[0]?.type };
}
