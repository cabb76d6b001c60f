/** The sampling algorithms; each has a file of its own. */
export const samplerKinds = ['ddim', 'ddpm', 'euler', 'dpm-solver++'] as const;
export type SamplerKind = (typeof samplerKinds)[number];

/** What a diffusers scheduler is sampled with. */
interface SamplerOfClass {
  readonly kind: SamplerKind;
  /** Whether another algorithm stands in for the class's own, which we don't have. */
  readonly standsIn: boolean;
}

const own = (kind: SamplerKind): SamplerOfClass => ({ kind, standsIn: false });
const standIn = (kind: SamplerKind): SamplerOfClass => ({ kind, standsIn: true });

/**
 * Scheduler classes whose files are read. PNDM, as Stable Diffusion uses it, is DDIM's step with outputs extrapolated from earlier ones; the linear
 * multistep method's first order and Euler-ancestral without its noise are Euler's method.
 */
export const samplerOfClass = {
  DDIMScheduler: own('ddim'),
  DDPMScheduler: own('ddpm'),
  EulerDiscreteScheduler: own('euler'),
  DPMSolverMultistepScheduler: own('dpm-solver++'),
  PNDMScheduler: standIn('ddim'),
  LMSDiscreteScheduler: standIn('euler'),
  EulerAncestralDiscreteScheduler: standIn('euler'),
} as const satisfies Readonly<Record<string, SamplerOfClass>>;

export type SchedulerClass = keyof typeof samplerOfClass;
