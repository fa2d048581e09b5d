/** How rows become spans. */

import type { Attributes } from '../../dialects/data/span-data.js';

/** What kind of backend reads the spans. */
export type ExportProfile = 'apm' | 'llm';

/** How the steps of a row become spans. */
export interface SpanSettings {
  /** Whether steps that were spans of the app's own SDK are left out, since the app exports them itself. */
  readonly skipsForeign: boolean;
  readonly profile: ExportProfile;
  /** Whether inputs, outputs and other contents are sent. */
  readonly content: boolean;
  /** Of one attribute, in bytes of UTF-8. */
  readonly maxAttributeBytes: number;
}

/** The settings of an export: those of its spans, its name and its resource. */
export interface ExportSettings extends SpanSettings {
  /** Names the export in counts and diagnostics. */
  readonly name: string;
  /** The service that made the spans. */
  readonly resource: Attributes;
}
