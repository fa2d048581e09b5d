/** As in a process where nobody has asked for the process-wide tracer yet. */
export function withoutTracer(): Disposable {
  const slot = Symbol.for('openlayer-tracing.tracer.v5');
  const shared = Reflect.get(globalThis, slot) as { tracer: unknown };
  const before = shared.tracer;
  shared.tracer = undefined;
  return {
    [Symbol.dispose]() {
      shared.tracer = before;
    },
  };
}
