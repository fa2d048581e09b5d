/** The descriptions of kinds of requests to models, which the profiles of clients list. */

import type {
  BilledPart,
  Billing,
  StepType,
  StepUpdate,
  TokenCounts,
} from '@openlayer-tracing/core/integration';
import type { JsonObject } from '../../common/json.js';
import type { CollectedText } from './collected-text.js';

/** A request to a model. */
export interface ModelRequest {
  readonly url: URL;
  /** The fields of the JSON object or the form that was sent. Files are objects. */
  readonly params: JsonObject;
  /** Whether the body could not be read, so that only the path identifies the request. */
  readonly isUnread?: boolean | undefined;
  /** Whether the body was so long that its strings were cut. */
  readonly isShortened?: boolean | undefined;
}

/** A kind of request to a model: how it is recognised, and how the request and its response are read. */
export interface Shape<T extends StepType = StepType> {
  /** The part of the step's name after the client: `Chat Completion`. */
  readonly operation: string;
  /** The type of the step. */
  readonly type: T;
  /** Whether a POST is of this kind. Tests the path before it reads any field. */
  matches(request: ModelRequest): boolean;
  /** The inputs, model and parameters of the request. */
  describe(request: ModelRequest): Description;
  /** A new reader for one response. */
  reader(request: ModelRequest): ResponseReader;
}

/** Inputs, model and parameters of a request. */
export interface Description {
  readonly inputs: JsonObject;
  readonly model?: string | undefined;
  /** The parameters as they were sent, under the provider's names. */
  readonly modelParameters: JsonObject;
}

/** The facts of a response, by what has been received of it. Facts that it does not state are undefined. */
export interface ModelResponse {
  readonly model?: string | undefined;
  readonly output?: unknown;
  /** The model's reasoning. */
  readonly reasoning?: string | undefined;
  readonly tokens?: TokenCounts | undefined;
  /** What the price depends on besides the tokens. It becomes `metadata.billed` of the step. */
  readonly billing?: Billing | undefined;
  /** The calls that the response stands for, if they are several: the lines of a batch. */
  readonly parts?: readonly BilledPart[] | undefined;
  /** Fields of the step's metadata that cannot have content. */
  readonly metadata?: JsonObject | undefined;
  /** Other fields of the step's metadata, under the provider's names. They are treated as content. */
  readonly details?: JsonObject | undefined;
  /** Fields that only the type of this step has. */
  readonly fields?: StepUpdate | undefined;
  /** The work that the response reports, in order: it becomes child steps of the call. */
  readonly reportedSteps?: readonly ReportedStep[] | undefined;
}

/** Work that a response reports: a model that an agent called, a tool that it ran. */
export interface ReportedStep {
  readonly name: string;
  readonly type: StepType;
  readonly inputs?: unknown;
  readonly output?: unknown;
  readonly provider?: string | undefined;
  readonly model?: string | undefined;
  readonly modelParameters?: JsonObject | undefined;
  readonly tokens?: TokenCounts | undefined;
  readonly metadata?: JsonObject | undefined;
  readonly error?: unknown;
  /** Epoch milliseconds. */
  readonly startTime?: number | undefined;
  /** Epoch milliseconds. */
  readonly endTime?: number | undefined;
}

/** A string that an event of a stream extends. */
export interface ExtendedText {
  /** The key of the string in the event. */
  readonly key: string;
  /** Collects the string. */
  readonly text: CollectedText;
}

/** Reads one response: the whole body, or event by event. */
export interface ResponseReader {
  /** Reads the headers of a successful response, before its body. */
  readHeaders?(header: (name: string) => string | undefined): void;
  /** Reads a body that is no stream: the value of JSON, any other body as a string. */
  readWhole(body: unknown): void;
  /**
   * Reads one event of a stream.
   * @returns whether it contained a part of the model's answer
   */
  readEvent(data: JsonObject): boolean;
  /**
   * The string that this event extended, if it did nothing else. Later events that differ only in that string are not passed to
   * `readEvent`: their strings are appended to `text`.
   */
  extendedText?(event: JsonObject): ExtendedText | undefined;
  /** The stream has said that it is complete, by `[DONE]`. */
  endOfEvents(): void;
  /** Whether everything has been received, so that nothing is lost if the app stops reading. */
  readonly isComplete: boolean;
  /**
   * Whether everything has been received but the event that says so. A client that falls back to another model after a refusal
   * stops reading then, and has lost nothing.
   */
  readonly isCompleteExceptEndMarker?: boolean;
  /** Whether a stream always says that it is complete: one that ends without saying so was cut off. */
  readonly hasEndMarker?: boolean;
  /** Whether nothing more has to be read: the call ends now, even if the client does not read the body to its end. */
  readonly isOver?: boolean;
  /** Whether a body that is no JSON may be the model's answer. */
  readonly acceptsText?: boolean;
  /** The failure that the response states under a status of success, or in the middle of a stream. */
  readonly failure?: unknown;
  /** The id by which the same result can be fetched again; undefined until the result exists. */
  readonly resultId?: string | undefined;
  /**
   * The id of the result if the response has only accepted the work, and the app fetches the result later. The result has the
   * usage.
   */
  readonly acceptedId?: string | undefined;
  /** How much has been received, in any unit that increases with it; 0 if nothing. */
  readonly amount: number;
  /** The facts of the response, by what has been read. */
  response(): ModelResponse;
}

/**
 * A kind of result that an app fetches later than it requests it: a background response, a run, the responses of a batch. It is
 * recorded when it is fetched, once.
 */
export interface Retrieval<T extends StepType = StepType> {
  /** The part of the step's name after the client: `Batch`. */
  readonly operation: string;
  /** The type of the step. */
  readonly type: T;
  /** The id of the result that a GET fetches; undefined if it fetches something else. */
  idInUrl(url: URL): string | undefined;
  /** The id of the result that a POST fetches; undefined if it does something else. */
  idInBody?(request: ModelRequest): string | undefined;
  /** A new reader for one response. */
  reader(url: URL): ResultReader;
  /** Whether the body has JSON lines, whatever its media type. */
  readonly isLines?: boolean;
  /**
   * Whether a body may be a result, by its first line, or by the first megabyte of a longer line. The rest of other bodies is not
   * read.
   */
  mayBeResult?(firstLine: string): boolean;
}

/** Reads a response that may be a result. */
export interface ResultReader extends ResponseReader {
  /** What was requested, as the result states it; undefined if there is no result, or none to record. */
  readonly description: Description | undefined;
}
