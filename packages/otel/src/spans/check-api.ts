/** Checks whether copies of `@opentelemetry/api` work together. */

import { processWide, reportOtelMismatch } from '@openlayer-tracing/core/integration';
import { registeredApi } from './otel-api.js';

/** The part of the api that is used. */
interface Api {
  readonly trace: { getTracerProvider(): unknown };
}

const check = processWide('otel-api-check.v1', () => ({ isDone: false }));

/** Reports, once per process, if the copy of the api that the app imports does not see what another copy registered. */
export function checkApi(): void {
  if (check.isDone) return;
  const registered = registeredApi();
  // A provider may register later.
  if (registered?.trace === undefined) return;
  check.isDone = true;
  loadApi().then(
    (api) => {
      // An api that is older than the registered one sees it, a newer one does not, and calls of it do nothing.
      if (api.trace.getTracerProvider() === registeredApi()?.trace) return;
      reportOtelMismatch(
        `the @opentelemetry/api that this app imports does not see the version ${String(registered.version)} with which the SDK registered, so its spans are lost; install one version of it (npm ls @opentelemetry/api)`,
      );
    },
    // An app that does not install the api has it within the packages that use it.
    () => {},
  );
}

async function loadApi(): Promise<Api> {
  // The compiler does not resolve the name, since the package is optional.
  const name: string = '@opentelemetry/api';
  return (await import(name)) as Api;
}
