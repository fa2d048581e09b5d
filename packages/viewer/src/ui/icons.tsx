/** Signs of 16 pixels, drawn with the colour of the text beside them. */

import type { ReactNode } from 'react';

const PATHS = {
  requests: 'M2 4h12M2 8h12M2 12h8',
  sessions: 'M2 3h9v6H6l-3 2.5V9H2zM12.5 6H14v6h-1v2.5L10.5 12H7',
  users: 'M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8zM2.5 14c.4-3 2.6-4.5 5.5-4.5s5.1 1.5 5.5 4.5',
  overview: 'M2 13.5h12M3.5 11V7M8 11V3M12.5 11V5.5',
  health: 'M1.5 8.5h3l2-5 3 9 2-4h3',
  help: 'M5.5 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M8 12.7v.1',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4 14 14',
  close: 'M4 4l8 8M12 4l-8 8',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2v9.6L12.5 8z',
  down: 'M4 6l4 4 4-4',
  right: 'M6 4l4 4-4 4',
  up: 'M4 10l4-4 4 4',
  left: 'M10 4L6 8l4 4',
  copy: 'M5.5 5.5V3h7.500v7.500H10.500M3 5.500h7.500V13H3z',
  check: 'M3.500 8.500 6.500 11.500 12.500 4.500',
  plus: 'M8 3v10M3 8h10',
  columns: 'M2.500 3h11v10h-11zM6.200 3v10M9.800 3v10',
  open: 'M6 3H3v10h10v-3M9 3h4v4M13 3 7.500 8.500',
  more: 'M3.500 8h.1M8 8h.1M12.500 8h.1',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.500v1.200M8 13.300v1.200M1.500 8h1.200M13.300 8h1.200M3.400 3.400l.9.9M11.700 11.700l.9.9M3.400 12.600l.9-.9M11.700 4.300l.9-.9',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.500V8l2.500 1.500',
  path: 'M3 3v6h6v4h4',
  thumbUp:
    'M5.500 7 8 2.500c1.200 0 1.800.8 1.500 2L9 6.500h3.200c.9 0 1.500.8 1.300 1.600l-1 4c-.2.600-.7.900-1.300.9H5.500zM5.500 7H3v6h2.500',
  thumbDown:
    'M5.500 9 8 13.500c1.200 0 1.800-.8 1.500-2L9 9.500h3.200c.9 0 1.500-.8 1.300-1.600l-1-4C12.300 3.300 11.800 3 11.200 3H5.500zM5.500 9H3V3h2.500',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
