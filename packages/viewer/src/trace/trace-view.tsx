/** One trace: its facts, its steps on the axis, and the step that is selected. */

import { type ReactNode, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react';
import { formatCount } from '../format.js';
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
import { StepPane } from './step/step-pane.js';
import { StepAddress } from './step-address.js';
import { type KnownSteps, movedShown, movesOf, type StepMoves } from './steps/step-moves.js';
import { axisOf } from './steps/step-times.js';
import {
  buildStepTree,
  reveal,
  type StepsShown,
  stepAt,
  toggledRow,
  visibleRows,
} from './steps/step-tree.js';
import { Minimap } from './timeline/minimap.js';
import { StepsByName } from './timeline/steps-by-name.js';
import { ROW_HEIGHT, StepsGrid } from './timeline/steps-grid.js';
import { StepsTools } from './timeline/steps-tools.js';
import { useFind } from './timeline/use-find.js';
import { useZoom } from './timeline/use-zoom.js';
import css from './trace-view.module.css';
import { useTrace } from './use-trace.js';

const NOTHING_FOLDED: StepsShown = { folded: new Set(), openGroups: new Set(), modelsOnly: false };

export function TraceView({
  number,
  isPane = false,
  onClose,
  onOpen,
}: {
  readonly number: number;
  /** Whether the trace is shown beside the list. */
  readonly isPane?: boolean;
  readonly onClose: () => void;
  readonly onOpen?: () => void;
}): ReactNode {
  const trace = useTrace(number);
  const { detail, steps, isComplete } = trace;
  const state = usePageState();
  const change = useChangePageState();
  const isNarrow = useIsNarrow();
  const { stepsWidth } = useSettings();
  const grid = useRef<GridHandle>(null);
  const [shown, setShown] = useState(NOTHING_FOLDED);
  const [isPathShown, setPathShown] = useState(true);
  const [isRestHidden, setRestHidden] = useState(false);
  const [selected, setSelected] = useState(state.step ?? 0);

  const tree = useMemo(() => buildStepTree(steps), [steps]);
  const axis = useMemo(() => axisOf(steps, detail?.trace.latency ?? null), [steps, detail]);
  const [zoom, setZoom] = useZoom(axis);
  const criticalPath = useMemo(
    () => (isPathShown && detail !== undefined ? new Set(detail.criticalPath) : undefined),
    [detail, isPathShown],
  );
  const find = useFind(number, steps, state.find ?? '');
  const shownNow = useMemo(
    () => ({ ...shown, only: isRestHidden && find.isOn ? find.matches : undefined }),
    [shown, isRestHidden, find.isOn, find.matches],
  );
  const rows = useMemo(() => visibleRows(tree, shownNow), [tree, shownNow]);
  const active = useMemo(() => rows.indexOf(selected), [rows, selected]);
  // The selection moves at once; contents follow.
  const settled = useDeferredValue(selected);

  const isByName = state.steps === 'names';
  const setByName = (next: boolean) => change({ steps: next ? 'names' : undefined });

  const close = useStable(onClose);
  const open = useStable(() => onOpen?.());
  const address = useRef(new StepAddress());
  const select = (step: number) => {
    if (step === selected) return;
    setSelected(step);
    address.current.write(step);
    change({ step: step === 0 ? undefined : step }, { replace: true });
  };
  const center = (step: number) => {
    const next = reveal(tree, shown, step);
    setShown(next);
    const place = visibleRows(tree, { ...next, only: shownNow.only }).indexOf(step);
    requestAnimationFrame(() => grid.current?.show(place, 'center'));
  };
  const showStep = useStable((step: number) => {
    select(step);
    center(step);
  });
  const followAddress = useStable((step: number) => {
    setSelected(step);
    if (step > 0) center(step);
  });
  const toggle = useStable((place: number) => {
    setShown(toggledRow(shown, rows[place] ?? 0));
  });
  const activate = useStable((place: number) => {
    const step = stepAt(rows[place] ?? 0);
    if (step === undefined) toggle(place);
    else select(step);
  });

  const follow = useStable((before: KnownSteps, moves: StepMoves) => {
    const moved = moves(selected);
    const next = movedShown(shown, moves);
    setShown(next);
    if (moved === undefined) return;
    const from = visibleRows(buildStepTree(before.steps), shown).indexOf(selected);
    const to = visibleRows(tree, next).indexOf(moved);
    select(moved);
    // The selected row stays where it is on the screen.
    requestAnimationFrame(() =>
      grid.current?.scrollTo((grid.current.scrollTop() ?? 0) + (to - from) * ROW_HEIGHT),
    );
  });
  const known = useRef<KnownSteps>(undefined);
  useEffect(() => {
    if (detail === undefined || !isComplete) return;
    const before = known.current;
    const now = { steps, time: detail.trace.time };
    known.current = now;
    if (before !== undefined && before.steps !== steps) follow(before, movesOf(before, now));
  }, [detail, steps, isComplete, follow]);

  const requestedStep = state.step ?? 0;
  useEffect(() => {
    if (steps.length === 0 || (requestedStep >= steps.length && !isComplete)) return;
    if (address.current.isRequest(requestedStep)) followAddress(requestedStep);
  }, [requestedStep, steps, isComplete, followAddress]);

  useKeys({
    m: () => {
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
          shown={shownNow}
          rows={rows}
          active={active}
          onActive={activate}
          onToggle={toggle}
          zoom={zoom}
          criticalPath={criticalPath}
          matches={find.isOn ? find.matches : undefined}
          handle={grid}
        />
      )}
      {!isComplete && (
        <p className={css.loading} aria-live="polite">
          {trace.error === null || trace.error === undefined ? (
            `Loading ${formatCount(steps.length)} of ${formatCount(detail.totalSteps)} steps`
          ) : (
            <>
              {`${formatCount(steps.length)} of ${formatCount(detail.totalSteps)} steps could be loaded. `}
              <button type="button" className={controls.link} onClick={trace.retry}>
                Load the others
              </button>
            </>
          )}
        </p>
      )}
    </div>
  );
  const step = steps[settled];
  const right =
    step === undefined ? (
      isComplete ? (
        <Empty title={`This trace has no step ${settled}.`}>
          <button type="button" className={controls.button} onClick={() => select(0)}>
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
