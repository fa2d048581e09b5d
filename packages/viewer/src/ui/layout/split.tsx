/** Two parts beside or above each other, and the line between them that is dragged, or moved by arrow keys. */

import { type PointerEvent, type ReactNode, useRef } from 'react';
import css from './split.module.css';

const MIN_SHARE = 15;
const MAX_SHARE = 85;

export function Split({
  label,
  share,
  onShare,
  isStacked = false,
  children: [first, second],
}: {
  readonly label: string;
  /** Share of the first part, in per cent. */
  readonly share: number;
  readonly onShare: (share: number) => void;
  readonly isStacked?: boolean;
  readonly children: readonly [ReactNode, ReactNode];
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const tracks = `minmax(0, ${share}fr) 5px minmax(0, ${100 - share}fr)`;
  return (
    <div
      ref={box}
      className={css.split}
      style={isStacked ? { gridTemplateRows: tracks } : { gridTemplateColumns: tracks }}
    >
      <div className={css.part}>{first}</div>
      <Divider
        label={label}
        share={share}
        onShare={onShare}
        parts={() => [box.current?.children[0], box.current?.children[2]]}
        isStacked={isStacked}
      />
      <div className={css.part}>{second}</div>
    </div>
  );
}

export function Divider({
  label,
  share,
  onShare,
  parts,
  isStacked = false,
  className,
}: {
  readonly label: string;
  readonly share: number;
  readonly onShare: (share: number) => void;
  /** The first and the second part. */
  readonly parts: () => readonly [Element | undefined, Element | undefined];
  readonly isStacked?: boolean;
  readonly className?: string | undefined;
}): ReactNode {
  const move = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const [before, after] = parts().map((part) => part?.getBoundingClientRect());
    if (before === undefined || after === undefined) return;
    const part = isStacked
      ? (event.clientY - before.top) / (after.bottom - before.top)
      : (event.clientX - before.left) / (after.right - before.left);
    onShare(clamp(part * 100));
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={isStacked ? 'horizontal' : 'vertical'}
      aria-valuenow={Math.round(share)}
      aria-valuemin={MIN_SHARE}
      aria-valuemax={MAX_SHARE}
      className={`${css.divider} ${className ?? ''}`}
      data-stacked={isStacked || undefined}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={move}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -2, ArrowUp: -2, ArrowRight: 2, ArrowDown: 2 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        onShare(clamp(share + by));
      }}
    />
  );
}

function clamp(share: number): number {
  return Math.round(Math.max(MIN_SHARE, Math.min(MAX_SHARE, share)) * 10) / 10;
}
