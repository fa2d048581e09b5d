/** All steps of a trace at once: drag over it to zoom, turn the wheel to zoom, double-click for the whole. */

import { memo, type ReactNode, useEffect, useRef, useState } from 'react';
import type { StepSummary } from '../../../../local/src/page-api.js';
import { formatDuration } from '../../format.js';
import { useTheme } from '../../state/use-theme.js';
import { colorReader } from '../../ui/color-reader.js';
import { useDragRange } from '../../ui/controls/use-drag-range.js';
import type { StepTree } from '../steps/step-tree.js';
import { type TimeRange, zoomed } from '../steps/time-range.js';
import { hueOf } from '../steps/type-mark.js';
import css from './minimap.module.css';

export const Minimap = memo(function Minimap({
  tree,
  axis,
  zoom,
  onZoom,
  criticalPath,
}: {
  readonly tree: StepTree;
  readonly axis: TimeRange;
  readonly zoom: TimeRange;
  readonly onZoom: (zoom: TimeRange) => void;
  readonly criticalPath: ReadonlySet<number> | undefined;
}): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const [size, setSize] = useState<readonly [number, number]>([0, 0]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setSize([element.clientWidth, element.clientHeight]));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours.
  useEffect(() => {
    if (canvas.current !== null) draw(canvas.current, size, tree, axis, criticalPath);
  }, [tree, axis, criticalPath, size, theme]);

  const timeAt = (clientX: number): number => {
    const area = box.current?.getBoundingClientRect();
    if (area === undefined || area.width === 0) return axis[0];
    const part = Math.max(0, Math.min(1, (clientX - area.left) / area.width));
    return axis[0] + part * (axis[1] - axis[0]);
  };
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    // React's own wheel listeners may not prevent scrolling.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      onZoom(zoomed(zoom, axis, event.deltaY < 0 ? 0.8 : 1.25, timeAt(event.clientX)));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  });

  const percent = (time: number) => ((time - axis[0]) / (axis[1] - axis[0])) * 100;
  const { range, handlers } = useDragRange(timeAt, (chosen) => {
    // A click is not a part.
    if (percent(chosen[1]) - percent(chosen[0]) > 0.5) onZoom(chosen);
  });
  const [left, right] = range ?? zoom;
  const isZoomed = zoom[0] > axis[0] || zoom[1] < axis[1] || range !== undefined;
  return (
    <div
      ref={box}
      className={css.minimap}
      role="img"
      aria-label={`All steps over ${formatDuration(axis[1] - axis[0])}`}
      title="Drag to zoom, double-click for the whole trace"
      {...handlers}
      onDoubleClick={() => onZoom(axis)}
    >
      <canvas ref={canvas} />
      {isZoomed && (
        <>
          <div className={css.shade} style={{ left: 0, width: `${percent(left)}%` }} />
          <div className={css.shade} style={{ left: `${percent(right)}%`, right: 0 }} />
        </>
      )}
    </div>
  );
});

function draw(
  canvas: HTMLCanvasElement,
  [width, height]: readonly [number, number],
  { steps }: StepTree,
  [from, to]: TimeRange,
  criticalPath: ReadonlySet<number> | undefined,
): void {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const context = canvas.getContext('2d');
  if (context === null || width === 0) return;
  context.scale(ratio, ratio);
  const color = colorReader(canvas);
  const hues = new Map<string, string>();
  const row = Math.min(4, (height - 4) / Math.max(1, steps.length));
  for (const step of drawnSteps(steps, criticalPath)) {
    const { index, start, duration, type } = step;
    if (start === null) continue;
    let hue = hues.get(type);
    if (hue === undefined) {
      hue = color(hueOf(type));
      hues.set(type, hue);
    }
    const left = ((start - from) / (to - from)) * width;
    const length = Math.max(1, ((duration ?? 0) / (to - from)) * width);
    context.fillStyle = hue;
    const isCritical = criticalPath?.has(index) === true;
    context.globalAlpha = criticalPath === undefined || isCritical ? 1 : 0.45;
    context.fillRect(
      left,
      2 + index * row,
      length,
      Math.max(row > 2 ? row - 1 : row, isCritical ? 1 : 0.5),
    );
  }
}

/** More bars than this would cover each other. */
const MAX_BARS = 4000;

/** The steps to draw. Of more than `MAX_BARS` the longest of each run, where steps of the critical path come first. */
function drawnSteps(
  steps: readonly StepSummary[],
  criticalPath: ReadonlySet<number> | undefined,
): readonly StepSummary[] {
  if (steps.length <= MAX_BARS) return steps;
  const weightOf = ({ index, start, duration }: StepSummary) =>
    start === null
      ? -1
      : (duration ?? 0) + (criticalPath?.has(index) === true ? Number.MAX_SAFE_INTEGER / 2 : 0);
  const drawn: StepSummary[] = [];
  const length = Math.ceil(steps.length / MAX_BARS);
  for (let from = 0; from < steps.length; from += length) {
    let heaviest: StepSummary | undefined;
    let most = Number.NEGATIVE_INFINITY;
    const end = Math.min(steps.length, from + length);
    for (let index = from; index < end; index++) {
      const step = steps[index];
      const weight = step === undefined ? most : weightOf(step);
      if (weight <= most) continue;
      heaviest = step;
      most = weight;
    }
    if (heaviest !== undefined) drawn.push(heaviest);
  }
  return drawn;
}
