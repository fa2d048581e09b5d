/** Reports the AI SDK's requests that it sends no telemetry for, of models that are not traced. */

import { reportRequests } from '../http/report-requests.js';
import { unreportedPaths } from '../shapes/reading/unreported-paths.js';

/** Paths of the SDK's providers that cost nothing. Creating a batch is reported: no step has the cost of its results. */
const UNREPORTED = [
  /:(cancel|countTokens|computeTokens|fetchPredictOperation)$/,
  ...unreportedPaths(`
    files
    files/**
    upload/**
    uploads
    uploads/**
    skills
    skills/**
    messages/count_tokens
    messages/batches/*/cancel
    batches/*/cancel
    video-model/status
    batch/status
    batch/results
    batch/cancel
    batch/list
  `),
];

/** From version 5 on, the SDK and the package of the provider add their names to the header. */
const AGENT = /(^| )ai(-sdk\/[a-z][\w-]*)?\/\d/;
/** Node's own WebSocket takes no such header, so each one to a billed path is taken for the SDK's. */
const SOCKET_AGENT = new RegExp(`${AGENT.source}|^(node|undici)$`);

export function reportAiRequests(): void {
  reportRequests('ai-sdk', {
    userAgent: AGENT,
    socketAgent: SOCKET_AGENT,
    advice: adviceFor,
    unreportedPaths: UNREPORTED,
  });
}

/** What to do about requests of versions 5 and 6, which do not send what `traceAISDK()` records. */
function adviceFor(userAgent: string): string | undefined {
  const [, version] = /(?:^| )ai\/([56]\.\d+\.\d+)/.exec(userAgent) ?? [];
  return version === undefined
    ? undefined
    : `traceAISDK() records the AI SDK from 7 on, and this is ${version}; wrap its models in traceModel() and its tools in traceTools()`;
}
