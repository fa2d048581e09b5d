import type { ReactNode } from 'react';
import { formatExactTime, formatTime } from '../../format.js';
import { useClock } from '../../state/clock.js';

/** A time in the zone and style of the reader; the tooltip has all of it. */
export function Time({
  time,
  className,
}: {
  readonly time: number;
  readonly className?: string | undefined;
}): ReactNode {
  const clock = useClock();
  return (
    <time className={className} title={formatExactTime(time, clock.zone)}>
      {formatTime(time, clock.now, clock)}
    </time>
  );
}
