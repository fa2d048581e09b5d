/** One trace: its facts, its steps on the axis, and the step that is selected. */

import { type ReactNode, useDeferredValue, useMemo, useRef, useState } from 'react';
import { versionOf } from '../server/queries.js';
import { changeSettings, useSettings } from '../state/settings.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import { useKeys } from '../ui/controls/use-keys.js';
import type { GridHandle } from '../ui/grid/grid.js';
import { Split } from '../ui/layout/split.js';
import { Empty, Failure, Loading } from '../ui/layout/states.js';
import { useIsNarrow } from '../ui/layout/use-is-narrow.js';
import controls from '../ui/styles/controls.module.css';
import { useStable } from '../ui/use-stable.js';
import { TraceHead } from './head/trace-head.js';
import { LoadingLine } from './loading-line.js';
import { StepPane } from './step/step-pane.js';
import { axisOf } from './steps/step-times.js';
import { buildStepTree, MODEL_TYPES } from './steps/step-tree.js';
import { Minimap } from './timeline/minimap.js';
import { StepsByName } from './timeline/steps-by-name.js';
import { StepsGrid } from './timeline/steps-grid.js';
import { StepsTools } from './timeline/steps-tools.js';
import { useFind } from './timeline/use-find.js';
import { useZoom } from './timeline/use-zoom.js';
import css from './trace-view.module.css';
import { useShownSteps } from './use-shown-steps.js';
import { useTrace } from './use-trace.js';

export function TraceView({
  number,
  isPane = false,
  onClose,
  onOpen,
  onDeleted,
}: {
  readonly number: number;
  /** Whether the trace is shown beside the list. */
  readonly isPane?: boolean;
  readonly onClose: () => void;
  readonly onOpen?: () => void;
  /** Called when the reader has deleted the trace: shows another one, or the list. */
  readonly onDeleted: () => void;
}): ReactNode {
  const trace = useTrace(number);
  const { detail, steps, isComplete } = trace;
  const state = usePageState();
  const change = useChangePageState();
  const isNarrow = useIsNarrow();
  const { stepsWidth } = useSettings();
  const grid = useRef<GridHandle>(null);
  const [isPathShown, setPathShown] = useState(true);
  const [isRestHidden, setRestHidden] = useState(false);

  const tree = useMemo(() => buildStepTree(steps), [steps]);
  const axis = useMemo(() => axisOf(steps, detail?.trace.latency ?? null), [steps, detail]);
  const [zoom, setZoom] = useZoom(axis, detail?.trace.time ?? 0);
  const criticalPath = useMemo(
    () => (isPathShown && detail !== undefined ? new Set(detail.criticalPath) : undefined),
    [detail, isPathShown],
  );
  const find = useFind(detail && versionOf(detail), steps, state.find ?? '');
  const only = isRestHidden && find.isOn ? find.matches : undefined;
  const shownSteps = useShownSteps(trace, {
    ...{ tree, only, grid },
    onShowAll: () => setRestHidden(false),
  });
  const { shown, setShown, selected, showStep } = shownSteps;
  // The selection moves at once; contents follow.
  const settled = useDeferredValue(selected);

  const isByName = state.steps === 'names';
  const setByName = (next: boolean) => change({ steps: next ? 'names' : undefined });

  const close = useStable(onClose);
  const open = useStable(() => onOpen?.());
  const leave = useStable(onDeleted);

  useKeys({
    m: () => {
      // Nothing would be left, and the button is disabled.
      if (!shown.modelsOnly && !tree.steps.some(({ type }) => MODEL_TYPES.has(type))) return false;
      setShown({ ...shown, modelsOnly: !shown.modelsOnly });
      return true;
    },
    s: () => {
      setByName(!isByName);
      return true;
    },
    c: () => {
      setPathShown(!isPathShown);
      return true;
    },
    ...(!isPane && {
      Escape: () => {
        onClose();
        return true;
      },
    }),
  });

  if (detail === undefined) {
    return trace.isLoading ? <Loading /> : <Failure error={trace.error} retry={trace.retry} />;
  }
  const left = (
    <div className={css.steps}>
      <StepsTools
        find={find}
        tree={tree}
        shown={shown}
        onShown={setShown}
        totalSteps={detail.totalSteps}
        isRestHidden={isRestHidden}
        onRestHidden={setRestHidden}
        isPathShown={isPathShown}
        onPathShown={setPathShown}
        onMatch={showStep}
        selected={selected}
        isByName={isByName}
        onByName={setByName}
      />
      <Minimap tree={tree} axis={axis} zoom={zoom} onZoom={setZoom} criticalPath={criticalPath} />
      {isByName ? (
        <StepsByName tree={tree} onStep={showStep} />
      ) : (
        <StepsGrid
          tree={tree}
          shown={shownSteps.shownNow}
          rows={shownSteps.rows}
          active={shownSteps.active}
          onActive={shownSteps.moveTo}
          onPress={shownSteps.press}
          onToggle={shownSteps.toggle}
          zoom={zoom}
          criticalPath={criticalPath}
          matches={find.isOn ? find.matches : undefined}
          firstByte={detail.trace.firstByte}
          handle={grid}
        />
      )}
      {!isComplete && <LoadingLine trace={trace} />}
    </div>
  );
  const step = steps[settled];
  const right =
    step === undefined ? (
      isComplete ? (
        <Empty title={`This trace has no step ${settled}.`}>
          <button type="button" className={controls.button} onClick={() => shownSteps.select(0)}>
            Show the first step
          </button>
        </Empty>
      ) : (
        <Loading />
      )
    ) : (
      <StepPane
        key={`${number}/${settled}`}
        detail={detail}
        tree={tree}
        step={step}
        onStep={showStep}
      />
    );
  return (
    <article className={css.trace} aria-label={`Trace ${detail.trace.name}`}>
      <TraceHead
        detail={detail}
        steps={steps}
        isPane={isPane}
        onClose={close}
        onOpen={open}
        onDeleted={leave}
        onStep={showStep}
      />
      <div className={css.body}>
        {isNarrow ? (
          <div className={css.stacked}>
            {left}
            {right}
          </div>
        ) : (
          <Split
            label="Size of the steps"
            share={isPane ? Math.min(stepsWidth, 45) : stepsWidth}
            onShare={(share) => changeSettings({ stepsWidth: share })}
            isStacked={isPane}
          >
            {[left, right]}
          </Split>
        )}
      </div>
    </article>
  );
}
