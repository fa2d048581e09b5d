/** Reports the warnings in a destination's responses. */

import type { Diagnostics } from '../../diagnostics/diagnostics.js';
import type { RowTransport } from '../transport/row-transport.js';

/** A transport that reports the `warning` of each delivery. */
export function withWarnings(transport: RowTransport, diagnostics: Diagnostics): RowTransport {
  return {
    async send(batch, options) {
      const delivery = await transport.send(batch, options);
      const { warning } = delivery;
      if (warning !== undefined) diagnostics.report('warn', 'publish_warning', warning);
      return delivery;
    },
    close: () => transport.close(),
  };
}
