/** The step that is selected: its facts, and its contents in six views. */

import { Tabs } from '@base-ui/react/tabs';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useRef } from 'react';
import type { StepContent, StepSummary, TraceDetail } from '../../../../local/src/page-api.js';
import { ModeSwitch } from '../../content/content.js';
import { formatBytes, formatCost, formatCount, formatDuration, plural } from '../../format.js';
import { isOtherVersion } from '../../server/api-error.js';
import { stepQuery, versionOf } from '../../server/queries.js';
import { type Mode, STEP_TABS, type StepTab } from '../../state/page-state.js';
import { changeSettings, useSettings } from '../../state/settings.js';
import { useChangePageState, usePageState } from '../../state/use-page-state.js';
import { CopyId } from '../../ui/controls/copy-button.js';
import { useKeys } from '../../ui/controls/use-keys.js';
import { Failure, Loading } from '../../ui/layout/states.js';
import controls from '../../ui/styles/controls.module.css';
import { OneLine, VisibleText } from '../../ui/values/visible-text.js';
import { PROBLEM_WORDS } from '../steps/problem-words.js';
import { stepKey } from '../steps/step-moves.js';
import { selfTime } from '../steps/step-times.js';
import type { StepTree } from '../steps/step-tree.js';
import { TypeMark, typeWords } from '../steps/type-mark.js';
import css from './step-pane.module.css';
import { StepPanel } from './step-panel.js';

const TAB_WORDS: Readonly<Record<StepTab, string>> = {
  conversation: 'Conversation',
  input: 'Input',
  output: 'Output',
  parameters: 'Parameters',
  metadata: 'Metadata',
  raw: 'Raw',
};

export function StepPane({
  detail,
  tree,
  step,
  onStep,
}: {
  readonly detail: TraceDetail;
  readonly tree: StepTree;
  readonly step: StepSummary;
  readonly onStep: (step: number) => void;
}): ReactNode {
  const { trace } = detail;
  const state = usePageState();
  const change = useChangePageState();
  const settings = useSettings();
  const mode = state.mode ?? settings.mode;
  const query = useQuery(stepQuery(versionOf(detail), step.index));
  const content = useKeptContent(query.data, step, trace.time);
  const chosen = state.view ?? 'conversation';
  const open = (next: StepTab) =>
    change({ view: next === 'conversation' ? undefined : next }, { replace: true });
  useKeys(
    Object.fromEntries(
      STEP_TABS.map((each, place) => [
        String(place + 1),
        () => {
          open(each);
          return true;
        },
      ]),
    ),
  );
  const own = selfTime(tree, step.index);
  const onMode = (next: Mode) => {
    changeSettings({ mode: next });
    change({ mode: next }, { replace: true });
  };
  return (
    <section className={css.pane} aria-label={`Step ${step.name.slice(0, 200)}`}>
      <div className={css.head}>
        <div className={css.top}>
          <TypeMark type={step.type} />
          <h2 className={css.name}>
            <OneLine text={step.name} max={400} />
          </h2>
          {step.parent >= 0 && (
            <button
              type="button"
              className={`${controls.link} ${css.parent}`}
              onClick={() => onStep(step.parent)}
            >
              Parent step
            </button>
          )}
        </div>
        <p className={css.facts}>
          <span>{typeWords(step.type)}</span>
          <span title={step.duration === null ? 'Not recorded' : `${step.duration} ms`}>
            {step.isUnfinished ? 'unfinished' : formatDuration(step.duration)}
            {own !== null &&
              step.duration !== null &&
              own < step.duration &&
              `, self time ${formatDuration(own)}`}
          </span>
          {step.firstToken !== null && (
            <span>first token after {formatDuration(step.firstToken)}</span>
          )}
          {step.model !== null && (
            <span>
              <VisibleText
                text={[step.provider, step.model].filter((each) => each !== null).join(' ')}
              />
            </span>
          )}
          {step.tokens !== null && (
            <span>
              {step.promptTokens === null && step.completionTokens === null
                ? `${formatCount(step.tokens)} tokens`
                : `${formatCount(step.promptTokens)} tokens in, ${formatCount(step.completionTokens)} out`}
            </span>
          )}
          {step.cost !== null && <span title={`$${step.cost}`}>{formatCost(step.cost)}</span>}
          {step.chunkCount !== null && <span>{plural(step.chunkCount, 'chunk')}</span>}
          {content !== undefined && (
            <>
              <span>{formatBytes(content.bytes)}</span>
              <CopyId label="the id of the step" value={content.id} length={13} />
            </>
          )}
        </p>
        {step.problem !== null && (
          <p className={css.problem}>This step {PROBLEM_WORDS[step.problem]}.</p>
        )}
      </div>
      <Tabs.Root
        className={css.tabs}
        value={chosen}
        onValueChange={(value) => {
          if (STEP_TABS.includes(value as StepTab)) open(value as StepTab);
        }}
      >
        <div className={css.bar}>
          <Tabs.List className={css.list} aria-label="Views of the step">
            {STEP_TABS.map((each) => (
              <Tabs.Tab key={each} value={each} className={css.tab}>
                {TAB_WORDS[each]}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          {(chosen === 'conversation' || chosen === 'input' || chosen === 'output') && (
            <ModeSwitch mode={mode} onMode={onMode} />
          )}
        </div>
        <Tabs.Panel value={chosen} className={css.panel}>
          {content === undefined ? (
            query.isError && !isOtherVersion(query.error) ? (
              <Failure
                error={query.error}
                retry={() => void query.refetch()}
                still="The other steps can still be opened."
              />
            ) : (
              <Loading rows={6} />
            )
          ) : (
            <>
              {content.isCut && (
                <p className={css.problem}>The contents are larger than 16 MB and are cut here.</p>
              )}
              <StepPanel tab={chosen} mode={mode} content={content} step={step} detail={detail} />
            </>
          )}
        </Tabs.Panel>
      </Tabs.Root>
    </section>
  );
}

/** The content, or that of the version before while this one is loaded, as long as the step is the same: feedback changes no step. */
function useKeptContent(
  content: StepContent | undefined,
  step: StepSummary,
  traceTime: number,
): StepContent | undefined {
  const key = `${step.index} ${stepKey(step, traceTime)}`;
  const kept = useRef<{ readonly key: string; readonly content: StepContent }>(undefined);
  if (content !== undefined) kept.current = { key, content };
  return kept.current?.key === key ? kept.current.content : undefined;
}
