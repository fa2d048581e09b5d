import { tryLock } from '../storage/lock.js';
import { Store } from '../storage/store.js';
import { oneLine } from '../values/printable.js';
import type { DeleteCommand } from './arguments.js';
import { defaultFile } from './default-file.js';
import type { Terminal } from './terminal.js';
import { assertHasTraces, findTrace } from './trace-file-reader.js';

/**
 * Deletes a trace: by its number that one, by its inference ID all rows that were sent with it. Its words leave the index with
 * the next list, or at the next start of the server.
 * @throws Error if there is none, or if a server runs on the file
 */
export function deleteTrace(command: DeleteCommand, terminal: Terminal): void {
  const file = command.file ?? defaultFile(terminal);
  assertHasTraces(file);
  const unlock = tryLock(file);
  // Two processes that delete rows of one file would each count those of the other.
  if (!unlock) {
    const call = 'DELETE /v1/inference-pipelines/PIPELINE/rows/INFERENCE_ID';
    throw new Error(`a server runs on ${file}: end it first, or send it ${call}`);
  }
  try {
    const store = new Store(file);
    try {
      const { found, isById } = findTrace(store, command.idOrNumber) ?? {};
      if (!found) throw new Error(`there is no trace ${oneLine(command.idOrNumber, 128)}`);
      const { number, inferenceId, pipelineId } = found;
      const rows = isById ? store.remove(inferenceId, pipelineId) : store.removeRow(number);
      const what = `${oneLine(inferenceId, 128)} of pipeline ${oneLine(pipelineId, 128)}`;
      const copies = rows > 1 ? `, which was sent ${rows} times` : '';
      terminal.out.write(`deleted ${what}${copies}\n`);
    } finally {
      store.close();
    }
  } finally {
    unlock();
  }
}
