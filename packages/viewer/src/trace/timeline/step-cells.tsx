/** The cells of a row of the tree: of a step, or of a group of equal steps. */

import type { ReactNode } from 'react';
import { cutMiddle, formatCost, formatCount, formatDuration } from '../../format.js';
import { Icon } from '../../ui/icons.js';
import { OneLine } from '../../ui/values/visible-text.js';
import { PROBLEM_WORDS } from '../steps/problem-words.js';
import { groupFacts, type StepRow, type StepTree } from '../steps/step-tree.js';
import type { TimeRange } from '../steps/time-range.js';
import { TypeMark } from '../steps/type-mark.js';
import { Indent } from './indent.js';
import indent from './indent.module.css';
import { GroupBar, StepBar } from './step-bar.js';
import css from './steps-grid.module.css';

export function StepCells({
  row: { step, level, expanded },
  zoom,
  onToggle,
  isCritical,
  isMatch,
  firstByte,
}: {
  readonly row: Extract<StepRow, { kind: 'step' }>;
  readonly zoom: TimeRange;
  readonly onToggle: () => void;
  readonly isCritical: boolean | undefined;
  readonly isMatch: boolean;
  readonly firstByte: number | null;
}): ReactNode {
  const isPlumbing = step.type === 'chain' || step.type === 'user_call';
  return (
    <>
      <div role="gridcell" className={indent.name}>
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
        <StepBar step={step} zoom={zoom} isCritical={isCritical} firstByte={firstByte} />
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

export function GroupCells({
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
      <div role="gridcell" className={indent.name}>
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
