/** `npm start`: the local trace server and the example chat, real questions through HTTP, and their traces as trees. */

import { prepare } from './prepare.mjs';

prepare();
// Only now are there packages to import.
const { tour } = await import('./tour.mjs');
await tour({ once: process.argv.includes('--once') });
