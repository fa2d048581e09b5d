import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the weather service says. OpenTelemetry sends `traceparent` along: a traced service continues this trace. */
export async function askWeather(weatherUrl: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(`${weatherUrl}/today`, { signal });
  if (!response.ok) throw new Error(`the weather service responded with ${response.status}`);
  return response.text();
}

/** A weather service that always says the same, for those who have none. */
export async function startWeather(): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((_req, res) => res.end('Snow falls above 1,800 metres today.'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}
