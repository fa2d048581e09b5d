/** The names of models without what clients and clouds put before them. */

/** The model without the path that Google puts before it: `gemini-2.5-pro` of `models/gemini-2.5-pro`. */
export function bareModel(model: string | undefined): string | undefined {
  return model?.replace(/^(publishers\/[^/]+\/)?models\//, '') || undefined;
}

/** The same for a path that may begin with the project: `projects/p/locations/l/publishers/google/models/gemini-2.5-pro`. */
export function modelOfResource(path: string): string {
  return path.replace(/^(.*\/)?publishers\/[^/]+\/models\//, '').replace(/^models\//, '');
}

/** The model without the vendors that a gateway puts before it: `gpt-5` of `openai/gpt-5`. */
export function modelOfGateway(path: string | undefined): string | undefined {
  return path?.replace(/^.*\//, '') || undefined;
}
