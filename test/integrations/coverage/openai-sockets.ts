/** The classes of OpenAI's client that open a socket, each opened for a traced client where nobody answers. */

import { traceOpenAI } from '@openlayer-tracing/integrations/openai';
import OpenAI from 'openai7';
import { WebSocket } from 'ws';
import { capture, type Method } from './methods.ts';

interface Socket {
  on(name: 'error', listener: () => void): void;
  close(): void;
}
type SocketClass = new (first: never, second: never) => Socket;

/** Some take the client first, and some what is asked for. */
const CLASSES: Readonly<Record<string, (client: OpenAI) => Promise<Socket>>> = {
  OpenAIRealtimeTranslationWS: async (client) =>
    (await import('openai7/realtime/translations/ws')).OpenAIRealtimeTranslationWS.create(client, {
      model: 'm',
    }),
  OpenAIRealtimeWS: async (client) =>
    opened((await import('openai7/realtime/ws')).OpenAIRealtimeWS, [{ model: 'm' }, client]),
  'OpenAIRealtimeWS (beta)': async (client) =>
    opened((await import('openai7/beta/realtime/ws')).OpenAIRealtimeWS, [{ model: 'm' }, client]),
  OpenAIRealtimeWebSocket: async (client) =>
    opened((await import('openai7/realtime/websocket')).OpenAIRealtimeWebSocket, [
      { model: 'm' },
      client,
    ]),
  'OpenAIRealtimeWebSocket (beta)': async (client) =>
    opened((await import('openai7/beta/realtime/websocket')).OpenAIRealtimeWebSocket, [
      { model: 'm' },
      client,
    ]),
  LiveWS: async (client) =>
    opened((await import('openai7/resources/live/ws')).LiveWS, [client, {}]),
  ResponsesWS: async (client) =>
    opened((await import('openai7/resources/responses/ws')).ResponsesWS, [client, {}]),
};

function opened(Class: unknown, given: readonly unknown[]): Socket {
  return new (Class as SocketClass)(given[0] as never, given[1] as never);
}

export const SOCKET_CLASSES = Object.keys(CLASSES);

export async function socketMethods(): Promise<readonly Method[]> {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket');
  // Before version 22, Node has no WebSocket of its own.
  if (before === undefined) Object.assign(globalThis, { WebSocket });
  try {
    const methods: Method[] = [];
    for (const [name, open] of Object.entries(CLASSES)) methods.push(await tried(name, open));
    return methods;
  } finally {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'WebSocket');
  }
}

async function tried(name: string, open: (client: OpenAI) => Promise<Socket>): Promise<Method> {
  const { captured, reports } = capture();
  const settings = { apiKey: 'k', baseURL: 'https://127.0.0.1:9/v1', maxRetries: 0 };
  const socket = await open(traceOpenAI(new OpenAI(settings)));
  await new Promise<void>((resolve) => socket.on('error', resolve));
  socket.close();
  captured.restore();
  return { name, request: undefined, step: undefined, reported: [...reports] };
}
