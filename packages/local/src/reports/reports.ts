import type { EventEmitter } from 'node:events';
import type { LocalServerEvents } from './events.js';
import { Problems } from './problems.js';
import { RefusedCalls } from './refused-calls.js';

/** Failures that the page shows in full. */
const MAX_FAILURES = 20;

/** A request that was refused, or an accepted one (status 200) some of whose spans were rejected. */
export interface RefusedRequest {
  readonly method: string;
  /** The path without the query, in printable characters. */
  readonly path: string;
  readonly status: number;
  readonly message: string;
  /** Whether the client violated the contract. */
  readonly isViolation: boolean;
}

/** What a server reports to its caller, to the terminal and to the page. */
export interface Reports {
  /** Refused requests that violated the contract, and failures. */
  readonly problems: Problems;
  /** What failed in the server itself. */
  readonly failures: Problems;
  readonly refusedCalls: RefusedCalls;
  /** Adds a refused request, and emits events about it. */
  readonly reportRefused: (request: RefusedRequest) => void;
  /** Adds what failed in the server itself, and emits an event about it. */
  readonly reportFailure: (message: string) => void;
}

export function createReports(events: EventEmitter<LocalServerEvents>): Reports {
  const problems = new Problems();
  const failures = new Problems(MAX_FAILURES);
  const refusedCalls = new RefusedCalls();
  const addProblem = (problem: string) => {
    problems.add(problem);
    events.emit('problem', problem);
  };
  return {
    problems,
    failures,
    refusedCalls,
    reportRefused({ isViolation, ...call }) {
      if (isViolation) addProblem(`${call.method} ${call.path}: ${call.status} ${call.message}`);
      // Other refused calls of the page are not reported: a tab that was left open sends the token of an earlier start.
      if (isViolation || call.path.startsWith('/v1/')) {
        events.emit('refused', refusedCalls.add({ ...call, at: Date.now() }));
      }
    },
    reportFailure(message) {
      failures.add(message);
      addProblem(message);
    },
  };
}
