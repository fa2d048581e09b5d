/**
 * What an app of ES modules registers before it loads anything: `node --import ./register.mjs app.mjs`. The environment names the
 * way in which the hook of import-in-the-middle is registered, and the instrumentations.
 */

import { createRequire, register } from 'node:module';
import { openlayerSpanProcessor } from '@openlayer-tracing/otel';

const require = createRequire(import.meta.url);
const { SDK = '2', HOOK = 'hook', INSTRUMENTATIONS = '' } = process.env;

/** Each returns a function that is called when all instrumentations are there. */
const HOOKS = {
  /** As the documentation of OpenTelemetry says: it wraps every module. */
  hook: () => {
    register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  },
  /** As the presets of vendors do: it wraps only the modules that an instrumentation names. */
  named: async () => {
    const { createAddHookMessageChannel } = await import('import-in-the-middle');
    const { registerOptions, waitForAllMessagesAcknowledged } = createAddHookMessageChannel();
    register('import-in-the-middle/hook.mjs', import.meta.url, registerOptions);
    return waitForAllMessagesAcknowledged;
  },
  /** On the thread of the app, where Node can do that. */
  synchronous: async () => {
    const hooks = await import('import-in-the-middle/register-hooks.mjs');
    if (!hooks.supportsSyncHooks()) throw new Error('this Node has no synchronous hooks');
    hooks.register();
  },
};

const ready = await HOOKS[HOOK]();

/** The names of the instrumentations whose spans have ended. */
const scopes = new Set();
globalThis.scopesOfSpans = scopes;
const observer = {
  onStart() {},
  onEnd: (span) => scopes.add((span.instrumentationScope ?? span.instrumentationLibrary).name),
  forceFlush: async () => {},
  shutdown: async () => {},
};
const spanProcessors = [openlayerSpanProcessor(), observer];

if (INSTRUMENTATIONS === 'auto') {
  const { NodeSDK } = require('@opentelemetry/sdk-node');
  const { getNodeAutoInstrumentations } = require('@opentelemetry/auto-instrumentations-node');
  new NodeSDK({
    spanProcessors,
    instrumentations: [getNodeAutoInstrumentations()],
  }).start();
} else {
  const api = require('@opentelemetry/api');
  const { AsyncLocalStorageContextManager } = require('@opentelemetry/context-async-hooks');
  const { registerInstrumentations } = require('@opentelemetry/instrumentation');
  const sdk = require(SDK === '2' ? '@opentelemetry/sdk-trace-base' : '@opentelemetry/sdk-trace');
  const made = require('../instrumentations.cjs');
  const Provider = sdk.BasicTracerProvider ?? sdk.TracerProvider;
  const tracerProvider = new Provider({ spanProcessors });
  api.trace.setGlobalTracerProvider(tracerProvider);
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const instrumentations = INSTRUMENTATIONS.split(',').map((name) => made[name]());
  registerInstrumentations({ tracerProvider, instrumentations });
  // Those of clients find nothing to patch in ES modules: each brings an import-in-the-middle of its own, which the hook that the
  // app registers does not call. Their documentation says to hand them the client.
  globalThis.instrumentByHand = (name, module) => {
    for (const each of instrumentations) {
      const isOfClient = each.instrumentationName.endsWith(`instrumentation-${name}`);
      if (isOfClient) each.manuallyInstrument?.(module);
    }
  };
}
await ready?.();
