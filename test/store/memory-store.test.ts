import { MemoryStore } from '../../src/store/memory-store.js';
import { describeStore } from './store-conformance.js';

describeStore('MemoryStore', (dependencies) => new MemoryStore(dependencies));
