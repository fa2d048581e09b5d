/** `trace()` and `@traced()`: functions and methods that record each of their calls as a step. */

import { currentRecordedStep, endedTraceStep, isInInertScope } from '../trace/current-step.js';
import type { StepOptions } from '../trace/model/step-types.js';
import type { Step } from '../trace/model/trace-api.js';
import { runInStep } from '../trace/recorded-step.js';
import type { RecordedTrace } from '../trace/recorded-trace.js';
import { tracedStep } from '../trace/traced-step.js';
import { isThenable } from '../values/reading/thenable.js';
import { openCallTrace } from './call-trace.js';
import { existingTracer } from './default-tracer.js';
import { checkTraceOptions, type TraceOptions } from './trace-options.js';

/**
 * Returns a function of the same type that records each call as a step of the current trace. Outside a trace, each call is a
 * trace of its own, published by the process-wide tracer. A call in the scope of a trace that has ended is a trace of its own
 * too, whose `metadata.startedBy` has the inference ID of the ended one.
 *
 * The step ends when the result is complete: a promise has settled, or an iterator or stream has ended. Errors are recorded
 * and rethrown unchanged.
 *
 * @throws TypeError if an option is wrong
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
  checkTraceOptions(options as unknown as TraceOptions, 'trace');
  const how = options as unknown as TraceOptions;
  const traced = function (this: unknown, ...args: unknown[]): unknown {
    if (new.target !== undefined) {
      // Constructors are called with `new` and are not recorded.
      return Reflect.construct(fn, args, new.target === traced ? fn : new.target);
    }
    const step = startCallStep(fn, how, args);
    return step === undefined ? fn.apply(this, args) : runInStep(step, () => fn.apply(this, args));
  };
  copyProperties(traced, fn);
  // `traced` takes and returns what `fn` does, and has its properties.
  return traced as unknown as F;
}

/**
 * `trace()` as a method decorator, for TC39 decorators and TypeScript's legacy decorators.
 * @throws TypeError if an option is wrong, or the decorated member is not a method
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
  checkTraceOptions(options as unknown as TraceOptions, '@traced');
  const how = options as unknown as TraceOptions;
  function decorate(target: unknown, context: unknown, descriptor?: PropertyDescriptor): unknown {
    if (descriptor !== undefined) {
      if (typeof descriptor.value !== 'function')
        throw new TypeError('@traced() can only be used on methods');
      const name = options.name ?? String(context);
      return { ...descriptor, value: trace(descriptor.value, { ...how, name }) };
    }
    const kind = (context as ClassMethodDecoratorContext | undefined)?.kind;
    if (typeof target !== 'function' || kind !== 'method')
      throw new TypeError('@traced() can only be used on methods');
    const name = options.name ?? String((context as ClassMethodDecoratorContext).name);
    return trace(target as (...args: unknown[]) => unknown, { ...how, name });
  }
  return decorate as MethodDecoratorOfBothDialects;
}

/** What `@traced()` returns: a method decorator of both dialects. */
export interface MethodDecoratorOfBothDialects {
  // biome-ignore lint/suspicious/noExplicitAny: a method of any signature may be decorated
  <M extends (...args: any[]) => any>(method: M, context: ClassMethodDecoratorContext): M;
  (target: object, key: string | symbol, descriptor: PropertyDescriptor): PropertyDescriptor;
}

/** Starts the step of one call; undefined if nothing is to be recorded. */
function startCallStep(fn: object, options: TraceOptions, args: unknown[]): Step | undefined {
  try {
    const parent = currentRecordedStep();
    const name = options.name ?? functionName(fn);
    if (parent === undefined) {
      return isInInertScope() ? undefined : startCallTrace(name, options, args);
    }
    const inputs = inputsOf(parent.trace, options, args);
    const isPromised = isThenable(inputs);
    const stepOptions = {
      name,
      type: options.type,
      inputs: isPromised ? undefined : inputs,
      metadata: options.metadata,
    } as StepOptions;
    const step = parent.startStep(stepOptions);
    if (isPromised) recordInputsLater(parent.trace, inputs, step);
    const recorded = tracedStep(step);
    recorded?.setOutputOf(options.output);
    return recorded;
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

/** Starts a trace whose root step is the call. */
function startCallTrace(name: string, options: TraceOptions, args: unknown[]): Step | undefined {
  const own = openCallTrace(name, options.type, endedTraceStep()?.trace);
  if (own === undefined) return undefined;
  const inputs = inputsOf(own, options, args);
  const isPromised = isThenable(inputs);
  own.update({
    input: isPromised ? undefined : (inputs as Readonly<Record<string, unknown>>),
    metadata: options.metadata,
  });
  if (isPromised) recordInputsLater(own, inputs, own.root);
  own.root.setOutputOf(options.output);
  return own.root;
}

/** Records inputs when their promise resolves. The row waits for it. */
function recordInputsLater(trace: RecordedTrace, promise: PromiseLike<unknown>, step: Step): void {
  trace.awaitOption('inputs', promise, (inputs) => {
    tracedStep(step)?.apply({ inputs });
  });
}

function inputsOf(trace: RecordedTrace, options: TraceOptions, args: unknown[]): unknown {
  if (options.inputs !== undefined) {
    try {
      return options.inputs(...args);
    } catch (error) {
      trace.reportOptionThrew('inputs', error);
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

/** Copies name, length, prototype and own properties of the original. */
function copyProperties(copy: object, original: object): void {
  Object.setPrototypeOf(copy, Object.getPrototypeOf(original));
  for (const key of Reflect.ownKeys(original)) {
    const descriptor = Object.getOwnPropertyDescriptor(original, key);
    // Some functions do not allow to redefine `prototype`, `caller` and the like.
    if (descriptor !== undefined) Reflect.defineProperty(copy, key, descriptor);
  }
}
