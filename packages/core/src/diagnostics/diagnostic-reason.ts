/** Why a diagnostic was reported: one stable string for each kind of event. */

/**
 * The reason of a diagnostic. `stats()` counts dropped rows under a `DropReason`, which a diagnostic repeats as
 * `lost_` and that reason.
 *
 * Where a name is part of a reason, `${string}` stands for it: `option_user_failed`, `lost_unauthorized`.
 */
export type DiagnosticReason =
  /** An environment variable cannot be read and counts as unset. Correct the variable that the message names. */
  | 'bad_environment'
  /** The API key, the pipeline or the address is missing, so requests are not traced. Set what the message names. */
  | 'not_configured'
  /**
   * Both `configure()` and the middleware were given options of a tracer, so there are two tracers, each with its own options alone.
   * Give all of them to `configure()`.
   */
  | 'two_tracers'
  /** Code at the top level of a Worker started a trace, where no clock and no random ids exist. Start it in a request. */
  | 'top_level'
  /**
   * `limits.maxOpenTraces` traces are open: further requests are not traced, and stuck traces are ended. Look for responses that
   * never end, and for traces of `startTrace()` that nobody ends.
   */
  | 'too_many_open'
  /** A value given to an update or a call has the wrong type and was left out or kept in metadata. Correct the call. */
  | 'bad_input'
  /** A key given to an update, a step or a call does not exist and has no effect. Correct its spelling. */
  | 'unknown_option'
  /** A step or an update came after its trace had ended and is not recorded. Pass its promise to `waitUntil()`. */
  | 'too_late'
  /**
   * A span of OpenTelemetry started or ended after its trace had ended and is not recorded. Pass the promise of its work to
   * `waitUntil()`.
   */
  | 'late_span'
  /**
   * Copies of `@opentelemetry/api` that do not work together are loaded: spans of the app are lost before they reach this
   * library. Install one version, which the message names.
   */
  | 'otel_api_mismatch'
  /** `addStep()` or an update ran outside any trace and had no effect. Use `getTrace(req)` where a request lost its scope. */
  | 'no_trace'
  /** A function among the options threw, rejected, or returned a value that cannot be read. Correct the function. */
  | `option_${string}_failed`
  /** A function among the options returned a promise where its value is needed at once; it counts as no value. */
  | `option_${string}_async`
  /** A promise returned by a function among the options did not settle in time; the row was sent without its value. */
  | 'option_too_late'
  /** The function given as `sample` threw or rejected; the trace was kept. Correct the function. */
  | 'sample_failed'
  /** A property of the request threw when it was read; the trace does without it. Look for what the app changed on it. */
  | `request_${string}_failed`
  /** The scope manager broke its contract; the app is not affected, but steps may be missing. Correct the manager. */
  | 'scope_failed'
  /** `pricing`, `onUsage` or `budget.onExceeded` failed; the model call is not affected. Correct the function. */
  | 'spending_failed'
  /** `redact.text` threw or returned no string; the value was replaced by a mark. Correct the function. */
  | 'redaction_failed'
  /** A logged value could not be read and was replaced by a mark. */
  | 'snapshot_failed'
  /** Recording the call of a client failed; the client is not affected. Please report it. */
  | 'integration_failed'
  /**
   * A client made a call that may be billed and that is not recorded; its cost is missing in the trace. At level `info`: spans of
   * OpenTelemetry are left to an integration that records the same calls.
   */
  | 'unrecorded_call'
  /** A part of this library failed; the app is not affected. Please report it. */
  | 'internal_error'
  /** `batch.maxQueueBytes` is used up; further rows are dropped. Raise it, or use a spool. */
  | 'queue_full'
  /** A batch was not delivered and is tried again later, without a spool. */
  | 'publish_retry'
  /** The backend of an export took rows and said something about them. Read its message. */
  | 'publish_warning'
  /** Rows were not delivered and are on disk, to be sent again. */
  | 'publish_spooled'
  /** The platform refused rows, which are kept in the spool's `quarantine` folder. Look at the error, then at the rows. */
  | 'quarantined'
  /** Rows were dropped for the reason that follows `lost_`, a `DropReason`. */
  | `lost_${string}`
  /** The spool folder cannot be used; rows wait in memory only. Correct the folder or its permissions. */
  | 'spool_refused'
  /** Writing to the spool or reading from it failed; new rows wait in memory until it works again. Look at the disk. */
  | 'spool_failed'
  /** Disk and memory of the spool take no further row; rows are dropped. Free space on the disk. */
  | 'spool_full'
  /** Writes to the spool take more than 5 ms; for a minute, only rows that cannot be sent are written. Use a faster disk. */
  | 'spool_slow'
  /** Part of a spool file cannot be read; the rest is sent. */
  | 'spool_damaged'
  /** A spool file was deleted while in use and was written again. Exclude the folder from cleaners. */
  | 'spool_deleted'
  /** A spool file is a copy or is old: the platform is queried for each of its rows before the row is sent. */
  | 'spool_copied'
  /** A newer version of this library wrote a spool file; this version leaves it alone. */
  | 'spool_newer';
