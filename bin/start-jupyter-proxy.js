#!/usr/bin/env node
// The program is src/proxy/main.ts, bundled by scripts/build.mjs.
import '../dist/start-jupyter-proxy.js';
