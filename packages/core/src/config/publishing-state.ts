/** Whether a configuration lets traces be published, and if not, what to do. */

import type { Config } from './config.js';

/** Whether traces are recorded: there is a place to send them to. */
export function isEnabledBy(config: Config): boolean {
  if (!config.publish) return false;
  return (
    whyPlatformIsMissing(config) === undefined || config.exports.some(({ isOff }) => isOff !== true)
  );
}

/** Says which settings are missing, and what that means for traces; undefined if none is, or if publishing is switched off. */
export function missingSettingsMessage(config: Config): string | undefined {
  // With exports alone, the platform is left out on purpose.
  const { apiKey, inferencePipelineId, exports } = config;
  if (exports.length > 0 && (apiKey ?? inferencePipelineId) === undefined) return undefined;
  const why = whyPlatformIsMissing(config);
  if (why === undefined) return undefined;
  const until =
    exports.length > 0
      ? 'traces go to the exports alone until then'
      : 'requests are not traced until then';
  return `${why}; ${until}`;
}

/** Why published rows cannot be updated, and what to do; undefined if they can. */
export function whyRowsCannotBeUpdated(config: Config): string | undefined {
  if (!config.publish) {
    return 'publishing is off: remove the option publish, or OPENLAYER_DISABLE_PUBLISH';
  }
  if (config.transport !== undefined) {
    return 'rows go to a transport of your own: update the row there';
  }
  return whyPlatformIsMissing(config);
}

/** Why no rows can be sent to the platform; undefined if they can, or if publishing is switched off. */
export function whyPlatformIsMissing(config: Config): string | undefined {
  if (!config.publish || config.transport !== undefined) return undefined;
  const { problems } = config;
  const missing: string[] = [];
  const needs = (variable: string, option: string, value: string | undefined) => {
    // A variable that cannot be read is reported by its problem.
    if (value !== undefined || problems.some((each) => each.variable === variable)) return;
    missing.push(`${variable} (or the option ${option})`);
  };
  needs('OPENLAYER_API_KEY', 'apiKey', config.apiKey);
  needs('OPENLAYER_INFERENCE_PIPELINE_ID', 'inferencePipelineId', config.inferencePipelineId);
  const isKnown = config.apiKey !== undefined && config.inferencePipelineId !== undefined;
  if (isKnown && config.baseUrl !== undefined) return undefined;
  const wanted = missing.length === 0 ? [] : [`set ${missing.join(' and ')}`];
  return [...problems.map(({ message }) => message), ...wanted].join('; ');
}
