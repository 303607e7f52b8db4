import { createMemoryStore } from '../../src/proxy/registry/memory-store.js';
import { describeStore } from './store.js';

describeStore('memory', () => Promise.resolve(createMemoryStore()));
