import type { StepContent, TraceDetail } from '../../../../local/src/page-api.js';
import { requestOf } from '../../reading/http-request.js';

/** The HTTP request as a command for a shell. A comment says what the tracer did not keep. */
export function curlOf(detail: TraceDetail, root: StepContent): string {
  const { method, path, body, remarks } = requestOf(detail, root);
  // With `-X HEAD`, curl waits for a body that never comes.
  const asked = method === 'HEAD' ? '-I' : `-i -X ${method}`;
  const isGlob = /[[\]{}]/.test(path);
  const lines = [
    `curl ${asked}${isGlob ? ' -g' : ''} "\${APP_URL:-http://localhost:3000}"${quoted(path)}`,
    ...(body === undefined
      ? []
      : [
          `  -H ${quoted(`content-type: ${body.contentType}`)}`,
          `  --data-raw ${quoted(body.text)}`,
        ]),
  ];
  return [...remarks.map((remark) => `# ${remark}`), lines.join(' \\\n')].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
