/** Two parts beside or above each other, and the line between them that is dragged, or moved by arrow keys. */

import { type PointerEvent, type ReactNode, useRef } from 'react';
import css from './split.module.css';

const LEAST = 15;
const MOST = 85;

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
        box={() => box.current}
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
  box,
  isStacked = false,
  className,
}: {
  readonly label: string;
  readonly share: number;
  readonly onShare: (share: number) => void;
  /** The element that both parts share. */
  readonly box: () => HTMLElement | null;
  readonly isStacked?: boolean;
  readonly className?: string | undefined;
}): ReactNode {
  const move = (event: PointerEvent<HTMLDivElement>) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const area = box()?.getBoundingClientRect();
    if (area === undefined) return;
    const part = isStacked
      ? (event.clientY - area.top) / area.height
      : (event.clientX - area.left) / area.width;
    onShare(clamp(part * 100));
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={isStacked ? 'horizontal' : 'vertical'}
      aria-valuenow={Math.round(share)}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
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
  return Math.round(Math.max(LEAST, Math.min(MOST, share)) * 10) / 10;
}
