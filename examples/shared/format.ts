/** 0.5 → half a bar. Values outside 0..1 give an empty or a full bar. */
export function bar(share: number, width = 24): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * width);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`;
}

/** 0.6163 → 61.63 %. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

/** 75 → 1:15, 7500 → 2:05:00. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

/** 1 → "1 face", 1000 → "1,000 faces". */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`;
}
