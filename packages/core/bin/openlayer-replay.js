#!/usr/bin/env node
// npm links commands when it installs, which in a clone is before anything is built.
import '../dist/openlayer-replay.js';
