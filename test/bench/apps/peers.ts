/** The same app, traced by others: Langfuse by its own SDK, and OpenTelemetry by its SDK with its instrumentations. */

import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { LangfuseSpanProcessor } from '@langfuse/otel';
import { startActiveObservation } from '@langfuse/tracing';
import { SpanKind, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { ExpressInstrumentation } from '@opentelemetry/instrumentation-express';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type express from 'express';
import { answerTo, type RunStep } from './work.ts';

type Express = typeof express;
const require = createRequire(import.meta.url);
let provider: NodeTracerProvider | undefined;

/** All that a peer has recorded has been sent. */
export async function peerFlushed(): Promise<void> {
  await provider?.forceFlush();
}

export const peerServer = (variant: string): Server =>
  variant === 'langfuse' ? langfuseServer() : openTelemetryServer();

/** One root observation for each request, and one for each step, as Langfuse documents it for servers. */
function langfuseServer(): Server {
  provider = new NodeTracerProvider({
    spanProcessors: [
      new LangfuseSpanProcessor({
        publicKey: 'bench',
        secretKey: 'bench',
        baseUrl: `${process.env.OPENLAYER_BASE_URL}/langfuse`,
      }),
    ],
  });
  provider.register();
  const express = require('express') as Express;
  const app = express();
  app.use(express.json());
  app.post('/chat', (req, res) =>
    startActiveObservation('POST /chat', async (root) => {
      root.update({ input: req.body as unknown });
      const answer = await answerTo(req.body, observedStep);
      root.update({ output: answer });
      res.json(answer);
    }),
  );
  return createServer(app);
}

const observedStep: RunStep = (options, fn) => {
  const { name, inputs, metadata = {} } = options;
  if (!('completionTokens' in options)) {
    return startActiveObservation(name, async (span) => {
      const output = await fn();
      span.update({ input: inputs, output, metadata });
      return output;
    });
  }
  const { model } = options;
  const input = options.promptTokens ?? 0;
  const output = options.completionTokens ?? 0;
  return startActiveObservation(
    name,
    async (generation) => {
      const text = await fn();
      generation.update({
        input: inputs,
        output: text,
        ...(model && { model }),
        usageDetails: { input, output, total: input + output },
      });
      return text;
    },
    { asType: 'generation' },
  );
};

/** The spans of the instrumentations of HTTP and Express, and one of our own for each step. */
function openTelemetryServer(): Server {
  provider = new NodeTracerProvider({
    spanProcessors: [
      new BatchSpanProcessor(
        new OTLPTraceExporter({ url: `${process.env.OPENLAYER_BASE_URL}/otel` }),
      ),
    ],
  });
  provider.register();
  registerInstrumentations({
    instrumentations: [new HttpInstrumentation(), new ExpressInstrumentation()],
  });
  // Instrumentations see what is loaded after them by `require`.
  const http = require('node:http') as { createServer: typeof createServer };
  const express = require('express') as Express;
  const app = express();
  app.use(express.json());
  app.post('/chat', async (req, res) => {
    res.json(await answerTo(req.body, spannedStep));
  });
  return http.createServer(app);
}

const spannedStep: RunStep = (options, fn) =>
  trace
    .getTracer('bench')
    .startActiveSpan(options.name, { kind: SpanKind.INTERNAL }, async (span) => {
      const output = await fn();
      span.setAttributes({
        'input.value': JSON.stringify(options.inputs),
        'output.value': JSON.stringify(output),
      });
      if ('completionTokens' in options) {
        span.setAttributes({
          'gen_ai.request.model': options.model ?? '',
          'gen_ai.usage.input_tokens': options.promptTokens ?? 0,
          'gen_ai.usage.output_tokens': options.completionTokens ?? 0,
        });
      }
      span.end();
      return output;
    });
