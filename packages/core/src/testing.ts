/** The entry point for tests of apps: keeps traces in memory instead of sending them. */

import './platform/load-platform.js';

export { type CapturedTraces, captureTraces } from './api/captured-traces.js';
export { type MemoryTransport, memoryTransport } from './api/memory-transport.js';
