import type { z } from 'zod';
import { comparison } from './comparison-section.js';
import { decoderSection } from './decoder-section.js';
import { distillation } from './distillation-section.js';
import { choice, list, path, section, text } from './fields.js';
import { searchSections } from './search-config.js';

/** The stages of an optimization, in the order that they are gone through. */
export const optimizationStages = ['evolve', 'decoder', 'steps', 'compare'] as const;

export type OptimizationStage = (typeof optimizationStages)[number];

/** Everything that a pipeline is made small and fast from: a search's sections, and those of what comes after it. */
export const optimizeConfigSchema = section({
  /** Goes into the run's id. */
  name: text().default('optimize'),
  ...searchSections,
  /** Which stages are gone through; what the others would change stays as it is in the pipeline. */
  stages: list(choice(optimizationStages), 'stages', { from: 1, to: 4 })
    .refine((stages) => new Set(stages).size === stages.length, {
      error: 'a list that names each stage once',
    })
    .default([...optimizationStages]),
  /** A pipeline that has evolved before, to go on with instead of evolving one; null for what the search comes to. */
  evolved: path('folder').nullable().default(null),
  decoder: decoderSection,
  distillation,
  comparison,
});

export type OptimizeConfig = z.output<typeof optimizeConfigSchema>;
