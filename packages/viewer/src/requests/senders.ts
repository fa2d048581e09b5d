/** What can send traces to this server, and the lines that make it do so. */

import type { ServerInfo } from '../../../local/src/page-api.js';

interface Part {
  readonly words: string;
  readonly lines: string;
}

export interface Sender {
  readonly name: string;
  readonly parts: (info: ServerInfo) => readonly Part[];
}

const VARIABLES = 'Start the app with these variables:';

export const SENDERS: readonly [Sender, ...(readonly Sender[])] = [
  {
    name: 'This library',
    parts: ({ environment }) => [
      { words: VARIABLES, lines: environment.join('\n') },
      {
        words:
          'The app mounts the middleware; the packages for Koa and Hono have the same function:',
        lines: [
          "import { openlayerTracing } from '@openlayer-tracing/express';",
          '',
          'app.use(openlayerTracing());',
        ].join('\n'),
      },
    ],
  },
  {
    name: "Openlayer's own SDKs",
    parts: ({ environment }) => [
      {
        words: `${VARIABLES.slice(0, -1)}, which the SDKs for TypeScript and Python read too:`,
        lines: environment.join('\n'),
      },
    ],
  },
  {
    name: 'OpenTelemetry',
    parts: ({ baseUrl, environment }) => [
      {
        words: 'Start the app with these variables, in any language:',
        lines: [
          `export OTEL_EXPORTER_OTLP_ENDPOINT=${baseUrl.replace(/\/v1$/, '')}`,
          'export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
          `export OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20${keyIn(environment)}`,
          'export OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none',
        ].join('\n'),
      },
    ],
  },
];

/** The key of the variables for apps; a name for it where the server has one of its own. */
function keyIn(environment: readonly string[]): string {
  const key = environment.join('\n').match(/OPENLAYER_API_KEY=([\w-]+)$/m)?.[1];
  return key ?? 'YOUR-API-KEY';
}
