// The seal of a server: the twin of web/guilloche.go, byte for byte. The
// shared vector is testdata/seal.json.

const pointsPerWave = 30;

/** Rounds half up to one unit in `scale`, without trailing zeros; `v` >= 0. */
function decimal(v: number, scale: number): string {
  const units = Math.floor(v * scale + 0.5);
  const whole = Math.floor(units / scale);
  const rest = units % scale;
  if (rest === 0) return String(whole);
  return `${whole}.${String(scale + rest).slice(1).replace(/0+$/, "")}`;
}

/** One closed curve: r(θ) = R + A·cos nθ + 0.32·A·cos(2nθ + 1) around (100, 100). */
function band(id: string, n: number, radius: number, swing: number): string {
  let d = "";
  for (let i = 0; i < n * pointsPerWave; i++) {
    const theta = (2 * Math.PI * i) / (n * pointsPerWave);
    const wave = n * theta;
    const r = radius + swing * Math.cos(wave) + 0.32 * swing * Math.cos(2 * wave + 1);
    d += `${i === 0 ? "M" : "L"}${decimal(100 + r * Math.cos(theta), 10)} ${decimal(100 + r * Math.sin(theta), 10)}`;
  }
  return `<path id="${id}" vector-effect="non-scaling-stroke" d="${d}Z"/>`;
}

/** The band k times, each turned by one k-th of a wave. */
function turns(id: string, n: number, k: number): string {
  let out = "";
  for (let i = 0; i < k; i++) out += `<use href="#${id}" transform="rotate(${decimal((360 * i) / (n * k), 1000)} 100 100)"/>`;
  return out;
}

/**
 * Draws the guilloche of a server from its public key (DER,
 * SubjectPublicKeyInfo). For recognition only, never a proof; it uses the ids
 * seal-outer and seal-inner, so it stands once a page.
 */
export async function seal(publicKeyDER: Uint8Array<ArrayBuffer>): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", publicKeyDER));
  const outer = 9 + ((sum[0] ?? 0) % 6);
  const inner = outer - 2 - ((sum[1] ?? 0) % 3);
  const copies = 8 + ((sum[2] ?? 0) % 5);
  return (
    `<svg viewBox="0 0 200 200" aria-hidden="true" fill="none" stroke="currentColor" stroke-width=".85">` +
    `<defs>${band("seal-outer", outer, 78, 14.5)}${band("seal-inner", inner, 52, 8.5)}</defs>` +
    `<g opacity=".34"><circle cx="100" cy="100" r="97" vector-effect="non-scaling-stroke"/><circle cx="100" cy="100" r="94.5" vector-effect="non-scaling-stroke"/>` +
    `${turns("seal-outer", outer, copies)}</g><g opacity=".26">${turns("seal-inner", inner, copies)}</g></svg>`
  );
}
