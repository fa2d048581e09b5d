/** One virtual grid for everything that has rows: requests, the steps of a trace, the members of a JSON value. */

import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  type Ref,
  useCallback,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
} from 'react';
import { useStable } from '../use-stable.js';
import css from './grid.module.css';
import { useDrawnRows } from './use-drawn-rows.js';
import { useKeptRows } from './use-kept-rows.js';

export interface RowFacts {
  readonly key: string | number;
  /** Level in a tree, from 1. */
  readonly level?: number;
  /** Undefined where a row has no children. */
  readonly expanded?: boolean | undefined;
  readonly className?: string | undefined;
}

export interface GridHandle {
  /** Scrolls as little as needed to show the row, or shows it in the middle. */
  show(index: number, where?: 'nearest' | 'center'): void;
  focus(): void;
  /** Pixels above the first row that is seen. */
  scrollTop(): number;
  scrollTo(top: number): void;
}

interface GridProps<Row> {
  readonly label: string;
  readonly role: 'grid' | 'treegrid';
  readonly count: number;
  /** A drawn row renders again if this returns another object for it. */
  readonly rowAt: (index: number) => Row;
  readonly factsOf: (row: Row, index: number) => RowFacts;
  readonly rowHeight: number;
  readonly header?: ReactNode;
  readonly headerRows?: number;
  /** The row with the keyboard focus; -1 for none. */
  readonly active: number;
  /** Called when a key moves to a row. */
  readonly onActive: (index: number) => void;
  /** Called at a click, and at Enter if there is no `onOpen`. By default a click does what a key does. */
  readonly onPress?: (index: number) => void;
  /** Called when the pointer comes to a row. */
  readonly onPoint?: (index: number) => void;
  /** Folds or unfolds a row. */
  readonly onToggle?: (index: number) => void;
  /** Called at Enter and at a double click. */
  readonly onOpen?: (index: number) => void;
  readonly onScroll?: (top: number) => void;
  /** Called when the last rows come into sight. */
  readonly onEnd?: () => void;
  readonly parentOf?: (index: number) => number;
  readonly renderRow: (row: Row, index: number) => ReactNode;
  readonly handle?: Ref<GridHandle>;
  readonly className?: string | undefined;
  /** Whether a row that is read stays at its place on the screen while rows come and go above it. */
  readonly keepsPlace?: boolean;
  /** Below this width, in pixels, the grid scrolls sideways. */
  readonly minWidth?: number;
}

export function Grid<Row>(props: GridProps<Row>): ReactNode {
  const { count, rowHeight, active, onToggle, onScroll, onEnd } = props;
  const onPress = useStable(props.onPress ?? props.onActive);
  const onOpen = useStable((index: number) => props.onOpen?.(index));
  const onPoint = useStable((index: number) => props.onPoint?.(index));
  const id = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const { first, last } = useDrawnRows(scroller, count, rowHeight, onScroll);

  useKeptRows(
    scroller,
    {
      ...{ count, active, rowHeight },
      keyAt: (index) => props.factsOf(props.rowAt(index), index).key,
    },
    props.keepsPlace === true,
  );

  const show = useCallback(
    (index: number, where: 'nearest' | 'center' = 'nearest') => {
      const box = scroller.current;
      if (box === null || index < 0) return;
      const head = box.querySelector<HTMLElement>('[data-head]')?.offsetHeight ?? 0;
      const seen = box.clientHeight - head;
      const top = index * rowHeight;
      if (where === 'center') box.scrollTop = top - seen / 2 + rowHeight / 2;
      else if (top < box.scrollTop) box.scrollTop = top;
      else if (top + rowHeight > box.scrollTop + seen) box.scrollTop = top + rowHeight - seen;
    },
    [rowHeight],
  );
  useImperativeHandle(
    props.handle,
    () => ({
      show,
      focus: () => scroller.current?.focus({ preventScroll: true }),
      scrollTop: () => scroller.current?.scrollTop ?? 0,
      scrollTo: (top) => {
        if (scroller.current !== null) scroller.current.scrollTop = top;
      },
    }),
    [show],
  );

  const isAtEnd = count > 0 && last >= count;
  useLayoutEffect(() => {
    if (isAtEnd && count > 0) onEnd?.();
  }, [isAtEnd, count, onEnd]);

  const go = (index: number) => {
    const next = Math.max(0, Math.min(count - 1, index));
    if (count === 0) return;
    props.onActive(next);
    show(next);
  };
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.target !== event.currentTarget || event.altKey || event.metaKey) return;
    if (event.ctrlKey || (event.shiftKey && event.key.startsWith('Arrow'))) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 2);
    const expanded =
      active >= 0 && active < count
        ? props.factsOf(props.rowAt(active), active).expanded
        : undefined;
    switch (event.key) {
      case 'ArrowDown':
        go(active + 1);
        break;
      case 'ArrowUp':
        go(active < 0 ? 0 : active - 1);
        break;
      case 'PageDown':
        go(active + page);
        break;
      case 'PageUp':
        go(active - page);
        break;
      case 'Home':
        go(0);
        break;
      case 'End':
        go(count - 1);
        break;
      case 'ArrowRight':
        if (expanded === false) onToggle?.(active);
        else if (expanded === true) go(active + 1);
        else return;
        break;
      case 'ArrowLeft':
        if (expanded === true) onToggle?.(active);
        else if (props.parentOf !== undefined) go(props.parentOf(active));
        else return;
        break;
      case 'Enter':
        if (active < 0) return;
        if (props.onOpen !== undefined) props.onOpen(active);
        else if (props.onPress !== undefined) props.onPress(active);
        else return;
        break;
      default:
        return;
    }
    event.preventDefault();
  };

  const rows: ReactNode[] = [];
  for (let index = first; index < Math.min(last, count); index++) {
    const row = props.rowAt(index);
    rows.push(
      <MemoizedRow<Row>
        key={props.factsOf(row, index).key}
        id={`${id}${index}`}
        index={index}
        rowIndex={index + 1 + (props.headerRows ?? 0)}
        height={rowHeight}
        isActive={index === active}
        row={row}
        factsOf={props.factsOf}
        renderRow={props.renderRow}
        onPress={onPress}
        onOpen={onOpen}
        onPoint={onPoint}
      />,
    );
  }
  const isActiveDrawn = active >= first && active < Math.min(last, count);
  return (
    <div
      ref={scroller}
      role={props.role}
      aria-label={props.label}
      aria-rowcount={count + (props.headerRows ?? 0)}
      aria-activedescendant={isActiveDrawn ? `${id}${active}` : undefined}
      tabIndex={0}
      className={`${css.grid} ${props.className ?? ''}`}
      onKeyDown={onKeyDown}
    >
      {props.header !== undefined && (
        <div role="rowgroup" data-head className={css.head} style={{ minWidth: props.minWidth }}>
          {props.header}
        </div>
      )}
      <div
        role="rowgroup"
        className={css.body}
        style={{ height: count * rowHeight, minWidth: props.minWidth }}
      >
        <div role="presentation" style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  );
}

interface RowProps<Row> extends Pick<GridProps<Row>, 'factsOf' | 'renderRow'> {
  readonly row: Row;
  readonly id: string;
  readonly index: number;
  readonly rowIndex: number;
  readonly height: number;
  readonly isActive: boolean;
  readonly onPress: (index: number) => void;
  readonly onOpen: (index: number) => void;
  readonly onPoint: (index: number) => void;
}

/** While the grid is scrolled, or gets further rows, only the rows that come into sight render. */
const MemoizedRow = memo(function GridRow<Row>(props: RowProps<Row>): ReactNode {
  const { row, index } = props;
  const { className, level, expanded } = props.factsOf(row, index);
  return (
    <div
      role="row"
      id={props.id}
      className={`${css.row} ${className ?? ''}`}
      style={{ height: props.height }}
      aria-rowindex={props.rowIndex}
      aria-selected={props.isActive}
      {...(level !== undefined && { 'aria-level': level })}
      {...(expanded !== undefined && { 'aria-expanded': expanded })}
      onClick={() => props.onPress(index)}
      onDoubleClick={() => props.onOpen(index)}
      onPointerEnter={() => props.onPoint(index)}
    >
      {props.renderRow(row, index)}
    </div>
  );
}) as <Row>(props: RowProps<Row>) => ReactNode;
