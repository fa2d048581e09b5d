/** What each mark of a trace means. */

import type { Mark } from '../../../../local/src/page-api.js';

export const MARK_WORDS: Readonly<Record<Mark, string>> = {
  masked: 'Something in it was masked before it left the app',
  truncated: 'A text or body was longer than the tracer keeps, and was cut',
  limited: 'A limit of the tracer was reached, such as the number of steps',
  interrupted: 'The process ended before the request did',
  unfinished: 'Some of its steps have no end',
  late: 'It came more than a minute after it ended: it was sent again, it was kept in the spool, or the clocks differ',
  retried: 'An attempt to send it failed, and it was sent again',
  replayed: 'It waited in the spool before it was sent',
  sampled: 'Its process records a part of the traces: others are missing',
};
