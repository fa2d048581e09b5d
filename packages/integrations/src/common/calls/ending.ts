/** How a call ended. `left`: the app stopped reading. `unfinished`: its trace ended before it. */
export type Ending = 'complete' | 'left' | 'failed' | 'unfinished';
