const UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
  { name: 's', ms: 1000 },
] as const;

/** The two largest units that matter: `2 d 3 h`, `4 min 10 s`, `7 s`, `under 1 s`. */
export function formatDuration(durationMs: number): string {
  const first = UNITS.findIndex(({ ms }) => durationMs >= ms);
  if (first < 0) return 'under 1 s';
  const { name, ms } = UNITS[first] ?? UNITS[3];
  const whole = Math.floor(durationMs / ms);
  const next = UNITS[first + 1];
  const rest = next === undefined ? 0 : Math.floor((durationMs - whole * ms) / next.ms);
  return next === undefined || rest === 0 ? `${whole} ${name}` : `${whole} ${name} ${rest} ${next.name}`;
}

/** `2026-11-23 04:25 UTC`. */
export function formatTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
