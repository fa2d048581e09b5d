/** Whether it is known where rows go. */

import type { Config } from './config/config.js';

/** Why nothing can be published; undefined where rows can be sent, or where tracing is switched off. */
export function whyUnpublished(config: Config): string | undefined {
  if (!config.publish || config.transport !== undefined) return undefined;
  const { problems } = config;
  const missing: string[] = [];
  const needs = (variable: string, option: string, value: string | undefined) => {
    // One that is there and cannot be read is among the problems.
    if (value !== undefined || problems.some((each) => each.variable === variable)) return;
    missing.push(`${variable} (or the option ${option})`);
  };
  needs('OPENLAYER_API_KEY', 'apiKey', config.apiKey);
  needs('OPENLAYER_INFERENCE_PIPELINE_ID', 'inferencePipelineId', config.inferencePipelineId);
  const isKnown = config.apiKey !== undefined && config.inferencePipelineId !== undefined;
  if (isKnown && config.baseUrl !== undefined) return undefined;
  const wanted = missing.length === 0 ? [] : [`set ${missing.join(' and ')}`];
  return `${[...problems.map(({ message }) => message), ...wanted].join('; ')}; until then requests go on untraced`;
}
