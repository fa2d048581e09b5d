import { Refusal } from '../http/refusal.js';
import { acceptedReply } from '../otlp/otlp-reply.js';
import type { Call, Route } from './call.js';

/** The path of any OTLP server, and that of the platform. */
export const OTLP_PATHS: readonly string[] = ['/v1/traces', '/v1/otel/v1/traces'];

export function isOtlpPath(path: string): boolean {
  return OTLP_PATHS.includes(path);
}

/** Whether an app of OpenTelemetry sends another signal than traces. Its SDK sends all to one server. */
export function isOtherSignal(path: string): boolean {
  return /^\/v1\/(otel\/v1\/)?(metrics|logs)$/.test(path);
}

/** The pipeline of traces whose sender names none. */
const PIPELINE = 'otlp';

/** `POST /v1/traces` and `/v1/otel/v1/traces`: an ExportTraceServiceRequest of OTLP/HTTP, in protobuf or JSON. */
export const receiveTraces: Route = async (call, { checker, otlp }) => {
  const { contentType, encoding, body } = call;
  const pipelineId = pipelineOf(call, checker.mode === 'strict');
  const { rejected, reason } = await otlp.receive(call.path, {
    pipelineId,
    contentType,
    encoding,
    body,
  });
  return acceptedReply(contentType, rejected, reason);
};

/** The pipeline that the header `x-bt-parent` names, as the platform's clients send it. */
function pipelineOf({ header }: Call, isStrict: boolean): string {
  const parent = header('x-bt-parent');
  if (parent === undefined) return PIPELINE;
  const pipelineId = /^\s*pipeline_id:\s*(\S+)\s*$/.exec(parent)?.[1];
  if (pipelineId !== undefined) return pipelineId;
  if (isStrict) throw new Refusal(400, 'x-bt-parent must be pipeline_id:ID');
  return PIPELINE;
}
