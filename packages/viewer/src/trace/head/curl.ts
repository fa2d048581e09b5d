import type { StepContent, TraceDetail } from '../../../../local/src/page-api.js';
import { remarksOn, requestOf } from '../../reading/http-request.js';

/** The HTTP request as a command for a shell. A comment says what the tracer did not keep. */
export function curlOf(detail: TraceDetail, root: StepContent): string {
  const { method, path, body } = requestOf(detail, root);
  const lines = [
    `curl -i -X ${method} "\${APP_URL:-http://localhost:3000}"${quoted(path)}`,
    ...(body === undefined
      ? []
      : [
          `  -H ${quoted(`content-type: ${typeof body === 'string' ? 'text/plain' : 'application/json'}`)}`,
          `  --data-raw ${quoted(typeof body === 'string' ? body : JSON.stringify(body))}`,
        ]),
  ];
  return [...remarksOn(detail).map((remark) => `# ${remark}`), lines.join(' \\\n')].join('\n');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
