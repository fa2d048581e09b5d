/** Open responses that wait for their turn on a connection. */

import type { Socket } from 'node:net';

/** A response that has no socket yet. */
export interface WaitingResponse {
  /** Called when the socket closed. */
  socketClosed(): void;
}

/** By socket, so that each socket has one listener for all of them. */
const waitingBySocket = new WeakMap<Socket, Set<WaitingResponse>>();

/** The open responses that wait on this socket, to add one or remove it. */
export function waitingOn(socket: Socket): Set<WaitingResponse> {
  const known = waitingBySocket.get(socket);
  if (known !== undefined) return known;
  const waiting = new Set<WaitingResponse>();
  waitingBySocket.set(socket, waiting);
  socket.once('close', () => {
    for (const response of waiting) response.socketClosed();
  });
  return waiting;
}
