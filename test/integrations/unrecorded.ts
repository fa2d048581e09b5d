import { createTracer } from '@openlayer-tracing/core';
import { processWide } from '@openlayer-tracing/core/integration';
import { memoryTransport } from '@openlayer-tracing/core/testing';

/** Calls that are not recorded are reported once a process: other tests may have made them. */
export function forgetUnrecorded(): void {
  processWide('unrecorded-calls.v1', () => new Set<string>()).clear();
}

/** The call that a report names. */
export function reportedCall(message: string): string {
  return message.replace(/ is not recorded;.*/, '');
}

/** The calls that are reported, while this runs, as not recorded: `POST /v1/evals/*\/runs`. */
export async function unrecordedCalls(run: () => Promise<unknown>): Promise<readonly string[]> {
  return (await unrecordedReports(run)).map(reportedCall);
}

/** What is reported, while this runs, of calls that are not recorded. */
export async function unrecordedReports(run: () => Promise<unknown>): Promise<readonly string[]> {
  const reports: string[] = [];
  const tracer = createTracer({
    inferencePipelineId: 'p',
    transport: memoryTransport(),
    onDiagnostic: ({ reason, message }) => {
      if (reason === 'unrecorded_call') reports.push(message);
    },
  });
  const trace = tracer.startTrace({ name: 'r' });
  await trace.run(run);
  trace.end();
  await tracer.shutdown();
  return reports;
}
