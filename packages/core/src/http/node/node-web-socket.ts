/**
 * Observes the WebSocket of an upgraded connection on Node: its listeners run in the scope of the upgrade's trace, and its close
 * decides the outcome.
 *
 * Nearly all WebSocket libraries use `ws`, which stores its WebSocket under a symbol on the connection, until its own 'close'
 * listener of the connection has run.
 */

import { defineMethod } from '../../follow/observe/replace-method.js';
import type { Outcome } from '../../trace/model/trace-api.js';
import type { RecordedRequestTrace } from '../trace/recorded-request-trace.js';

interface NodeWebSocket {
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

/**
 * The events that `ws` emits for what the client sends and for the end. Other events are the app's own: code of another request
 * may emit them.
 */
const EVENTS: ReadonlySet<unknown> = new Set(['message', 'ping', 'pong', 'error', 'close']);

/**
 * Runs the listeners of the connection's WebSocket in the scope of the trace while it is open, and calls `settle` when the
 * WebSocket has closed, after the app's own listeners.
 * @returns false if the connection has no WebSocket of `ws`, or that cannot be changed
 */
export function followWebSocket(
  connection: object,
  trace: RecordedRequestTrace,
  settle: (outcome: Outcome) => void,
): boolean {
  const webSocket = webSocketOn(connection);
  if (webSocket === undefined) return false;
  const { emit } = webSocket;
  // Replaces `emit`: a listener of ours would be visible and could be removed, and the app's listeners have to stay as they are.
  return defineMethod(
    webSocket,
    'emit',
    function emitObserved(this: NodeWebSocket, event: string | symbol, ...args: unknown[]) {
      try {
        if (!EVENTS.has(event) || !trace.isOpen) return emit.call(this, event, ...args);
        return trace.run(() => emit.call(this, event, ...args));
      } finally {
        if (event === 'close') settle(outcomeOf(args[0]));
      }
    },
  );
}

/** Whether the connection has a WebSocket of `ws`. */
export function hasWebSocket(connection: object): boolean {
  return webSocketOn(connection) !== undefined;
}

function webSocketOn(connection: object): NodeWebSocket | undefined {
  for (const symbol of Object.getOwnPropertySymbols(connection)) {
    if (symbol.description !== 'websocket') continue;
    const webSocket: unknown = Reflect.get(connection, symbol);
    if (typeof (webSocket as NodeWebSocket | undefined)?.emit === 'function') {
      return webSocket as NodeWebSocket;
    }
  }
  return undefined;
}

/** The outcome by the close code (RFC 6455, section 7.4): 1006 means no close frame, 1011 an error of the server. */
function outcomeOf(code: unknown): Outcome {
  if (code === 1006) return 'aborted';
  return code === 1011 ? 'error' : 'completed';
}
