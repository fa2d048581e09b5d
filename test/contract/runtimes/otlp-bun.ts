/** The app with exports on Bun: `bun otlp-bun.ts`. */

import { otlpHost } from './otlp-host.ts';

declare const Bun: {
  serve(options: {
    readonly port: number;
    readonly hostname: string;
    readonly fetch: ReturnType<typeof otlpHost>['fetch'];
  }): { readonly port: number };
};

const { fetch } = otlpHost(process.env.SETTINGS);
console.log(Bun.serve({ port: 0, hostname: '127.0.0.1', fetch }).port);
