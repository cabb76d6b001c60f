import { describe, expect, it } from 'vitest';
import { quantizeBlock, removeBlock } from '../../src/architecture/architecture.js';
import type { Architecture } from '../../src/architecture/architecture.js';
import { canonicalForm, hashArchitecture } from '../../src/architecture/canonical-form.js';
import { createStyles } from '../../src/cli/terminal/styles.js';
import { formatStages } from '../../src/cli/views/architecture-view.js';
import type { ArchitectureRecord } from '../../src/store/search-records.js';
import { smallUnet } from '../support/architectures.js';

function recordOf(architecture: Architecture): ArchitectureRecord {
  return {
    ...{ round: 0, role: 'original', parameterCount: 1, weightsHash: null, parentHash: null },
    ...{ hash: hashArchitecture(architecture), canonicalForm: canonicalForm(architecture) },
    ...{ measuredLatencyMs: null, predictedLatencyMs: null, clipScore: null },
  };
}

describe('the stages of an architecture', () => {
  it('tell how many blocks are on int8', () => {
    const removed = removeBlock(smallUnet, 'mid_block.resnets.0');
    const evolved = quantizeBlock(removed, 'mid_block.attentions.0');
    const told = formatStages(recordOf(smallUnet), recordOf(evolved), createStyles(false));
    expect(told).toMatch(/^mid_block +1 -> 1 \(1 int8\) +\d -> \d$/m);
    expect(told.match(/int8/g)).toHaveLength(1);
  });
});
