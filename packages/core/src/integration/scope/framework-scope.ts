/** Scopes for code that a framework announces on a diagnostics channel of Node. */

import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from '#platform';
import { processWide } from '../../platform/process-wide.js';
import { currentRecordedStep } from '../../trace/current-step.js';
import type { Step } from '../../trace/model/trace-api.js';
import { isBelow, registerFinder } from '../../trace/scope/scope.js';
import { reportFailure } from '../report/integration-diagnostics.js';

/** The part of a diagnostics channel that is used. */
export interface AnnouncingChannel {
  bindStore(store: AsyncLocalStorage<unknown>, transform: (message: unknown) => unknown): void;
  subscribe(listener: (message: unknown) => void): void;
}

/** The channels on which a framework announces the start and end of its work. */
export interface AnnouncingChannels {
  readonly start: AnnouncingChannel;
  readonly asyncEnd: AnnouncingChannel;
}

/** Node's tracing channels of that name; undefined if the runtime has none. */
export function announcingChannels(name: string): AnnouncingChannels | undefined {
  // A TracingChannel of Node has both.
  return tracingChannel(name) as AnnouncingChannels | undefined;
}

const shared = processWide('channel-scopes.v1', () => ({
  storage: new AsyncLocalStorage<unknown>(),
  isFound: false,
}));

/**
 * Sets the scope of the code that a framework runs for a message of the channel, unless that code enters another scope.
 * @param stepOf called before the code runs; returns its step, or undefined to keep the scope
 */
export function scopeChannel(
  channel: AnnouncingChannel,
  stepOf: (message: unknown) => Step | undefined,
): void {
  const { storage } = shared;
  if (!shared.isFound) registerStepFinder(() => storage.getStore() as Step | undefined);
  shared.isFound = true;
  channel.bindStore(storage, (message) => {
    try {
      return stepOf(message) ?? storage.getStore();
    } catch (error) {
      reportFailure('channel', error);
      return storage.getStore();
    }
  });
}

/**
 * Registers a function that finds the current step, for frameworks that run code in an async context of their own. If it
 * throws, that is reported and it is not called again.
 */
export function registerStepFinder(find: () => Step | undefined): void {
  let isBroken = false;
  registerFinder(() => {
    if (isBroken) return undefined;
    try {
      return find();
    } catch (error) {
      isBroken = true;
      reportFailure('finding the current step', error);
      return undefined;
    }
  });
}

/** The current step if it is below the given one, else the given one. */
export function currentWithin(step: Step): Step {
  const current = currentRecordedStep();
  return current !== undefined && isBelow(current, step) ? current : step;
}
