/**
 * The contract between the page and its server: JSON below `/api`, for requests with the page's token as
 * `Authorization: Bearer TOKEN`. Times are epoch milliseconds, durations milliseconds, costs US dollars. `null` means unknown.
 *
 * | call                                              | response                                                     |
 * | ------------------------------------------------- | ------------------------------------------------------------ |
 * | `GET /api/info`                                   | `ServerInfo`                                                 |
 * | `GET /api/traces?` `TraceQuery`                   | `TracePage`                                                  |
 * | `GET /api/traces/NUMBER`                          | `TraceDetail`                                                |
 * | `GET /api/traces/NUMBER/steps?from=&count=&version=` | `StepColumns`: the steps after those that `TraceDetail` has  |
 * | `GET /api/traces/NUMBER/steps/INDEX?version=`     | `StepContent`                                                |
 * | `GET /api/traces/NUMBER/find?q=&version=`         | `FoundSteps`: steps whose name or content has these words    |
 * | `GET /api/traces/NUMBER/notes`                    | `TraceNotes`                                                 |
 * | `GET /api/traces/NUMBER/row`                      | `{ row, config }`: the row with the columns of its updates, and the config it came with |
 * | `GET /api/traces/NUMBER/neighbours?` `TraceQuery` | `Neighbours` within the filter                               |
 * | `GET /api/sessions?q=&cursor=&limit=`, `/api/users?...` | `GroupPage`                                            |
 * | `GET /api/overview?by=` + filters of `TraceQuery` | `Overview`                                                   |
 * | `GET /api/health`                                 | `Health`                                                     |
 * | `GET /api/events?` `TraceQuery`                   | server-sent events, read by `fetch`: `ServerEvent` as `data:` lines |
 * | `GET /api/attachments/ID`                         | the bytes of a file that a client has uploaded               |
 *
 * Three calls of the platform's API take the page's token as a key: `PUT` and `DELETE
 * /v1/inference-pipelines/ID/rows?openlayer_row_id=NUMBER`, for feedback and to delete a trace, and `POST
 * /v1/inference-pipelines/opened-files/data-stream`, for files that are opened on the page.
 *
 * Reads of steps take the `version` of the `TraceDetail` that they belong to: a change of the row may move its steps.
 *
 * Errors are `{ error: string }` with a fitting status: 400 a wrong query, 401 no or another token, 404 no such trace, 409 a
 * trace that has another version by now, 413 a response that is too large, 429 too many searches or event streams, 503 a read that took longer than 10 s.
 */

/** Characters of a search. */
export const MAX_SEARCH_LENGTH = 300;
/** Traces, sessions or users in one response. */
export const MAX_PAGE_LENGTH = 200;
/** Steps in one response. */
export const MAX_STEPS_LENGTH = 40_000;
/** Characters of a preview. A text that was cut has so many, or one less where that would cut a character in two. */
export const PREVIEW_LENGTH = 200;
/** The pipeline of traces that were opened from files on the page. No app has it. */
export const OPENED_FILES_PIPELINE = 'opened-files';

/** A text as searches compare it: in lower case, and without the accents of Latin, Greek and Cyrillic letters. */
export function foldedText(text: string): string {
  const lower = text.toLowerCase();
  return /[^\0-\x7f]/.test(lower)
    ? lower
        .normalize('NFD')
        .replace(/[\u0300-\u036f]/g, '')
        .normalize('NFC')
    : lower;
}

/*
 * The index stores an outcome, a tracer and a mark by its place in these lists: a change of the order needs a new version of
 * the index.
 */
export const OUTCOMES = ['completed', 'aborted', 'error', 'abandoned', 'interrupted'] as const;
export const TRACERS = [
  'openlayer-tracing',
  'openlayer-ts',
  'openlayer-python',
  'opentelemetry',
  'other',
] as const;
export const MARKS = [
  'masked',
  'truncated',
  'limited',
  'interrupted',
  'unfinished',
  'late',
  'retried',
  'replayed',
  'sampled',
] as const;

/** How a request ended. Traces without a request, and those of other tracers, have none. */
export type Outcome = (typeof OUTCOMES)[number];

/** Which tracer wrote the row, guessed by its shape. */
export type Tracer = (typeof TRACERS)[number];

/** Why a trace differs from what the app had. */
export type Mark = (typeof MARKS)[number];

/** One line of the list: everything but contents. */
export interface TraceSummary {
  /** Numbers increase in order of arrival. */
  readonly number: number;
  readonly pipelineId: string;
  readonly inferenceId: string;
  readonly traceId: string | null;
  /** When the request began. */
  readonly time: number;
  readonly receivedAt: number;
  readonly name: string;
  readonly route: string | null;
  readonly method: string | null;
  readonly status: number | null;
  readonly outcome: Outcome | null;
  /** Text of the error, cut to `PREVIEW_LENGTH` characters. */
  readonly error: string | null;
  readonly latency: number | null;
  readonly firstByte: number | null;
  readonly firstToken: number | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly tokens: number | null;
  readonly cost: number | null;
  readonly unpricedCalls: number;
  readonly models: readonly string[];
  readonly user: string | null;
  readonly session: string | null;
  /** Number of steps. */
  readonly steps: number;
  /** Bytes of the row's JSON text. */
  readonly bytes: number;
  /** The beginning of the question: `PREVIEW_LENGTH` characters. */
  readonly input: string;
  /** The beginning of the answer: `PREVIEW_LENGTH` characters. */
  readonly output: string;
  readonly feedback: Feedback | null;
  readonly marks: readonly Mark[];
  /** The tracer that wrote the row. */
  readonly dialect: Tracer;
}

export interface Feedback {
  /** The value that the app sent: a thumb (`true`, `1`, 'up'), a rating, a text. */
  readonly value: unknown;
  /** Whether the value is praise, as the filter `feedback` has it; `null` for values that are neither praise nor blame. */
  readonly isPositive: boolean | null;
  readonly comment: string | null;
  readonly groundTruth: unknown;
  readonly at: number;
}

/** The columns that an update has to set to change the feedback of a trace. */
export interface FeedbackColumns {
  readonly humanFeedback: string;
  readonly comment: string;
  readonly groundTruth: string;
}

export const SORT_COLUMNS = [
  'time',
  'latency',
  'firstByte',
  'firstToken',
  'tokens',
  'cost',
  'steps',
  'bytes',
] as const;
export type SortColumn = (typeof SORT_COLUMNS)[number];

export const SORT_ORDERS = ['asc', 'desc'] as const;
export type SortOrder = (typeof SORT_ORDERS)[number];

export const FEEDBACK_FILTERS = ['any', 'positive', 'negative', 'none'] as const;
export type FeedbackFilter = (typeof FEEDBACK_FILTERS)[number];

/** A trace matches if it has one value of each filter. */
export interface TraceQuery {
  readonly pipeline?: string;
  /**
   * Words, or parts of words of at least three characters; a trace must contain all. At most `MAX_SEARCH_LENGTH` characters.
   */
  readonly q?: string;
  readonly from?: number;
  /** Not included. */
  readonly to?: number;
  readonly name?: readonly string[];
  readonly route?: readonly string[];
  readonly outcome?: readonly Outcome[];
  /** A status such as `200`, or a class such as `5xx`. */
  readonly status?: readonly string[];
  readonly model?: readonly string[];
  readonly user?: readonly string[];
  readonly session?: readonly string[];
  readonly dialect?: readonly Tracer[];
  readonly mark?: readonly Mark[];
  readonly failed?: boolean;
  readonly feedback?: FeedbackFilter;
  readonly minLatency?: number;
  readonly maxLatency?: number;
  readonly minCost?: number;
  readonly minTokens?: number;
  /** Default `time`. */
  readonly sort?: SortColumn;
  /** Default `desc`. */
  readonly order?: SortOrder;
  readonly cursor?: string;
  /** 1 to `MAX_PAGE_LENGTH`, default 50. */
  readonly limit?: number;
}

export interface TracePage {
  readonly traces: readonly TraceSummary[];
  /** The cursor of the next page; `null` on the last page. */
  readonly next: string | null;
  /** How many traces match; a search counts up to 1,000. */
  readonly total: number;
  readonly isTotalExact: boolean;
  /**
   * Set if more than 200 of the words of some thousand traces contain a part that the search looks for: traces that have only
   * others of them are missing.
   */
  readonly areWordsLeftOut?: true;
  /** The highest number of a trace: `ServerEvent`s bring those above it. */
  readonly newest: number;
}

export interface Neighbours {
  readonly previous: TraceSummary | null;
  readonly next: TraceSummary | null;
}

/** The types of steps of this library. Other tracers send others. */
export type StepType =
  | 'user_call'
  | 'chat_completion'
  | 'embedding'
  | 'agent'
  | 'tool'
  | 'retriever'
  | 'chain'
  | 'handoff'
  | 'guardrail'
  | 'function_call';

/** A step without its contents. Its texts are cut to 200 characters, its name to 300 and its error to 1,000. */
export interface StepSummary {
  /** Place in the trace: parents come before their children. The root is 0. */
  readonly index: number;
  /** Index of its parent; -1 for the root, and for a step whose parent is missing or below it (see `problem`). */
  readonly parent: number;
  readonly depth: number;
  readonly name: string;
  /** A `StepType`, or another text. */
  readonly type: string;
  /** Milliseconds since the trace began, may be negative where clocks differ. */
  readonly start: number | null;
  readonly duration: number | null;
  readonly firstToken: number | null;
  /** Milliseconds from the start of the trace to chunks of a stream: to 200 of them, if it had more. */
  readonly chunks: readonly number[];
  /** How many chunks the stream had. */
  readonly chunkCount: number | null;
  readonly model: string | null;
  readonly provider: string | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly tokens: number | null;
  readonly cost: number | null;
  readonly error: string | null;
  readonly isUnfinished: boolean;
  /** What is wrong with its place or its times. */
  readonly problem: StepProblem | null;
}

export type StepProblem =
  | 'missing-parent'
  | 'cycle'
  | 'before-parent'
  | 'after-parent'
  | 'ends-before-start'
  | 'no-end';

export interface TraceDetail {
  readonly trace: TraceSummary;
  /** Differs after each change of the row. */
  readonly version: string;
  /**
   * Columns of the row that no other member has: metadata, values of the app, business signals. Their JSON is cut to 1 MB,
   * with marks: the row has them whole.
   */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The first 500 steps. */
  readonly steps: readonly StepSummary[];
  readonly totalSteps: number;
  /** Indexes of the steps that the duration of the trace depends on: the first 40,000. */
  readonly criticalPath: readonly number[];
  readonly feedbackColumns: FeedbackColumns;
}

/** A call of its own, because checking a large trace takes longer than reading it. */
export interface TraceNotes {
  /** Sentences that say where the row violates our own, stricter profile. */
  readonly notes: readonly string[];
}

/** Summaries of consecutive steps as columns: a sixth of the size, and parsed six times as fast. */
export interface StepColumns {
  /** Index of the first step. */
  readonly from: number;
  /** Each text once. Columns of texts contain indexes into this list. */
  readonly texts: readonly string[];
  readonly parent: readonly number[];
  readonly name: readonly number[];
  readonly type: readonly number[];
  readonly start: readonly (number | null)[];
  readonly duration: readonly (number | null)[];
  /** Facts that most steps lack, with the place of their step in the columns. */
  readonly others: readonly (readonly [place: number, facts: OtherStepFacts])[];
}

/** Members of a `StepSummary` that are not `null`, not empty and not `false`. */
export interface OtherStepFacts
  extends Partial<
    Pick<
      StepSummary,
      | 'firstToken'
      | 'chunks'
      | 'chunkCount'
      | 'promptTokens'
      | 'completionTokens'
      | 'tokens'
      | 'cost'
      | 'isUnfinished'
      | 'problem'
    >
  > {
  readonly model?: number;
  readonly provider?: number;
  readonly error?: number;
}

/** A step without its children. Members are as the tracer sent them. */
export interface StepContent {
  readonly index: number;
  readonly id: string;
  /** Bytes of its contents as JSON text, without its children. */
  readonly bytes: number;
  readonly inputs: unknown;
  readonly output: unknown;
  readonly groundTruth: unknown;
  readonly metadata: unknown;
  readonly modelParameters: unknown;
  readonly rawOutput: unknown;
  readonly documents: unknown;
  readonly attachments: unknown;
  /** All other members, except `steps`. */
  readonly others: Readonly<Record<string, unknown>>;
  /** Those of the members above that the step does not have. */
  readonly absent: readonly string[];
  /** Whether the contents were larger than 16 MB and are cut. */
  readonly isCut: boolean;
}

export interface FoundSteps {
  /** Indexes of the steps. */
  readonly steps: readonly number[];
  /** Whether the list was cut at 1,000 steps. */
  readonly isCut: boolean;
}

/** The traces of a session, or those of a user. */
export interface Group {
  /** The id of the session or the user. */
  readonly id: string;
  /** Number of traces. */
  readonly traces: number;
  /** Number of failed traces. */
  readonly failed: number;
  /** When its first trace began. */
  readonly first: number;
  /** When its last trace began. */
  readonly last: number;
  readonly tokens: number | null;
  readonly cost: number | null;
  /** The latest question. */
  readonly input: string;
}

export interface GroupPage {
  readonly groups: readonly Group[];
  readonly next: string | null;
}

/** An editor whose links the page can make. Spelled out, since users see the type and `EDITORS` is not exported to them. */
export type Editor =
  | 'vscode'
  | 'vscode-insiders'
  | 'vscodium'
  | 'cursor'
  | 'windsurf'
  | 'zed'
  | 'idea'
  | 'webstorm'
  | 'pycharm';
export const EDITORS: readonly Editor[] = [
  'vscode',
  'vscode-insiders',
  'vscodium',
  'cursor',
  'windsurf',
  'zed',
  'idea',
  'webstorm',
  'pycharm',
];

export const OVERVIEW_GROUPINGS = ['route', 'model'] as const;
export type OverviewGrouping = (typeof OVERVIEW_GROUPINGS)[number];

export interface Overview {
  /** Length of a bucket: a minute or more, so that there are 240 buckets at most. */
  readonly bucketMs: number;
  readonly buckets: readonly OverviewBucket[];
  /** The busiest 50 routes, or models. */
  readonly groups: readonly OverviewGroup[];
  /** As in `TracePage`: traces may be missing from all measures. */
  readonly areWordsLeftOut?: true;
}

export interface Measures {
  readonly requests: number;
  readonly errors: number;
  readonly aborts: number;
  /** Requests that are in `errors` and in `aborts`. */
  readonly failedAborts: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly firstTokenP50: number | null;
  readonly firstTokenP95: number | null;
  /** Sums over the traces that have the value; `null` if none has. */
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly cost: number | null;
  /** Completion tokens of requests whose client had left. */
  readonly wastedTokens: number | null;
}

export interface OverviewBucket extends Measures {
  readonly from: number;
}

export interface OverviewGroup extends Measures {
  readonly name: string;
}

export interface Health {
  /** The latest counts of each process and pipeline that sent some, newest first; at most 20. */
  readonly apps: readonly AppStats[];
  /** The newest calls that were refused, and why; at most 100. */
  readonly refused: readonly RefusedCall[];
  /** What failed in the server itself: the first 20 messages, and the number of others. */
  readonly failures: readonly string[];
  /** How many traces each tracer wrote. */
  readonly dialects: Readonly<Partial<Record<Tracer, number>>>;
  readonly marks: Readonly<Partial<Record<Mark, number>>>;
  readonly storage: {
    readonly traces: number;
    readonly bytes: number;
    readonly oldest: number | null;
    /** Rows that were deleted by age or size. */
    readonly deleted: number;
  };
}

export interface AppStats {
  readonly name: string;
  readonly at: number;
  /** The tracer's `stats()` when it made its latest call, whose rows it still counted as queued. */
  readonly stats: unknown;
}

/** Calls that were refused for the same reason. */
export interface RefusedCall {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly message: string;
  /** How often the same refusal was repeated. */
  readonly count: number;
}

export interface ServerInfo {
  readonly version: string;
  /** The traces file; `null` if they are in memory. */
  readonly file: string | null;
  readonly traces: number;
  readonly pipelines: readonly { readonly id: string; readonly traces: number }[];
  /** Rows that came longer ago are deleted. */
  readonly maxAgeMs: number | null;
  /** Limit for the traces file and its index together. */
  readonly maxBytes: number | null;
  /** The base URL that an app sets to send its traces here. */
  readonly baseUrl: string;
  /** The editor that stack frames are opened in, if they name files below `folder`; `null` for none. */
  readonly editor: { readonly name: Editor; readonly folder: string } | null;
  /** The variables that an app sets, as lines for a shell; the empty page shows them. */
  readonly environment: readonly string[];
}

/** Sent at most four times a second. */
export type ServerEvent =
  | { readonly type: 'traces'; readonly traces: readonly TraceSummary[]; readonly omitted: number }
  | { readonly type: 'changed'; readonly traces: readonly TraceSummary[] }
  | { readonly type: 'refused'; readonly refusal: RefusedCall }
  /** Deleted are all traces up to the number `upTo`, and those in `numbers`. */
  | { readonly type: 'deleted'; readonly upTo: number; readonly numbers: readonly number[] };
