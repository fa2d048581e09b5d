import type { RecordedTrace } from '../../trace/recorded-trace.js';
import type { JsonMembers } from '../../values/json/json-members.js';
import type { Place, PlaceFacts, RequestFacts } from './request-facts.js';

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

/** Which step gets the name of a request. */
export interface Naming {
  readonly step: { readonly name: string; setName(name: string): void };
  /** If the step has another name, the app has given it. */
  readonly nameAtStart: string;
}
