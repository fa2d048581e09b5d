/** Upgrades of Node's connections to WebSockets, which servers perform without the response of the request. */

import type { Outcome } from '../../trace/model/trace-api.js';
import type { RecordedRequestTrace } from '../trace/recorded-request-trace.js';
import { followWebSocket, hasWebSocket } from './node-web-socket.js';

/** The part of a socket that is used. The sockets of serverless adapters may lack any of it. */
export interface UpgradableSocket {
  readonly bytesWritten?: number | undefined;
  on?(event: 'newListener', listener: () => void): unknown;
  removeListener?(event: 'newListener', listener: () => void): unknown;
}

export interface NodeUpgradeOptions {
  readonly connection: UpgradableSocket;
  readonly trace: RecordedRequestTrace;
  /** Called with the outcome when the WebSocket has closed, after the app's own listeners. */
  readonly onWebSocketClose: (outcome: Outcome) => void;
}

/** The upgrade that a request asks for, whether it is taken or not. */
export class NodeUpgrade {
  readonly #options: NodeUpgradeOptions;
  readonly #bytesBefore: number;
  #isFollowed = false;
  #isWaiting = false;

  constructor(options: NodeUpgradeOptions) {
    this.#options = options;
    this.#bytesBefore = options.connection.bytesWritten ?? 0;
  }

  /** Whether the connection has sent bytes since. */
  get hasSent(): boolean {
    return (this.#options.connection.bytesWritten ?? 0) > this.#bytesBefore;
  }

  /** Whether the connection is one of a WebSocket of `ws`. */
  get isUpgraded(): boolean {
    return this.#isFollowed || hasWebSocket(this.#options.connection);
  }

  /**
   * Follows the WebSocket now, or when a listener is added to the connection: `ws` adds its own ones as soon as it has stored its
   * WebSocket, before the app gets it. Never throws.
   */
  awaitWebSocket(): void {
    const { connection } = this.#options;
    try {
      if (this.tryToFollow() || typeof connection.on !== 'function') return;
      this.#isWaiting = true;
      connection.on('newListener', this.#onNewListener);
    } catch {
      // The connection is no emitter of Node's.
    }
  }

  /** Never throws. */
  stopWaiting(): void {
    try {
      if (this.#isWaiting)
        this.#options.connection.removeListener?.('newListener', this.#onNewListener);
      this.#isWaiting = false;
    } catch {
      // The connection is no emitter of Node's.
    }
  }

  readonly #onNewListener = (): void => {
    if (this.tryToFollow()) this.stopWaiting();
  };

  /**
   * Follows the WebSocket if the connection has one. After the connection has closed, it may still read received data before it
   * emits 'close'. Never throws.
   * @returns whether it is followed
   */
  tryToFollow(): boolean {
    const { connection, trace } = this.#options;
    try {
      this.#isFollowed ||= followWebSocket(connection, trace, (outcome) => this.#closed(outcome));
    } catch (error) {
      trace.reportFailure('upgrade', error);
    }
    return this.#isFollowed;
  }

  #closed(outcome: Outcome): void {
    const { trace, onWebSocketClose } = this.#options;
    try {
      onWebSocketClose(outcome);
    } catch (error) {
      trace.reportFailure('end', error);
    }
  }
}
