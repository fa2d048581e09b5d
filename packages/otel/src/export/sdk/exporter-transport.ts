/** Sends rows as spans by an exporter of OpenTelemetry's SDK, whose result decides what becomes of the rows. */

import {
  type Batch,
  type Delivery,
  isError,
  SendError,
  type SendErrorCode,
  type SendOptions,
  startTimer,
  stopTimer,
  type Transport,
  unref,
  watchRejection,
  withoutOtelSpans,
} from '@openlayer-tracing/core/integration';
import { codeOfStatus, isFinalStatus } from '../otlp/code-of-status.js';
import type { ExportSettings } from '../rows/export-settings.js';
import { readRows, unreadableRows } from '../rows/read-rows.js';
import { exporterSpans } from './exporter-spans.js';
import type { SpanExporter, SpanExportResult } from './span-exporter.js';

const SUCCESS = 0;

export function exporterTransport(
  exporter: SpanExporter,
  exportSettings: ExportSettings,
  timeoutMs: number,
): Transport {
  return {
    async send(batch: Batch, { signal }: SendOptions): Promise<Delivery> {
      const read = readRows(batch, exportSettings);
      const lost = unreadableRows(read);
      if (read.spans.length === 0) return { delivered: read.rows, lost };
      await exported(exporter, exporterSpans(read), { timeoutMs, signal });
      return { delivered: read.rows, lost };
    },
    close() {
      // Nobody waits for it: exporters may wait for seconds, even for a backend that is down.
      watchRejection(
        withoutOtelSpans(() => exporter.shutdown()),
        () => {},
      );
    },
  };
}

interface Limits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** Resolves when the exporter reports success. @throws SendError otherwise */
function exported(
  exporter: SpanExporter,
  spans: unknown[],
  { timeoutMs, signal }: Limits,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: SendError) => {
      stopTimer(deadline);
      signal?.removeEventListener('abort', abort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const abort = () =>
      settle(new SendError('given_up', 'the send was aborted', { isAmbiguous: true }));
    const expire = () => {
      const message = `the exporter reported no result within ${timeoutMs} ms`;
      settle(new SendError('unreachable', message, { isAmbiguous: true }));
    };
    const deadline = unref(startTimer(expire, timeoutMs));
    if (signal?.aborted) {
      abort();
      return;
    }
    signal?.addEventListener('abort', abort, { once: true });
    try {
      withoutOtelSpans(() => {
        exporter.export(spans, (result) =>
          settle(result.code === SUCCESS ? undefined : resultError(result)),
        );
      });
    } catch (cause) {
      settle(failure('unreachable', cause));
    }
  });
}

/** The error of a failed result. OpenTelemetry's exporters give the status of the response as the error's code. */
function resultError({ error }: SpanExportResult): SendError {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  // Other failures may be temporary. Exporters by gRPC have codes below 100.
  const isStatus = typeof code === 'number' && code >= 300 && code < 600;
  if (!isStatus) return failure('unreachable', error);
  return failure(codeOfStatus(code), error, isFinalStatus(code));
}

function failure(code: SendErrorCode, cause: unknown, isFinal = false): SendError {
  const text = isError(cause) && cause.message !== '' ? `: ${cause.message}` : '';
  const details = { cause, isAmbiguous: true, isFinal };
  return new SendError(code, `the exporter failed${text}`, details);
}
