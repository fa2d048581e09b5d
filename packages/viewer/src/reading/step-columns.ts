import type { StepColumns, StepSummary } from '../../../local/src/page-api.js';

/** Adds the steps in the columns to those that come before them. */
export function addSteps(steps: StepSummary[], columns: StepColumns): void {
  const { from, texts, parent, name, type, start, duration, others } = columns;
  for (let place = 0; place < parent.length; place++) {
    const above = parent[place] ?? -1;
    steps.push({
      index: from + place,
      parent: above,
      depth: above < 0 ? 0 : (steps[above]?.depth ?? 0) + 1,
      name: texts[name[place] ?? -1] ?? '',
      type: texts[type[place] ?? -1] ?? '',
      start: start[place] ?? null,
      duration: duration[place] ?? null,
      firstToken: null,
      chunks: NO_CHUNKS,
      model: null,
      provider: null,
      promptTokens: null,
      completionTokens: null,
      tokens: null,
      cost: null,
      error: null,
      isUnfinished: false,
      problem: null,
    });
  }
  const textAt = (place: number | undefined) =>
    place === undefined ? null : (texts[place] ?? null);
  for (const [place, { model, provider, error, ...facts }] of others) {
    const step = steps[from + place];
    if (step === undefined) continue;
    steps[from + place] = {
      ...step,
      ...facts,
      model: textAt(model),
      provider: textAt(provider),
      error: textAt(error),
    };
  }
}

const NO_CHUNKS: readonly number[] = [];
