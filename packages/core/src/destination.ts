/** Whether it is known where rows go. */

import type { Config } from './config/config.js';
import type { Diagnostics } from './diagnostics.js';

/** Where a setting is missing, it says so once, and requests go on untraced. */
export function canPublish(config: Config, diagnostics: Diagnostics): boolean {
  if (!config.publish) return false;
  if (config.transport !== undefined) return true;
  const missing = [];
  if (config.apiKey === undefined) missing.push('OPENLAYER_API_KEY (or the option apiKey)');
  if (config.inferencePipelineId === undefined) {
    missing.push('OPENLAYER_INFERENCE_PIPELINE_ID (or the option inferencePipelineId)');
  }
  if (missing.length === 0) return true;
  diagnostics.report(
    'warn',
    'not_configured',
    `set ${missing.join(' and ')}; until then requests go on untraced`,
  );
  return false;
}
