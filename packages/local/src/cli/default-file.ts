import { isAbsolute, join } from 'node:path';
import type { Terminal } from './terminal.js';

/**
 * The file in the user's state directory: `$XDG_STATE_HOME/openlayer-local/traces.db` where that is set, else the
 * platform's own place.
 */
export function defaultFile({ env, platform, homeDir }: Terminal): string {
  return join(stateFolder(env, platform, homeDir), 'openlayer-local', 'traces.db');
}

function stateFolder(env: Terminal['env'], platform: string, homeDir: string): string {
  const { XDG_STATE_HOME: xdg, LOCALAPPDATA: local } = env;
  // The XDG specification says to ignore relative paths.
  if (xdg !== undefined && isAbsolute(xdg)) return xdg;
  if (platform === 'darwin') return join(homeDir, 'Library', 'Application Support');
  if (platform === 'win32') return local || join(homeDir, 'AppData', 'Local');
  return join(homeDir, '.local', 'state');
}
