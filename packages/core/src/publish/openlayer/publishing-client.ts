/** The HTTP client of everything that publishes. */

import { httpClient } from '#platform';
import type { HttpClient } from '../../platform/http-client.js';
import { withoutOtelSpans } from '../../platform/without-otel-spans.js';

/** A client with its own connections, of whose requests OpenTelemetry's instrumentations make no spans. */
export function publishingClient(): HttpClient {
  const client = httpClient();
  return {
    send: (request) => withoutOtelSpans(() => client.send(request)),
    close: () => client.close(),
  };
}
