import { renderChart } from './render-chart.js';
import { stageCostChart } from './stage-cost-chart.js';
import type { StageCost } from './stage-costs.js';

/** The content of a picture file of what the stages of a UNet cost. */
export function renderStageCosts(costs: readonly StageCost[], format: 'png' | 'svg'): Uint8Array {
  return renderChart(stageCostChart(costs), format);
}
