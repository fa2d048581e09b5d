import type { CallOptions } from '../common/options.js';
import { traced } from '../common/traced.js';
import { asToolStep } from './tool-call.js';

export interface CallsTools {
  callTool(params: unknown, ...rest: unknown[]): unknown;
}

export function traceCallTool(client: CallsTools, options: CallOptions): void {
  if (traced.has(client)) return;
  traced.add(client);
  const { callTool } = client;
  Object.defineProperty(client, 'callTool', {
    value: function tracedCallTool(this: unknown, params: unknown, ...rest: unknown[]): unknown {
      return asToolStep('client', options, params, () =>
        callTool.call(this as CallsTools, params, ...rest),
      );
    },
    enumerable: false,
    configurable: true,
    writable: true,
  });
}
