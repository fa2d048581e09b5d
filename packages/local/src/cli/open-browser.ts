import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Opens an address in the user's browser. @throws Error if there is no program for that */
export async function openBrowser(url: string, platform: string): Promise<void> {
  const [program, ...args] = openerOf(platform);
  const child = spawn(program, [...args, url], { stdio: 'ignore', detached: true });
  child.unref();
  await once(child, 'spawn');
}

function openerOf(platform: string): [program: string, ...args: string[]] {
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  return ['xdg-open'];
}
