/** How rows become spans. */

import type { Attributes } from '../../dialects/data/span-data.js';

/** What kind of backend reads the spans. */
export type ExportProfile = 'apm' | 'llm';

/** How one row becomes spans. */
export interface RowSettings {
  /** Whether steps that were spans of the app's own SDK are left out, since the app exports them itself. */
  readonly skipsForeign: boolean;
  readonly profile: ExportProfile;
  /** Whether inputs, outputs and other contents are sent. */
  readonly content: boolean;
  /** Of one attribute, in bytes of UTF-8. */
  readonly maxAttributeBytes: number;
}

/** How each row of an export becomes spans, and what belongs to the export as a whole: its name and its resource. */
export interface SpanSettings extends RowSettings {
  /** Names the export in counts and diagnostics. */
  readonly name: string;
  /** The service that made the spans. */
  readonly resource: Attributes;
}
