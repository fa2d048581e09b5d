/** Which steps of a trace are rows, and which step is selected: by the reader, by the address, and after the trace is loaded again. */

import { type RefObject, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { AddressValue } from '../state/address-value.js';
import { useChangePageState, usePageState } from '../state/use-page-state.js';
import type { GridHandle } from '../ui/grid/grid.js';
import { useStable } from '../ui/use-stable.js';
import {
  type KnownSteps,
  movedRow,
  movedShown,
  movedStep,
  movesOf,
  type StepMoves,
} from './steps/step-moves.js';
import {
  buildStepTree,
  reveal,
  type StepsShown,
  type StepTree,
  stepAt,
  toggledRow,
  visibleRows,
} from './steps/step-tree.js';
import { ROW_HEIGHT } from './timeline/steps-grid.js';
import type { TraceData } from './use-trace.js';

const SHOWN_AT_FIRST: StepsShown = { folded: new Set(), openGroups: new Set(), modelsOnly: false };

export interface ShownSteps {
  /** What the reader has folded, unfolded and filtered. */
  readonly shown: StepsShown;
  readonly setShown: (shown: StepsShown) => void;
  /** `shown`, and the steps that the search leaves. */
  readonly shownNow: StepsShown;
  /** The rows, as `visibleRows` returns them. */
  readonly rows: Int32Array;
  /** Index of the selected step. */
  readonly selected: number;
  /** The place in `rows` of the group that the reader moved to, else of the selected step; -1 if it is not shown. */
  readonly active: number;
  readonly select: (step: number) => void;
  /** Selects a step, and shows its row in the middle of the grid. */
  readonly showStep: (step: number) => void;
  /** Folds or unfolds the row at a place. */
  readonly toggle: (place: number) => void;
  /** Moves to a place: selects its step; a group is only marked. */
  readonly moveTo: (place: number) => void;
  /** Moves to a place, and folds or unfolds a group there. */
  readonly press: (place: number) => void;
}

/** @param only the steps that the search leaves, with their ancestors; undefined for all */
export function useShownSteps(
  { detail, steps, isComplete }: TraceData,
  {
    tree,
    only,
    grid,
    onShowAll,
  }: {
    readonly tree: StepTree;
    readonly only: ReadonlySet<number> | undefined;
    readonly grid: RefObject<GridHandle | null>;
    /** Called if a step is to be shown that the search does not leave. */
    readonly onShowAll: () => void;
  },
): ShownSteps {
  const state = usePageState();
  const change = useChangePageState();
  const [shown, setShown] = useState(SHOWN_AT_FIRST);
  const [selected, setSelected] = useState(state.step ?? 0);
  const shownNow = useMemo(() => ({ ...shown, only }), [shown, only]);
  const rows = useMemo(() => visibleRows(tree, shownNow), [tree, shownNow]);
  /** The row of the group that the reader moved to last; undefined after a step. */
  const [group, setGroup] = useState<number>();
  const active = useMemo(() => {
    const place = group === undefined ? -1 : rows.indexOf(group);
    return place >= 0 ? place : rows.indexOf(selected);
  }, [rows, selected, group]);

  const address = useRef(new AddressValue<number>());
  const select = (step: number) => {
    setGroup(undefined);
    if (step === selected) return;
    setSelected(step);
    address.current.write(step);
    change({ step: step === 0 ? undefined : step }, { replace: true });
  };
  const center = (step: number) => {
    const next = reveal(tree, shownNow, step);
    setShown({ ...next, only: undefined });
    if (only !== undefined && next.only === undefined) onShowAll();
    const place = visibleRows(tree, next).indexOf(step);
    requestAnimationFrame(() => grid.current?.show(place, 'center'));
  };
  const showStep = useStable((step: number) => {
    select(step);
    center(step);
  });
  const followAddress = useStable((step: number) => {
    setGroup(undefined);
    setSelected(step);
    if (step > 0) center(step);
  });
  const toggle = useStable((place: number) => {
    setShown(toggledRow(shown, rows[place] ?? 0));
  });
  const moveTo = useStable((place: number) => {
    const code = rows[place] ?? 0;
    const step = stepAt(code);
    if (step === undefined) setGroup(code);
    else select(step);
  });
  const press = useStable((place: number) => {
    moveTo(place);
    if (stepAt(rows[place] ?? 0) === undefined) toggle(place);
  });

  const follow = useStable((before: KnownSteps, moves: StepMoves) => {
    const moved = movedStep(before, selected, moves);
    const next = movedShown(shown, moves);
    setShown(next);
    const movedGroup = group === undefined ? undefined : movedRow(group, moves);
    const from = visibleRows(buildStepTree(before.steps), shown).indexOf(selected);
    const to = visibleRows(tree, next).indexOf(moved);
    select(moved);
    setGroup(movedGroup);
    // The selected row stays where it is on the screen.
    requestAnimationFrame(() =>
      grid.current?.scrollTo((grid.current.scrollTop() ?? 0) + (to - from) * ROW_HEIGHT),
    );
  });
  const known = useRef<KnownSteps>(undefined);
  // A layout effect: other steps must not be seen at the old places.
  useLayoutEffect(() => {
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

  return {
    shown,
    setShown,
    shownNow,
    rows,
    selected,
    active,
    select,
    showStep,
    toggle,
    moveTo,
    press,
  };
}
