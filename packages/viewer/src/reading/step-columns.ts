import type { StepColumns, StepSummary } from '../../../local/src/page-api.js';

/** Adds the steps in the columns to those that come before them. */
export function addSteps(steps: StepSummary[], columns: StepColumns): void {
  const { from, texts, parent, name, type, start, duration, others } = columns;
  for (let place = 0; place < parent.length; place++) {
    const above = parent[place] ?? -1;
    steps.push(
      new StepOfColumns(
        from + place,
        above,
        above < 0 ? 0 : (steps[above]?.depth ?? 0) + 1,
        texts[name[place] ?? -1] ?? '',
        texts[type[place] ?? -1] ?? '',
        start[place] ?? null,
        duration[place] ?? null,
      ),
    );
  }
  const textAt = (place: number | undefined) =>
    place === undefined ? null : (texts[place] ?? null);
  for (const [place, { model, provider, error, ...facts }] of others) {
    const step = steps[from + place];
    if (step === undefined) continue;
    Object.assign(step, facts, {
      model: textAt(model),
      provider: textAt(provider),
      error: textAt(error),
    });
  }
}

/**
 * A step has the facts that most steps lack on the prototype until it gets its own: 80,000 objects with all of them take
 * seven times as long to make.
 */
class StepOfColumns implements StepSummary {
  declare readonly firstToken: StepSummary['firstToken'];
  declare readonly chunks: StepSummary['chunks'];
  declare readonly chunkCount: StepSummary['chunkCount'];
  declare readonly model: StepSummary['model'];
  declare readonly provider: StepSummary['provider'];
  declare readonly promptTokens: StepSummary['promptTokens'];
  declare readonly completionTokens: StepSummary['completionTokens'];
  declare readonly tokens: StepSummary['tokens'];
  declare readonly cost: StepSummary['cost'];
  declare readonly error: StepSummary['error'];
  declare readonly isUnfinished: boolean;
  declare readonly problem: StepSummary['problem'];

  constructor(
    readonly index: number,
    readonly parent: number,
    readonly depth: number,
    readonly name: string,
    readonly type: string,
    readonly start: number | null,
    readonly duration: number | null,
  ) {}
}

Object.assign(StepOfColumns.prototype, {
  firstToken: null,
  chunks: [],
  chunkCount: null,
  model: null,
  provider: null,
  promptTokens: null,
  completionTokens: null,
  tokens: null,
  cost: null,
  error: null,
  isUnfinished: false,
  problem: null,
} satisfies Omit<StepSummary, DenseFact>);

type DenseFact = 'index' | 'parent' | 'depth' | 'name' | 'type' | 'start' | 'duration';
