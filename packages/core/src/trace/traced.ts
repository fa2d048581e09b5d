/** Functions and methods that record each of their calls as a step. */

import { existingTracer } from '../default-tracer.js';
import { currentRecordedStep, publishedStep } from '../scope.js';
import { openCallTrace } from './call-trace.js';
import { isInert } from './inert.js';
import { isThenable } from './promised.js';
import type { RecordedStep } from './recorded-step.js';
import type { RecordedTrace } from './recorded-trace.js';
import { runInStep } from './run-in-step.js';
import type { StepOptions } from './step-types.js';
import { checkTraceOptions, type TraceOptions } from './trace-options.js';
import type { Step } from './types.js';

/**
 * A function of exactly the same type that records each call as a step of the current trace. Outside a trace each
 * call is a trace of its own, which is published by the process-wide tracer. So is a call that a request left behind and
 * that comes after the request's trace was published: `metadata.startedBy` has the inference ID of that one.
 *
 * Promises, generators, iterators and streams are followed to their end; errors are recorded and thrown on unchanged.
 *
 * @throws TypeError where an option cannot work
 *
 * @example
 * const search = trace(async (query: string) => index.search(query), { name: 'search', params: ['query'] });
 */
// biome-ignore lint/suspicious/noExplicitAny: the parameters of an arbitrary function have no other upper bound
export function trace<F extends (...args: any[]) => unknown>(
  fn: F,
  options: TraceOptions<Parameters<F>, ReturnType<F>> = {},
): F {
  if (typeof fn !== 'function') {
    throw new TypeError(
      `trace(fn) takes a function, but was given ${fn === null ? 'null' : typeof fn}`,
    );
  }
  checkTraceOptions(options as unknown as TraceOptions);
  const how = options as unknown as TraceOptions;
  const traced = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target !== undefined) {
      // Of a class, the instance is the result: `new` needs its own way in.
      return Reflect.construct(fn, args, new.target === traced ? fn : new.target);
    }
    const step = startCall(fn, how, args);
    return step === undefined ? fn.apply(this, args) : runInStep(step, () => fn.apply(this, args));
  };
  resemble(traced, fn);
  // It takes and returns what `fn` does, and nothing else of it is visible.
  return traced as unknown as F;
}

/**
 * The same as a method decorator, in the TC39 and the legacy TypeScript dialect.
 *
 * @example
 * class Shop {
 *   @traced({ type: 'tool' })
 *   async price(sku: string): Promise<number> {
 *     return sku.length;
 *   }
 * }
 */
// biome-ignore lint/suspicious/noExplicitAny: what the method takes and returns is not known before it is decorated
export function traced<A extends unknown[] = any[], R = any>(
  options: TraceOptions<A, R> = {},
): MethodDecoratorOfBothDialects {
  if (typeof options === 'function') throw new TypeError('write @traced() with its parentheses');
  checkTraceOptions(options as unknown as TraceOptions);
  const how = options as unknown as TraceOptions;
  function decorate(target: unknown, context: unknown, descriptor?: PropertyDescriptor): unknown {
    if (descriptor !== undefined) {
      if (typeof descriptor.value !== 'function') throw new TypeError('@traced() goes on methods');
      const name = options.name ?? String(context);
      return { ...descriptor, value: trace(descriptor.value, { ...how, name }) };
    }
    const kind = (context as ClassMethodDecoratorContext | undefined)?.kind;
    if (typeof target !== 'function' || kind !== 'method')
      throw new TypeError('@traced() goes on methods');
    const name = options.name ?? String((context as ClassMethodDecoratorContext).name);
    return trace(target as (...args: unknown[]) => unknown, { ...how, name });
  }
  return decorate as MethodDecoratorOfBothDialects;
}

/** What `@traced()` returns: a decorator that both dialects accept. */
export interface MethodDecoratorOfBothDialects {
  // biome-ignore lint/suspicious/noExplicitAny: a method of any signature may be decorated
  <M extends (...args: any[]) => any>(method: M, context: ClassMethodDecoratorContext): M;
  (target: object, key: string | symbol, descriptor: PropertyDescriptor): PropertyDescriptor;
}

/** The step of one call; undefined where nothing is to be recorded. */
function startCall(fn: object, options: TraceOptions, args: unknown[]): Step | undefined {
  try {
    const parent = currentRecordedStep();
    const name = options.name ?? functionName(fn);
    if (parent === undefined) return startOwnTrace(name, options, args);
    const inputs = inputsOf(parent.trace, options, args);
    const later = isThenable(inputs);
    const given = {
      name,
      type: options.type,
      inputs: later ? undefined : inputs,
      metadata: options.metadata,
    } as StepOptions;
    const step = parent.startStep(given);
    if (later) takeInputs(parent.trace, inputs, step as RecordedStep);
    if (isInert(step)) return undefined;
    (step as RecordedStep).outputOf = options.output as ((result: unknown) => unknown) | undefined;
    return step;
  } catch (error) {
    existingTracer()?.diagnostics.report(
      'error',
      'internal_error',
      'a call could not be recorded',
      error,
    );
    return undefined;
  }
}

/** Outside a trace the call is the root: the trace ends with it. */
function startOwnTrace(name: string, options: TraceOptions, args: unknown[]): Step | undefined {
  const own = openCallTrace(name, options.type, publishedStep()?.trace);
  if (own === undefined) return undefined;
  const inputs = inputsOf(own, options, args);
  const later = isThenable(inputs);
  own.update({
    input: later ? undefined : (inputs as Readonly<Record<string, unknown>>),
    metadata: options.metadata,
  });
  if (later) takeInputs(own, inputs, own.root as RecordedStep);
  own.root.outputOf = options.output as ((result: unknown) => unknown) | undefined;
  return own.root as RecordedStep;
}

/** Inputs that are promised: the row waits for them. */
function takeInputs(trace: RecordedTrace, promise: PromiseLike<unknown>, step: RecordedStep): void {
  trace.expect('inputs', promise, (inputs) => {
    if (!isInert(step as Step)) step.apply({ inputs });
  });
}

function inputsOf(trace: RecordedTrace, options: TraceOptions, args: unknown[]): unknown {
  if (options.inputs !== undefined) {
    try {
      return options.inputs(...args);
    } catch (error) {
      trace.failed('inputs', error);
      return undefined;
    }
  }
  if (options.params === undefined) return { args };
  const named: Record<string, unknown> = Object.create(null);
  for (const [i, param] of options.params.entries()) named[param] = args[i] ?? null;
  return named;
}

function functionName(fn: object): string {
  const name = Object.getOwnPropertyDescriptor(fn, 'name')?.value;
  return typeof name === 'string' && name !== '' ? name : 'anonymous';
}

/** The same name, length, prototype and own properties as the original. */
function resemble(copy: object, original: object): void {
  Object.setPrototypeOf(copy, Object.getPrototypeOf(original));
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    // `prototype`, `caller` and the like cannot be redefined on every kind of function.
    if (descriptor !== undefined) Reflect.defineProperty(copy, key, descriptor);
  }
}
