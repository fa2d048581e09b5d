import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The weather service's text for today. OpenTelemetry adds `traceparent`, so that a traced service continues this trace. */
export async function askWeather(weatherUrl: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(`${weatherUrl}/today`, { signal });
  if (!response.ok) throw new Error(`the weather service responded with ${response.status}`);
  return response.text();
}

export interface ConnectedWeather extends AsyncDisposable {
  readonly url: string;
}

/** With `WEATHER_URL` that weather service. Without it one in this process, which always responds with the same text. */
export async function connectWeather(
  env: NodeJS.ProcessEnv = process.env,
): Promise<ConnectedWeather> {
  if (env.WEATHER_URL) return { url: env.WEATHER_URL, async [Symbol.asyncDispose]() {} };
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
