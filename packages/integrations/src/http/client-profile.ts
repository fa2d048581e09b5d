import type { CallOptions, StreamUsageOptions } from '../common/options.js';
import type { Retrieval, Shape } from '../shapes/shape.js';

/** Describes a client that uses HTTP: how its steps are named, which of its requests are recorded, and how. */
export interface ClientProfile {
  /** The first word of the names of the steps: `OpenAI`. */
  readonly client: string;
  /** The provider if the host of the request is not a known one. */
  readonly provider: string | undefined;
  readonly shapes: readonly Shape[];
  /** Results that an app fetches later than it requests them. */
  readonly retrievals?: readonly Retrieval[] | undefined;
  /**
   * POST paths that cost nothing, or whose cost is recorded elsewhere. A POST to any other path that no shape matches is
   * reported. Undefined for a fetch that sends requests to any host.
   */
  readonly free?: readonly RegExp[] | undefined;
  readonly options: CallOptions & StreamUsageOptions;
}
