import type { EventEmitter } from 'node:events';
import type { Checker } from '../checks/check.js';
import type { Reply } from '../http/reply.js';
import type { JsonBody } from '../http/request-body.js';
import type { OtlpReceiver } from '../otlp/otlp-receiver.js';
import type { LocalServerEvents } from '../reports/events.js';
import type { StatsOfApps } from '../reports/sender-stats.js';
import type { Attachments } from '../storage/attachments.js';
import type { Store } from '../storage/store.js';
import type { UploadTokens } from './upload-tokens.js';

/** One request in the form that routes use. */
export interface Call {
  readonly method: string;
  /** Empty for calls that are not about a pipeline. */
  readonly pipelineId: string;
  /** The id in the path; undefined if the path is that of the collection. */
  readonly inferenceId: string | undefined;
  readonly query: URLSearchParams;
  /** The path as it was sent, without the query. */
  readonly path: string;
  /** The `Host` of the request. */
  readonly host: string;
  readonly body: Buffer;
  readonly contentType: string;
  /** `Content-Encoding`; empty for none. */
  readonly encoding: string;
  /** The header with the sender's counts as JSON; undefined if it is missing. */
  readonly statsHeader: string | undefined;
  /** The value of another header, by its name in lower case; undefined if it is missing. */
  header(name: string): string | undefined;
  /** Whether the client has closed its connection. */
  isAbandoned(): boolean;
  /** The body as JSON. Throws a Refusal if it is not JSON. */
  json(): JsonBody;
}

/** The parts of the server that routes use. */
export interface Backend {
  readonly store: Store;
  readonly checker: Checker;
  readonly events: EventEmitter<LocalServerEvents>;
  readonly statsOfApps: StatsOfApps;
  readonly uploads: UploadTokens;
  readonly attachments: Attachments;
  readonly otlp: OtlpReceiver;
}

export type Route = (call: Call, backend: Backend) => Reply | Promise<Reply>;
