/** The steps of a trace as a tree, each with its bar on the common axis. */

import { memo, type ReactNode, type Ref, useCallback, useMemo, useRef } from 'react';
import { changeSettings, useSettings } from '../../state/settings.js';
import { Grid, type GridHandle } from '../../ui/grid/grid.js';
import { Divider } from '../../ui/layout/split.js';
import {
  parentPlace,
  rowOf,
  type StepRow,
  type StepsShown,
  type StepTree,
} from '../steps/step-tree.js';
import type { TimeRange } from '../steps/time-range.js';
import { AxisTicks } from './axis-ticks.js';
import { GroupCells, StepCells } from './step-cells.js';
import css from './steps-grid.module.css';

/** Pixels. */
export const ROW_HEIGHT = 26;

export interface StepsGridProps {
  readonly tree: StepTree;
  readonly shown: StepsShown;
  readonly rows: Int32Array;
  /** Place in `rows`. */
  readonly active: number;
  readonly onActive: (place: number) => void;
  readonly onPress: (place: number) => void;
  readonly onToggle: (place: number) => void;
  readonly zoom: TimeRange;
  readonly criticalPath: ReadonlySet<number> | undefined;
  readonly matches: ReadonlySet<number> | undefined;
  /** When the response began; its mark stands in the bar of the root. */
  readonly firstByte: number | null;
  readonly handle: Ref<GridHandle>;
}

/** Renders again only if its rows may look different: not when another step is selected. */
export const StepsGrid = memo(function StepsGrid(props: StepsGridProps): ReactNode {
  const { tree, shown, rows, zoom, criticalPath, matches, firstByte, onToggle } = props;
  const { namesWidth } = useSettings();
  const head = useRef<HTMLDivElement>(null);
  const template = `minmax(0, ${namesWidth}fr) minmax(0, ${100 - namesWidth}fr) 72px`;
  const rowAt = useMemo(() => {
    const made = new Map<number, StepRow>();
    return (place: number) => {
      const code = rows[place] ?? 0;
      const row = made.get(code) ?? rowOf(tree, shown, code);
      made.set(code, row);
      return row;
    };
  }, [tree, shown, rows]);
  const factsOf = useCallback(
    (row: StepRow, place: number) => ({
      key: rows[place] ?? 0,
      level: row.level + 1,
      expanded: row.expanded,
    }),
    [rows],
  );
  const renderRow = useCallback(
    (row: StepRow, place: number) => {
      const toggle = () => onToggle(place);
      return (
        <div role="presentation" className={css.cells} style={{ gridTemplateColumns: template }}>
          {row.kind === 'group' ? (
            <GroupCells row={row} tree={tree} zoom={zoom} onToggle={toggle} />
          ) : (
            <StepCells
              row={row}
              zoom={zoom}
              onToggle={toggle}
              isCritical={criticalPath?.has(row.step.index)}
              isMatch={matches?.has(row.step.index) === true}
              firstByte={row.step.index === 0 ? firstByte : null}
            />
          )}
        </div>
      );
    },
    [tree, zoom, criticalPath, matches, firstByte, onToggle, template],
  );
  return (
    <Grid<StepRow>
      label="Steps"
      role="treegrid"
      handle={props.handle}
      count={rows.length}
      rowAt={rowAt}
      factsOf={factsOf}
      rowHeight={ROW_HEIGHT}
      active={props.active}
      onActive={props.onActive}
      onPress={props.onPress}
      onToggle={props.onToggle}
      parentOf={(place) => parentPlace(tree, rows, place)}
      headerRows={1}
      header={
        <div
          ref={head}
          role="row"
          aria-rowindex={1}
          className={css.head}
          style={{ gridTemplateColumns: template }}
        >
          <div role="columnheader" className={css.headName}>
            Step
          </div>
          <div role="columnheader" className={css.axis}>
            <AxisTicks zoom={zoom} />
            <Divider
              label="Width of the names"
              share={namesWidth}
              onShare={(share) => changeSettings({ namesWidth: share })}
              parts={() => [head.current?.children[0], head.current?.children[1]]}
              className={css.divider}
            />
          </div>
          <div role="columnheader" className={css.duration}>
            Duration
          </div>
        </div>
      }
      renderRow={renderRow}
    />
  );
});
