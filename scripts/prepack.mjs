// Before `npm pack`: dist/, also in a fresh clone, where the packages that the build needs are not there yet.
import './node-version.mjs';
import { installDependencies } from './dependencies.mjs';

installDependencies();
// It imports those packages.
await import('./build.mjs');
