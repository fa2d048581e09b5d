/** The app with exports on Deno: `deno run otlp-deno.ts`. */

import process from 'node:process';
import { otlpHost } from './otlp-host.ts';

declare const Deno: {
  serve(
    options: { readonly port: number; readonly hostname: string; readonly onListen: () => void },
    fetch: ReturnType<typeof otlpHost>['fetch'],
  ): { readonly addr: { readonly port: number } };
};

const { fetch } = otlpHost(process.env.SETTINGS);
const server = Deno.serve({ port: 0, hostname: '127.0.0.1', onListen: () => {} }, fetch);
console.log(server.addr.port);
