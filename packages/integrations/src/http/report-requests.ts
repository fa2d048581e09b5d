/** Reports billed requests of frameworks and clients that no integration records, each path once. On Node only. */

import {
  isUnrecorded,
  type OutgoingRequest,
  observeRequests,
  processWide,
  reportUnrecorded,
} from '@openlayer-tracing/core/integration';
import { forgetOldest } from '../common/calls/forget-oldest.js';
import { pathPattern } from './request/recognize.js';

/** Paths of sockets whose sessions are billed. */
export const BILLED_SOCKET =
  /\/(responses|realtime|(speech|transcription|realtime)-model|(live\/sessions|realtime\/translations)(\/.*)?)$/;

/** How the requests of a framework are recognized. */
export interface ReportedRequests {
  /** Matches the header `user-agent` of its requests. Without it, only WebSockets are reported. */
  readonly userAgent?: RegExp;
  /** Matches the header `user-agent` of its WebSockets. Without it, only other requests are reported. */
  readonly socketAgent?: RegExp;
  /** What to do to have a request recorded, by its header `user-agent`. @default nothing */
  readonly advice?: (userAgent: string) => string | undefined;
  /** POST paths that cost nothing, or whose cost is recorded by another call. @default none */
  readonly unreportedPaths?: readonly RegExp[];
}

const watched = processWide('integrations.watched-requests.v1', () => ({
  frameworks: new Set<string>(),
  /** The hosts of the traced clients. */
  hosts: new Set<string>(),
}));
const MAX_HOSTS = 1024;

/** Reports POST requests and WebSockets of a framework that may be billed and are part of no recorded call. */
export function reportRequests(
  framework: string,
  { userAgent, socketAgent, advice, unreportedPaths = [] }: ReportedRequests,
): void {
  if (watched.frameworks.has(framework)) return;
  watched.frameworks.add(framework);
  observeRequests((request) => {
    if (request.isSocket) {
      if (socketAgent?.test(request.userAgent)) reportSocket(request);
      return;
    }
    const isOurs = request.method === 'POST' && userAgent?.test(request.userAgent);
    if (!isOurs || !isUnrecorded()) return;
    const { pathname } = request.url;
    if (!unreportedPaths.some((path) => path.test(pathname))) {
      reportUnrecorded(`POST ${pathPattern(pathname)}`, advice?.(request.userAgent));
    }
  });
}

/** Reports billed WebSockets to the host of a traced client, by whatever code they are opened. */
export function reportSockets(baseUrl: unknown): void {
  const host = hostOf(baseUrl);
  if (host === undefined) return;
  const { hosts } = watched;
  if (hosts.size === 0) {
    observeRequests((request) => {
      if (request.isSocket && hosts.has(request.url.host)) reportSocket(request);
    });
  }
  // The latest ones stay.
  hosts.delete(host);
  hosts.add(host);
  forgetOldest(hosts, MAX_HOSTS);
}

function hostOf(url: unknown): string | undefined {
  try {
    return new URL(String(url)).host;
  } catch {
    return undefined;
  }
}

function reportSocket({ url: { pathname } }: OutgoingRequest): void {
  const [found] = BILLED_SOCKET.exec(pathname) ?? [];
  if (found !== undefined && isUnrecorded()) reportUnrecorded(`WebSocket ${pathPattern(found)}`);
}
