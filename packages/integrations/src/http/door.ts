/** What differs between the doors of clients that speak HTTP. */

import type { CallOptions, StreamUsageOptions } from '../common/options.js';
import type { Shape } from '../shapes/shape.js';

export interface Door {
  /** What its steps are called after: `OpenAI`. */
  readonly client: string;
  /** Of hosts that tell none themselves. */
  readonly provider: string | undefined;
  readonly shapes: readonly Shape[];
  readonly options: CallOptions & StreamUsageOptions;
}
