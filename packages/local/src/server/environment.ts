/** The variables that an app sets to send its traces to a local server, as lines for a shell. */
export function environmentLines(server: {
  readonly url: string;
  readonly hasApiKey: boolean;
}): readonly string[] {
  const { url, hasApiKey } = server;
  // Without a key of its own the server accepts any.
  const key = hasApiKey ? "'<the API key of this server>'" : 'local-key';
  return [
    `export OPENLAYER_BASE_URL=${url}`,
    `export OPENLAYER_API_KEY=${key}`,
    'export OPENLAYER_INFERENCE_PIPELINE_ID=local',
  ];
}
