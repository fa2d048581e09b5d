/** How the trace of a request reads its request, its later id, and its response. */

import type { RecordedTrace } from '../../trace/recorded-trace.js';
import type { JsonMembers } from '../../values/json/json-members.js';
import type { ResponseFacts } from '../body/body-facts.js';

/** Where a request is handled. */
export interface PlaceFacts {
  /** The route pattern; undefined if no route matched. */
  readonly route: string | undefined;
  /** Without a route, the pattern of the mount that handled the request, such as `/assets`. */
  readonly mount: string | undefined;
  /** Without the query, and with secret parameters masked. */
  readonly path: string;
}

/** Facts of a request that are known at its end. */
export interface RequestFacts extends PlaceFacts {
  /** The result of the option `name`. */
  readonly name: string | undefined;
}

/** Where a framework runs code for a request: handlers of a route, middleware below a mount, or middleware of the app. */
export type Place = 'route' | 'mount' | 'app';

/** Which step gets the name of a request. */
export interface Naming {
  readonly step: { readonly name: string; setName(name: string): void };
  /** If the step has another name, the app has given it. */
  readonly nameAtStart: string;
}

/** Reads the request of a framework for its trace. */
export interface RequestReader {
  /** Whether the trace began with this request. */
  isOf(req: object): boolean;
  /** Captures what the framework has cached of the body by now. */
  readCachedBody(): void;
  /** Reads facts of the place that may not be readable at the end. The last place before the response counts. */
  readAtPlace(trace: RecordedTrace, place: Place): void;
  /** Reads the route's parameters, which may not be readable at the end. */
  readParams(trace: RecordedTrace): void;
  /** Whether the details are read in a microtask after the end: functions of the app are called, or the app has not run yet. */
  readonly isReadLater: boolean;
  /** Bytes of the request's body that were captured; 0 without such a body. */
  readonly capturedBytes: number;
  /**
   * Reads what is known at the end of the trace, and what the app may change after it.
   * @param path of the request, without the query
   * @returns the facts for its name and metadata
   */
  readAtEnd(trace: RecordedTrace, path: string): RequestFacts;
  /** The route or the mount where the framework ran code last, and the path, masked where it may have secrets. */
  placeSoFar(trace: RecordedTrace, path: string): PlaceFacts;
  /** The inputs as far as they are known; undefined if they are not recorded, or if the option `input` returns them at the end. */
  inputsSoFar(trace: RecordedTrace): JsonMembers | undefined;
  /**
   * Reads the facts for the name and metadata of a request.
   * @param path of the request, without the query
   * @param naming for the option `name`, if it returns a promise
   */
  readFacts(trace: RecordedTrace, path: string, naming: Naming): RequestFacts;
  /** The request, as this adapter of a framework reads it; undefined if another adapter does. */
  requestOf(adapter: object): object | undefined;
  /** Records the inputs that the reader has captured by then, unless there are others. */
  recordInputs(trace: RecordedTrace): void;
  /** Replaces the former id in the response header, if it can still be changed. */
  replaceEchoedId(before: string, inferenceId: string): void;
}

/** The inference ID that the app itself may create for a request after its trace began. */
export interface AppId {
  /** The id, registered; undefined while there is none. */
  read(): string | undefined;
}

/** A response that is followed to its end. */
export interface FollowedResponse {
  /** The facts known now. */
  facts(): ResponseFacts;
  /** The trace was abandoned, and the response goes on: settles it again as aborted if the client leaves. */
  followClient(): void;
  /** Whether the error says only that the connection has closed, which the outcome says. Never throws. */
  isOfClosedConnection(error: unknown): boolean;
}
