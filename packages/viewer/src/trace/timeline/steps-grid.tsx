/** The steps of a trace as a tree, each with its bar on the common axis. */

import { memo, type ReactNode, type Ref, useCallback, useMemo, useRef } from 'react';
import { cutMiddle, formatCost, formatCount, formatDuration } from '../../format.js';
import { changeSettings, useSettings } from '../../state/settings.js';
import { Grid, type GridHandle } from '../../ui/grid/grid.js';
import { Icon } from '../../ui/icons.js';
import { Divider } from '../../ui/layout/split.js';
import { OneLine } from '../../ui/values/visible-text.js';
import { PROBLEM_WORDS } from '../steps/problem-words.js';
import {
  groupFacts,
  parentPlace,
  rowOf,
  type StepRow,
  type StepsShown,
  type StepTree,
} from '../steps/step-tree.js';
import type { TimeRange } from '../steps/time-range.js';
import { TypeMark } from '../steps/type-mark.js';
import { GroupBar, StepBar } from './step-bar.js';
import css from './steps-grid.module.css';

/** Deeper steps are not indented further, and have their level as a number. */
const MAX_INDENTS = 14;
const INDENT = 14;
/** Pixels. */
export const ROW_HEIGHT = 26;

export interface StepsGridProps {
  readonly tree: StepTree;
  readonly shown: StepsShown;
  readonly rows: Int32Array;
  /** Place in `rows`. */
  readonly active: number;
  readonly onActive: (place: number) => void;
  readonly onToggle: (place: number) => void;
  readonly zoom: TimeRange;
  readonly criticalPath: ReadonlySet<number> | undefined;
  readonly matches: ReadonlySet<number> | undefined;
  readonly handle: Ref<GridHandle>;
}

/** Renders again only if its rows may look different: not when another step is selected. */
export const StepsGrid = memo(function StepsGrid(props: StepsGridProps): ReactNode {
  const { tree, shown, rows, zoom, criticalPath, matches, onToggle } = props;
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
            />
          )}
        </div>
      );
    },
    [tree, zoom, criticalPath, matches, onToggle, template],
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
            <Ticks zoom={zoom} />
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

function Toggle({
  expanded,
  onToggle,
}: {
  readonly expanded: boolean | undefined;
  readonly onToggle: () => void;
}): ReactNode {
  if (expanded === undefined) return <span className={css.toggle} />;
  return (
    // The row has the keys and says whether it is expanded.
    <span
      className={css.toggle}
      aria-hidden="true"
      onClick={(event) => {
        event.stopPropagation();
        onToggle();
      }}
      onDoubleClick={(event) => event.stopPropagation()}
    >
      <Icon name={expanded ? 'down' : 'right'} />
    </span>
  );
}

function Indent({ level }: { readonly level: number }): ReactNode {
  return (
    <>
      <span style={{ width: Math.min(level, MAX_INDENTS) * INDENT }} className={css.indent} />
      {level > MAX_INDENTS && (
        <span className={css.depth} title={`Level ${formatCount(level)}`}>
          {formatCount(level)}
        </span>
      )}
    </>
  );
}

function StepCells({
  row: { step, level, expanded },
  zoom,
  onToggle,
  isCritical,
  isMatch,
}: {
  readonly row: Extract<StepRow, { kind: 'step' }>;
  readonly zoom: TimeRange;
  readonly onToggle: () => void;
  readonly isCritical: boolean | undefined;
  readonly isMatch: boolean;
}): ReactNode {
  const isPlumbing = step.type === 'chain' || step.type === 'user_call';
  return (
    <>
      <div role="gridcell" className={css.name}>
        <Indent level={level} />
        <Toggle expanded={expanded} onToggle={onToggle} />
        <TypeMark type={step.type} />
        <span className={`${isPlumbing ? css.plumbing : css.worded} ${isMatch ? css.match : ''}`}>
          <OneLine text={step.name.length > 300 ? cutMiddle(step.name, 300) : step.name} />
        </span>
        {step.error !== null && (
          <span className={css.error} title={step.error.slice(0, 300).toWellFormed()}>
            <Icon name="close" />
            <span className="visually-hidden">failed</span>
          </span>
        )}
        {step.problem !== null && (
          <span className={css.problem} title={`This step ${PROBLEM_WORDS[step.problem]}`}>
            !<span className="visually-hidden">{PROBLEM_WORDS[step.problem]}</span>
          </span>
        )}
        <span className={css.facts}>
          {step.tokens !== null && `${formatCount(step.tokens)} tok`}
          {step.cost !== null && <span className={css.cost}> {formatCost(step.cost)}</span>}
        </span>
      </div>
      <div role="gridcell" className={css.track}>
        <StepBar step={step} zoom={zoom} isCritical={isCritical} />
      </div>
      <div role="gridcell" className={css.duration}>
        {step.isUnfinished ? (
          <span title="No end was recorded">unfinished</span>
        ) : (
          formatDuration(step.duration)
        )}
      </div>
    </>
  );
}

function GroupCells({
  row: { group, level, expanded },
  tree,
  zoom,
  onToggle,
}: {
  readonly row: Extract<StepRow, { kind: 'group' }>;
  readonly tree: StepTree;
  readonly zoom: TimeRange;
  readonly onToggle: () => void;
}): ReactNode {
  const first = tree.steps[group.first];
  if (first === undefined) return null;
  const { sum, min, max, start, stop, failed, tokens } = groupFacts(tree, group);
  const range = sum === null ? '' : `${formatDuration(min)} to ${formatDuration(max)}`;
  return (
    <>
      <div role="gridcell" className={css.name}>
        <Indent level={level} />
        <Toggle expanded={expanded} onToggle={onToggle} />
        <TypeMark type={first.type} />
        <span className={css.count}>{formatCount(group.members.length)} ×</span>
        <span className={css.worded}>
          <OneLine text={first.name.length > 300 ? cutMiddle(first.name, 300) : first.name} />
        </span>
        {failed > 0 && <span className={css.error}>{formatCount(failed)} failed</span>}
        <span className={css.facts}>
          {tokens !== null && `${formatCount(tokens)} tok `}
          {range}
        </span>
      </div>
      <div role="gridcell" className={css.track}>
        {Number.isFinite(start) && (
          <GroupBar type={first.type} time={[start, Math.max(start, stop)]} zoom={zoom} />
        )}
      </div>
      <div
        role="gridcell"
        className={css.duration}
        title={sum === null ? 'Not recorded' : `${formatDuration(sum)} in total; ${range}`}
      >
        {formatDuration(sum)}
      </div>
    </>
  );
}

/** Times along the axis. */
function Ticks({ zoom: [from, to] }: { readonly zoom: TimeRange }): ReactNode {
  const length = to - from;
  const rough = length / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((each) => each >= rough) ?? rough;
  const times: number[] = [];
  for (let time = Math.ceil(from / step) * step; time <= to && times.length < 12; time += step) {
    times.push(time);
  }
  return times.map((time) => {
    const left = ((time - from) / length) * 100;
    return (
      <span
        key={time}
        className={css.tick}
        style={{ left: `${left}%` }}
        data-last={left > 85 || undefined}
      >
        {time === 0 ? '0' : formatDuration(time)}
      </span>
    );
  });
}
