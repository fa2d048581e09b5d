import { modelOfResource } from '../common/bare-model.js';
import { bareBedrockModel } from '../shapes/bedrock/model-id.js';

/** The names under which a price list may have a model, the most specific first. */
export function modelNames(provider: string | undefined, model: string): readonly string[] {
  const names = [model];
  // The last part of an ARN of Amazon's, and of a path of Google's.
  names.push(modelOfResource(bareBedrockModel(model)));
  // A gateway may name the vendor again.
  if (provider !== undefined && model.startsWith(`${provider}/`)) {
    names.push(model.slice(provider.length + 1));
  }
  // All fine-tuned models of one base cost the same.
  const tuned = /^ft:[^:]+/.exec(model)?.[0];
  if (tuned !== undefined) names.push(tuned);
  return [...new Set(names)];
}

/** Whether the name is that of a fine-tuned model, which costs more than its base. */
export function isTuned(model: string): boolean {
  return /^ft:|[:.]ft-/.test(model);
}
