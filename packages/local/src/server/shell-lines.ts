export interface AddressedServer {
  /** The base URL; ends in `/v1`. */
  readonly url: string;
  readonly hasApiKey: boolean;
}

/** Without a key of its own the server accepts any. */
const ANY_KEY = 'local-key';
const ITS_KEY = '<the API key of this server>';

/** The variables that an app sets to send its traces to a local server, as lines for a shell. */
export function environmentLines({ url, hasApiKey }: AddressedServer): readonly string[] {
  const key = hasApiKey ? `'${ITS_KEY}'` : ANY_KEY;
  return [
    `export OPENLAYER_BASE_URL=${url}`,
    `export OPENLAYER_API_KEY=${key}`,
    'export OPENLAYER_INFERENCE_PIPELINE_ID=local',
  ];
}

/** The same for an app with OpenTelemetry. */
export function otlpLines({ url, hasApiKey }: AddressedServer): readonly string[] {
  const header = (key: string) => `authorization=Bearer%20${key}`;
  return [
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${url.replace(/\/v1$/, '')}`,
    'export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    `export OTEL_EXPORTER_OTLP_HEADERS=${hasApiKey ? `'${header(ITS_KEY)}'` : header(ANY_KEY)}`,
    'export OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none',
  ];
}
