/**
 * Observes the close of a WebSocket on Node, which decides the outcome of its request.
 *
 * Nearly all WebSocket libraries use `ws`, which stores its WebSocket under a symbol on the connection, until its own 'close'
 * listener of the connection has run.
 */

import { assignMethod } from '../../follow/replace-method.js';
import type { Outcome } from '../../trace/model/types.js';

interface NodeWebSocket {
  emit(event: string | symbol, ...args: unknown[]): boolean;
}

/**
 * Calls `settle` when the WebSocket of the connection has closed, after the app's own listeners.
 * @returns false if the connection has no WebSocket of `ws`, or that cannot be changed
 */
export function followWebSocket(connection: object, settle: (outcome: Outcome) => void): boolean {
  const webSocket = webSocketOn(connection);
  if (webSocket === undefined) return false;
  const { emit } = webSocket;
  // Replaces `emit`: a listener could be removed, and steps of the app's listeners belong to the trace.
  return assignMethod(
    webSocket,
    'emit',
    function emitObserved(this: NodeWebSocket, event: string | symbol, ...args: unknown[]) {
      try {
        return emit.call(this, event, ...args);
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
