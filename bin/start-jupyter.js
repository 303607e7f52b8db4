#!/usr/bin/env node
// The program is src/cli/main.ts, bundled by scripts/build.mjs.
import '../dist/start-jupyter.js';
